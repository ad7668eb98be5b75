"""What became of a take, kept in its folder as well: so a journal that is lost loses no work.

The journal is what everybody asks; these files are read only when it has to be made anew.
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from appliance.core.types import Artifact, Receipt
from appliance.takes.store import WORK_FOLDER, sync_folder

FILMS = "films.json"
DELIVERIES = "deliveries.json"
ARTIFACTS: TypeAdapter[tuple[Artifact, ...]] = TypeAdapter(tuple[Artifact, ...])
RECEIPTS: TypeAdapter[tuple[Receipt, ...]] = TypeAdapter(tuple[Receipt, ...])


def note_films(folder: Path, artifacts: tuple[Artifact, ...]) -> None:
    """The finished files with their hashes; what was delivered before is not these."""
    write(folder / WORK_FOLDER / DELIVERIES, RECEIPTS.dump_json(()))
    write(folder / WORK_FOLDER / FILMS, ARTIFACTS.dump_json(artifacts))


def forget_films(folder: Path) -> None:
    """They are to be made again."""
    (folder / WORK_FOLDER / FILMS).unlink(missing_ok=True)


def note_delivery(folder: Path, receipt: Receipt) -> None:
    write(folder / WORK_FOLDER / DELIVERIES, RECEIPTS.dump_json((*deliveries_of(folder), receipt)))


def films_of(folder: Path) -> tuple[Artifact, ...]:
    """Nothing where they were not finished, or where one of them is gone."""
    try:
        artifacts = ARTIFACTS.validate_json((folder / WORK_FOLDER / FILMS).read_bytes())
    except (OSError, ValidationError):
        return ()
    there = all((folder / a.path).is_file() and not Path(a.path).is_absolute() for a in artifacts)
    return artifacts if there else ()


def deliveries_of(folder: Path) -> tuple[Receipt, ...]:
    try:
        return RECEIPTS.validate_json((folder / WORK_FOLDER / DELIVERIES).read_bytes())
    except (OSError, ValidationError):
        return ()


def write(path: Path, data: bytes) -> None:
    """Replaced whole: after a power cut it is the old one or the new one."""
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)
