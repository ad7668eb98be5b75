"""Copying a take to a stick. Nothing is called done before it was read back from the stick and matched."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path, PurePosixPath

from appliance.core.clock import utc_now
from appliance.core.types import Artifact, Receipt
from appliance.deliver.drives import Drive
from appliance.deliver.package import INFO_FILE, Item, folder_name, lay_out, tag_files, take_of
from appliance.deliver.parts import PARTS_FILE, Load, loads_of, part_notes, parts_in, with_known_parts
from appliance.deliver.refuse import check_drive, check_room
from appliance.deliver.troubles import source_changed, stick_failed

Progress = Callable[[float, str], None]
BYTES_PER_MB = 1_000_000
DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Parcel:
    """All that goes to the stick: the take's files, or their parts, and the bag's own."""

    take_id: str
    date: str
    loads: tuple[Load, ...]

    @property
    def part(self) -> str:
        """The folder's name until everything is in it."""
        return f"{self.take_id}.part"

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(load.item for load in self.loads)

    @property
    def size_bytes(self) -> int:
        return sum(item.artifact.size_bytes for item in self.items)

    @cached_property
    def tags(self) -> dict[str, bytes]:
        """Of a take that was cut into parts only when their fingerprints are known."""
        return tag_files(self.take_id, self.date, self.items, part_notes(self.loads))

    @property
    def digests(self) -> dict[str, str]:
        """What has to be read back; the bag's own small files first."""
        tags = {name: sha256(data).hexdigest() for name, data in self.tags.items()}
        return tags | {item.path: item.artifact.sha256 for item in self.items}


class Meter:
    """Counts bytes towards a total and says how far it is."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total = max(1, total)
        self._done = 0
        self._progress = progress

    def add(self, count: int, text: str) -> None:
        self._done += count
        self._progress(min(1.0, self._done / self._total), text)


def deliver(
    take_id: str,
    files: Sequence[Artifact],
    source_folder: Path,
    drive: Drive,
    progress: Progress = lambda fraction, text: None,
    chunk_mb: int = 8,
    spare_mb: int = 16,
    recorded_on: str = "",
    part_mb: int | None = None,
) -> Receipt:
    """Copy the files (paths relative to ``source_folder``) and prove that they arrived; else raises Problem.

    A take that lies there already, whole, is only checked again. ``recorded_on`` is an ISO date or time;
    without it the date in the take's id, or today's, names the folder. After a failure simply call again.
    What is too large for the stick's file system comes in parts, of ``part_mb`` if that is less.
    """
    check_drive(drive)
    items, date = lay_out(files), date_of(take_id, recorded_on)
    limit = limit_of(drive, part_mb)
    size_bytes = sum(file.size_bytes for file in files)
    old = find_take(drive, take_id)
    there = parcel_there(drive, old, take_id, date, items, limit) if old is not None else None
    if old is not None and there and misfit(drive, old, there, Meter(size_bytes, progress)) is None:
        return receipt(drive, old, there)
    drive.remove(f"{take_id}.part")
    check_room(drive, size_bytes, spare_mb * BYTES_PER_MB)
    meter = Meter(2 * size_bytes, progress)
    loads = loads_of(items, source_folder, limit, lambda text: meter.add(0, text))
    parcel = copy(drive, Parcel(take_id, date, tuple(loads)), chunk_mb * BYTES_PER_MB, meter)
    folder = put_in_place(drive, parcel, old)
    prove(drive, folder, parcel, meter)
    return receipt(drive, folder, parcel)


def date_of(take_id: str, recorded_on: str) -> str:
    match = DATE.search(recorded_on) or DATE.search(take_id)
    return match[0] if match else utc_now()[:10]


def limit_of(drive: Drive, part_mb: int | None) -> int | None:
    """The largest file that may be written; None where any size is welcome."""
    limit = drive.file_limit_bytes
    return min(limit, part_mb * BYTES_PER_MB) if limit is not None and part_mb is not None else limit


def parcel_there(
    drive: Drive, old: str, take_id: str, date: str, items: Sequence[Item], limit: int | None
) -> Parcel | None:
    """What an earlier delivery of the same files must have left; None where it left something else."""
    note = f"{old}/{PARTS_FILE}"
    known = parts_in(b"".join(drive.read(note))) if drive.exists(note) else {}
    loads = with_known_parts(items, known, limit)
    return Parcel(take_id, date, tuple(loads)) if loads is not None else None


def find_take(drive: Drive, take_id: str) -> str | None:
    """The folder in which an earlier delivery put this take."""
    for folder in drive.folders():
        info = f"{folder}/{INFO_FILE}"
        if (
            not folder.endswith(".part")
            and drive.exists(info)
            and take_of(b"".join(drive.read(info))) == take_id
        ):
            return folder
    return None


def copy(drive: Drive, parcel: Parcel, chunk_bytes: int, meter: Meter) -> Parcel:
    """Everything into the temporary folder, and each file and folder down to the stick itself."""
    paths = [PurePosixPath("file"), *(PurePosixPath(item.path) for item in parcel.items)]
    folders = sorted(
        {f"{parcel.part}/{folder}".removesuffix("/.") for path in paths for folder in path.parents}
    )
    for folder in folders:
        drive.make_folder(folder)
    loads = [
        copy_file(drive, load, f"{parcel.part}/{load.item.path}", chunk_bytes, meter) for load in parcel.loads
    ]
    copied = replace(parcel, loads=tuple(loads))
    for name, data in copied.tags.items():
        with closing(drive.create(f"{parcel.part}/{name}")) as target:
            target.write(data)
            target.sync()
    for folder in reversed(folders):
        drive.sync_folder(folder)
    return copied


def copy_file(drive: Drive, load: Load, path: str, chunk_bytes: int, meter: Meter) -> Load:
    """Sync after every chunk, so that a slow stick never has more than one to catch up with.

    The load comes back with its fingerprint, as it was when the bytes left the box.
    """
    digest = sha256()
    text = f"Copying {PurePosixPath(load.item.path).name} to {drive.name}"
    with closing(drive.create(path)) as target, closing(load.read(chunk_bytes)) as blocks:
        for data in blocks:
            digest.update(data)
            target.write(data)
            target.sync()
            meter.add(len(data), text)
        target.sync()
    if not load.is_part and digest.hexdigest() != load.item.artifact.sha256:
        raise source_changed(PurePosixPath(load.whole.path).name)
    artifact = replace(load.item.artifact, sha256=digest.hexdigest()) if load.is_part else load.item.artifact
    return replace(load, item=Item(artifact, load.item.path))


def put_in_place(drive: Drive, parcel: Parcel, old: str | None) -> str:
    """Give the temporary folder its name; an older or damaged version of the same take goes.

    FAT writes where a renamed folder begins only with the folder itself: without a sync of its own, and that
    first, a stick that loses its cache shows an empty folder of that name.
    """
    folder = old or folder_name(parcel.date, drive.folders())
    if old is not None:
        drive.remove(old)
    drive.rename(parcel.part, folder)
    drive.sync_folder(folder)
    drive.sync_folder("")
    return folder


def prove(drive: Drive, folder: str, parcel: Parcel, meter: Meter) -> None:
    """A folder that does not match loses its name again, so that nobody takes it for a good one."""
    bad = misfit(drive, folder, parcel, meter)
    if bad is not None:
        drive.rename(folder, parcel.part)
        raise stick_failed(drive.name, f"{PurePosixPath(bad).name} came back changed when it was read again.")


def misfit(drive: Drive, folder: str, parcel: Parcel, meter: Meter) -> str | None:
    """The first file of the folder that is missing or not what it should be."""
    for path, expected in parcel.digests.items():
        place = f"{folder}/{path}"
        if not drive.exists(place) or digest_on(drive, place, meter, path in parcel.tags) != expected:
            return path
    return None


def digest_on(drive: Drive, path: str, meter: Meter, uncounted: bool) -> str:
    digest = sha256()
    for data in drive.read(path):
        digest.update(data)
        meter.add(0 if uncounted else len(data), f"Checking {PurePosixPath(path).name} on {drive.name}")
    return digest.hexdigest()


def receipt(drive: Drive, folder: str, parcel: Parcel) -> Receipt:
    delivered = tuple(replace(item.artifact, path=item.path) for item in parcel.items)
    return Receipt(parcel.take_id, drive.name, str(drive.root / folder), delivered, utc_now())
