"""What goes to the stick, file by file; a file that its file system cannot hold goes in parts.

A film is cut into parts that each play; anything else is cut anywhere, and a note tells how to join it again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path, PurePosixPath

from appliance.core.types import Artifact
from appliance.deliver.package import Item
from appliance.deliver.remux import FilmParts, plan_parts
from appliance.deliver.troubles import source_changed, source_lost

PARTS_FILE = "parts-sha256.txt"
JOIN_FILE = "How to join the parts.txt"
HASH_BYTES = 1 << 20


@dataclass(frozen=True)
class Load:
    """One file as it will lie on the stick; its fingerprint is known when it is one of the box's own."""

    item: Item
    whole: Artifact
    read: Callable[[int], Generator[bytes, None, None]]  # given the bytes of a chunk

    @property
    def is_part(self) -> bool:
        return self.item.artifact is not self.whole


def loads_of(
    items: Iterable[Item],
    folder: Path,
    limit_bytes: int | None,
    alive: Callable[[str], None] = lambda text: None,
) -> list[Load]:
    """Raises Problem when a file that has to be cut is not what it was, or cannot be read."""
    loads: list[Load] = []
    for item in items:
        source = folder / item.artifact.path
        if limit_bytes is None or item.artifact.size_bytes <= limit_bytes:
            loads.append(Load(item, item.artifact, partial(read_source, source)))
            continue
        text = f"Finding where to cut {source.name}"
        going_on = partial(alive, text)
        going_on()
        check_source(source, item.artifact, going_on)
        loads += film_loads(item, source, limit_bytes, going_on) or plain_loads(item, source, limit_bytes)
    return loads


def film_loads(item: Item, source: Path, limit_bytes: int, alive: Callable[[], None]) -> list[Load]:
    plan = plan_parts(source, limit_bytes, alive)
    if plan is None:
        return []
    film, path = FilmParts(source, plan), PurePosixPath(item.path)
    return [
        Load(
            part_of(
                item,
                path.with_name(f"{path.stem} part {number} of {len(plan)}{path.suffix}"),
                part.size_bytes,
            ),
            item.artifact,
            partial(read_film, film, number - 1, source.name),
        )
        for number, part in enumerate(plan, 1)
    ]


def plain_loads(item: Item, source: Path, limit_bytes: int) -> list[Load]:
    size = item.artifact.size_bytes
    return [
        Load(
            part_of(item, PurePosixPath(f"{item.path}.{number:03d}"), min(limit_bytes, size - start)),
            item.artifact,
            partial(read_source, source, start=start, stop=min(start + limit_bytes, size)),
        )
        for number, start in enumerate(range(0, size, limit_bytes), 1)
    ]


def part_of(item: Item, path: PurePosixPath, size_bytes: int) -> Item:
    return Item(replace(item.artifact, sha256="", size_bytes=size_bytes), str(path))


def read_source(
    source: Path, chunk_bytes: int, start: int = 0, stop: int | None = None
) -> Generator[bytes, None, None]:
    try:
        with source.open("rb") as file:
            file.seek(start)
            left = stop - start if stop is not None else -1
            while data := file.read(chunk_bytes if left < 0 else min(chunk_bytes, left)):
                left -= len(data) if left >= 0 else 0
                yield data
    except OSError as error:
        raise source_lost(source.name, error) from error


def read_film(film: FilmParts, number: int, name: str, chunk_bytes: int) -> Generator[bytes, None, None]:
    try:
        yield from film.read(number, chunk_bytes)
    except OSError as error:
        raise source_lost(name, error) from error


def check_source(source: Path, artifact: Artifact, alive: Callable[[], None]) -> None:
    digest = sha256()
    for data in read_source(source, HASH_BYTES):
        digest.update(data)
        alive()
    if digest.hexdigest() != artifact.sha256:
        raise source_changed(source.name)


def part_notes(loads: Sequence[Load]) -> dict[str, bytes]:
    """The files beside the bag's own that say what is a part of what; none where nothing was cut."""
    cut = [load for load in loads if load.is_part]
    if not cut:
        return {}
    lines = [
        f"{x.whole.sha256}  {x.item.artifact.sha256}  {x.item.artifact.size_bytes}  {x.item.path}"
        for x in cut
    ]
    notes = {PARTS_FILE: "".join(f"{line}\n" for line in lines).encode()}
    plain = [load for load in cut if is_numbered(load.item.path)]
    return notes | ({JOIN_FILE: how_to_join(plain).encode()} if plain else {})


def is_numbered(path: str) -> bool:
    return PurePosixPath(path).suffix.removeprefix(".").isdigit()


def how_to_join(parts: Sequence[Load]) -> str:
    """For Windows and for the others; CRLF, so that every editor shows lines."""
    text = [
        "A stick formatted as FAT32 holds no file of 4 GB or more, so these came in parts. To join them,",
        "copy the parts to a disk that has room, open a terminal in their folder and type:",
        "",
    ]
    for path in dict.fromkeys(load.item.path.rpartition(".")[0] for load in parts):
        names = [
            PurePosixPath(load.item.path).name for load in parts if load.item.path.startswith(f"{path}.")
        ]
        name = PurePosixPath(path).name
        windows = " + ".join(f'"{one}"' for one in names)
        others = " ".join(f'"{one}"' for one in names)
        text += [
            path,
            f'    Windows:       copy /b {windows} "{name}"',
            f'    Mac and Linux: cat {others} > "{name}"',
            "",
        ]
    return "\r\n".join(text)


def parts_in(note: bytes) -> dict[str, list[tuple[str, int, str]]]:
    """What a ``parts-sha256.txt`` says: of each whole file its parts' fingerprints, sizes and paths."""
    known: dict[str, list[tuple[str, int, str]]] = {}
    for line in note.decode("utf-8", "replace").splitlines():
        fields = line.split("  ", 3)
        if len(fields) == 4 and fields[2].isdigit():
            known.setdefault(fields[0], []).append((fields[1], int(fields[2]), fields[3]))
    return known


def with_known_parts(
    items: Iterable[Item], known: Mapping[str, list[tuple[str, int, str]]], limit_bytes: int | None
) -> list[Load] | None:
    """The loads as an earlier delivery cut them; None where it did not cut all that has to be."""
    loads: list[Load] = []
    for item in items:
        whole = item.artifact
        if limit_bytes is None or whole.size_bytes <= limit_bytes:
            loads.append(Load(item, whole, nothing))
            continue
        if whole.sha256 not in known:
            return None
        parts = [
            Item(replace(whole, sha256=d, size_bytes=size), path) for d, size, path in known[whole.sha256]
        ]
        loads += [Load(part, whole, nothing) for part in parts]
    return loads


def nothing(chunk_bytes: int) -> Generator[bytes, None, None]:
    yield from ()
