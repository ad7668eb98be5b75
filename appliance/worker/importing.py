"""The films of a camera's card, copied into a take: all of them, whole and compared, or none."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from appliance.core.journal import Import, Journal
from appliance.core.media import probe
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.types import Issue, Role, Segment, Severity, Stage, Take
from appliance.encode.digest import sha256_file
from appliance.encode.files import whole_file
from appliance.takes.card import CardFilm, films_on, unreadable
from appliance.takes.clips import FOLDER, place_for, take_with_masters
from appliance.takes.outcome import forget_films
from appliance.takes.space import check_card_space, free_bytes
from appliance.takes.store import save_take
from appliance.worker.progress import Progress
from appliance.worker.reel import camera_broken

CHUNK_BYTES = 8_000_000  # after so many the disk has them: nothing piles up before a recording
NO_FILM = ("not-a-film", "file-missing")


def import_clips(
    wanted: Import,
    paths: Paths,
    journal: Journal,
    progress: Progress,
    quiet: Callable[[], None] = lambda: None,
) -> tuple[Issue, ...]:
    """Copy the card's films, add them to the take and queue its job; says what is worth saying.

    Raises Problem; the take is then as it was. ``quiet`` returns when nothing more important goes on.
    The card is only read.
    """
    if wanted.hopeless:
        raise card_failed("The worker died again and again while it copied them.")
    folder = paths.take(wanted.take_id)
    take = take_with_masters(folder)
    films = films_on(Path(wanted.card))
    sweep(folder, take)
    check_card_space(free_bytes(folder), sum(film.size_bytes for film in films))
    added, issues = bring_all(films, take, folder, Meter(films, progress), quiet)
    if added:
        forget_films(folder)
        save_take(replace(take, segments=(*take.segments, *added)), folder)
    elif all_in_film(take, journal):
        journal.end_import(wanted.take_id)
        return issues or (card_known().issue,)
    journal.imported(wanted.take_id)
    return issues


def all_in_film(take: Take, journal: Journal) -> bool:
    """Whether the film that is there knows of all films of the camera: a power cut may have come between."""
    known = {artifact.path for artifact in journal.artifacts(take.id)}
    return all(s.path in known for s in take.segments if s.imported)


class Meter:
    """Counts the bytes that were copied and those that were read again."""

    def __init__(self, films: tuple[CardFilm, ...], progress: Progress) -> None:
        self.text = ""
        self._total = max(1, 2 * sum(film.size_bytes for film in films))
        self._done = 0
        self._progress = progress

    def add(self, count: int) -> None:
        self._done += count
        self._progress(Stage.IMPORT, self._done / self._total, self.text)


def bring_all(
    films: tuple[CardFilm, ...], take: Take, folder: Path, meter: Meter, quiet: Callable[[], None]
) -> tuple[list[Segment], tuple[Issue, ...]]:
    """Those that are new, in the take's folder; a file that is no film is left on the card and told."""
    added: list[Segment] = []
    issues: list[Issue] = []
    (folder / FOLDER).mkdir(exist_ok=True)
    try:
        for number, film in enumerate(films, 1):
            quiet()
            meter.text = f"Copying {film.path.name} from the camera's card, {number} of {len(films)}"
            meter.add(0)
            try:
                with from_card(film):
                    added += bring(film, take, added, folder, meter)
            except Problem as problem:
                if problem.issue.code not in NO_FILM:
                    raise
                issues.append(camera_broken(problem.issue))
    except BaseException:
        for segment in added:
            (folder / segment.path).unlink(missing_ok=True)
        raise
    return added, tuple(issues)


def bring(film: CardFilm, take: Take, added: list[Segment], folder: Path, meter: Meter) -> list[Segment]:
    """The film's segment; none where the take has the same film already, by whatever name."""
    info = probe(film.path)
    segments = (*take.segments, *added)
    if any(same(film, folder / s.path, meter) for s in segments if s.imported):
        return []
    path = place_for(film.path.name, (s.path for s in segments))
    copy_film(film, folder / path, meter)
    index = sum(s.role is Role.CAMERA for s in segments)
    return [
        Segment(
            Role.CAMERA,
            index,
            path,
            start_s=0.0,
            duration_s=info.duration_s,
            frames=max(1, info.frames),
            lost_frames=0,
            complete=True,
            device=f"card, {film.path.name}",
            imported=True,
        )
    ]


def same(film: CardFilm, there: Path, meter: Meter) -> bool:
    if not there.is_file() or there.stat().st_size != film.size_bytes:
        return False
    alive = lambda: meter.add(0)  # noqa: E731
    return sha256_file(film.path, alive) == sha256_file(there, alive)


def copy_film(film: CardFilm, target: Path, meter: Meter) -> None:
    """Whole and compared with what was read from the card, or not there at all."""
    with whole_file(target) as part:
        digest = sha256()
        with part.open("wb", buffering=0) as file:
            for data in read_card(film):
                digest.update(data)
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
                meter.add(len(data))
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # the disk itself is asked below
        if sha256_file(part, lambda: meter.add(0)) != digest.hexdigest():
            raise copy_wrong(film.path.name)
        meter.add(film.size_bytes)


def read_card(film: CardFilm) -> Iterator[bytes]:
    """A card's error must not be taken for one of the box's disk; a lazy unmount hides that it is gone."""
    with from_card(film), film.path.open("rb") as file:
        while data := file.read(CHUNK_BYTES):
            yield data
            film.path.stat()


@contextmanager
def from_card(film: CardFilm) -> Iterator[None]:
    """Whatever went wrong: when the card is no longer there, that is why."""
    try:
        yield
    except (OSError, Problem) as error:
        if not film.path.exists():
            raise card_gone(film.path.name) from error
        if isinstance(error, OSError) and error.errno in (errno.EIO, errno.ENODEV, errno.ENXIO):
            raise unreadable(film.path, error) from error
        raise


def sweep(folder: Path, take: Take) -> None:
    """What a worker that died has left of an earlier try."""
    known = {folder / segment.path for segment in take.segments}
    for path in (folder / FOLDER).glob("*"):
        if path not in known:
            path.unlink(missing_ok=True)


def card_gone(name: str) -> Problem:
    return Problem(
        "card-gone",
        "The camera's card was pulled out",
        f"It went away while {name} was being copied. Nothing of it was added to the take.",
        "Plug it in again and ask for its films once more.",
        Severity.WARNING,
    )


def copy_wrong(name: str) -> Problem:
    return Problem(
        "card-copy-wrong",
        "A film of the card did not arrive as it was read",
        f"{name} on the box is not what was read from the card. Nothing of the card was added to the take.",
        "Try again; if it happens again, the box's disk has to be replaced.",
        Severity.WARNING,
    )


def card_known() -> Problem:
    return Problem(
        "card-known",
        "There is nothing new on the card",
        "The take has all films of this card already.",
        "Nothing needs to be done.",
        Severity.NOTICE,
    )


def card_failed(cause: str) -> Problem:
    return Problem(
        "card-failed",
        "The films of the card could not be added",
        cause,
        "The take is as it was. Try again; if it happens again, send the support file.",
        Severity.WARNING,
    )
