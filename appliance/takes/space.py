"""How long the disk will last, told before and during a recording."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from appliance.core.problems import Problem
from appliance.core.types import Severity

# Noise is the worst case of FFV1: a snowy PAL tape takes 16 MB a second, an ordinary one 5 to 8.
TAPE_BYTES_PER_S = 11e6
CAMERA_BYTES_PER_S = 6e6
JOB_BYTES_PER_S = 4e6  # films, comparison and pieces of the job, for each second of tape
SPARE_BYTES = 500_000_000  # stay free when a card was copied
SETTLED_S = 20.0  # what was recorded for so long foretells the rest
RESERVE_FILE = "reserve"  # room for the notes of a start on a disk that is full to the last byte
RESERVE_BYTES = 8_000_000
FULL_BYTES = 4_000_000  # with less a journal cannot even be opened
PLENTY_BYTES = 1_000_000_000

LARGER = 3.0  # times as much for films of twice the tape's size: the comparison stays as it is


def bytes_per_second(
    devices: int, bytes_written: int = 0, elapsed_s: float = 0.0, larger_films: bool = False
) -> float:
    """What a second of take needs on the disk, the job's films included.

    Measured when the recording has run long enough, else assumed for a tape and further cameras.
    """
    recording = TAPE_BYTES_PER_S + CAMERA_BYTES_PER_S * max(0, devices - 1)
    if bytes_written and elapsed_s >= SETTLED_S:
        recording = bytes_written / elapsed_s
    return recording + JOB_BYTES_PER_S * (LARGER if larger_films else 1)


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def keep_reserve(folder: Path) -> None:
    """Put room by while there is plenty; without it a full disk would keep the box from starting at all."""
    reserve = folder / RESERVE_FILE
    if reserve.exists() or free_bytes(folder) < PLENTY_BYTES:
        return
    with contextlib.suppress(OSError), reserve.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)


def spend_reserve(folder: Path) -> None:
    """Give that room back when nothing else is left."""
    if free_bytes(folder) < FULL_BYTES:
        (folder / RESERVE_FILE).unlink(missing_ok=True)


def minutes_left(free: int, rate_bytes_per_s: float) -> float:
    """Minutes of take that fit; never below 0."""
    return max(0.0, free / rate_bytes_per_s / 60)


def check_card_space(free: int, needed: int) -> None:
    """Raises Problem when a card's films, and a little for what else goes on, do not fit."""
    missing = needed + SPARE_BYTES - free
    if missing > 0:
        raise Problem(
            "card-no-room",
            "The films of the card do not fit on the box's disk",
            f"They take {needed / 1e9:.1f} GB; {missing / 1e9:.1f} GB more must be free.",
            "Delete takes that are already on a stick, then try again; or copy only the films of this event"
            " to a stick and import that.",
            Severity.WARNING,
        )


def check_space(minutes: float, min_minutes: float) -> None:
    """Raises Problem when a recording should not even begin."""
    if minutes < min_minutes:
        raise Problem(
            "space-low",
            "There is not enough room for a recording",
            f"Only about {minutes:.0f} minutes would fit on the box's disk; it wants {min_minutes:g}.",
            "Let finished films go to a stick, then delete old takes.",
        )
