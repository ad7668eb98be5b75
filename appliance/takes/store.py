"""A take's folder is the truth about it: segments and ``take.json``, readable without the journal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.types import Segment, Take, TakeState

TAKE_FILE = "take.json"
WORK_FOLDER = "work"  # what a job makes on its way
TAKE: TypeAdapter[Take] = TypeAdapter(Take)


def create_take(paths: Paths, now: datetime | None = None) -> Take:
    """A new folder named after the moment, with its ``take.json``; never an existing one."""
    moment = now or datetime.now(timezone.utc)
    for take_id in names(moment):
        folder = paths.take(take_id)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        (folder / WORK_FOLDER).mkdir()
        take = Take(take_id, moment.isoformat(timespec="seconds"), TakeState.RECORDING)
        save_take(take, folder)
        sync_folder(paths.takes)
        return take
    raise AssertionError("names() never ends")


def names(moment: datetime) -> Iterator[str]:
    stem = moment.strftime("%Y-%m-%dT%H-%M-%S")
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1


def save_take(take: Take, folder: Path) -> None:
    """Replaces ``take.json`` whole: after a power cut it is the old one or the new one."""
    fresh = folder / f".{TAKE_FILE}.new"
    with fresh.open("wb") as file:
        file.write(TAKE.dump_json(take, indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / TAKE_FILE)
    sync_folder(folder)


def load_take(folder: Path) -> Take:
    """Raises Problem when the folder holds no take, or a damaged one."""
    path = folder / TAKE_FILE
    try:
        return TAKE.validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise damaged(folder, f"There is no {TAKE_FILE} in it.") from error
    except ValidationError as error:
        raise damaged(folder, f"Its {TAKE_FILE} is not as the box wrote it.") from error


def damaged(folder: Path, cause: str) -> Problem:
    return Problem(
        "take-damaged",
        f"The take {folder.name} cannot be opened",
        cause,
        "Its films are still in its folder; copy them from there by hand.",
    )


def list_takes(paths: Paths) -> tuple[Take, ...]:
    """Every take that can be read, oldest first; a folder without ``take.json`` is no take."""
    found = []
    for file in sorted(paths.takes.glob(f"*/{TAKE_FILE}")):
        try:
            found.append(load_take(file.parent))
        except Problem:
            continue
    return tuple(sorted(found, key=lambda take: (take.created_at, take.id)))


def add_segment(take: Take, segment: Segment, folder: Path) -> Take:
    """The take with this segment, saved; a segment of the same role and index is replaced."""
    others = (s for s in take.segments if (s.role, s.index) != (segment.role, segment.index))
    broken = take.interrupted or not segment.complete
    grown = replace(take, segments=(*others, segment), interrupted=broken)
    save_take(grown, folder)
    return grown


def sync_folder(folder: Path) -> None:
    """Makes new names in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
