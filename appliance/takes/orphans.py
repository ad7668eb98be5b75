"""Folders with recordings whose ``take.json`` is missing or damaged: they become takes again."""

from __future__ import annotations

import contextlib
import logging
from datetime import datetime, timezone
from pathlib import Path

from pydantic import ValidationError

from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.types import Take, TakeState
from appliance.takes.store import TAKE, TAKE_FILE, load_take, save_take

DAMAGED = ".damaged"
NAMED_AFTER = "%Y-%m-%dT%H-%M-%S"
log = logging.getLogger(__name__)


def adopt_orphans(paths: Paths) -> tuple[str, ...]:
    """Give each such folder a ``take.json`` that says: recorded, and not closed. The ids of these takes.

    One that cannot be written now keeps no other back; the next start tries again.
    """
    adopted = []
    for folder in sorted(path for path in paths.takes.iterdir() if path.is_dir()):
        if whole(folder) or not any(folder.glob("*.mkv")):
            continue
        try:
            adopt(folder)
            adopted.append(folder.name)
        except OSError as error:
            log.error("the take %s could not be given its description back: %s", folder.name, error)
    return tuple(adopted)


def whole(folder: Path) -> bool:
    try:
        load_take(folder)
    except Problem:
        return False
    return True


def adopt(folder: Path) -> None:
    log.warning("the take %s has lost its description; it is made again from its files", folder.name)
    damaged = folder / TAKE_FILE
    take = half_written(folder) or Take(folder.name, began_at(folder), TakeState.RECORDING)
    if damaged.exists():
        damaged.replace(damaged.with_name(TAKE_FILE + DAMAGED))
    save_take(take, folder)


def half_written(folder: Path) -> Take | None:
    """The description that was about to take the place of the damaged one, if it came so far."""
    with contextlib.suppress(OSError, ValidationError):
        take = TAKE.validate_json((folder / f".{TAKE_FILE}.new").read_bytes())
        return take if take.id == folder.name else None
    return None


def began_at(folder: Path) -> str:
    """As the folder is named; else when its first file was written."""
    with contextlib.suppress(ValueError):
        stem = folder.name[: len("2026-11-21T10-15-00")]
        return datetime.strptime(stem, NAMED_AFTER).replace(tzinfo=timezone.utc).isoformat()
    first_s = min(path.stat().st_mtime for path in folder.glob("*.mkv"))
    return datetime.fromtimestamp(first_s, timezone.utc).isoformat(timespec="seconds")
