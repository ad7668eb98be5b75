"""The disk that takes are recorded to: is there room, and is it fast enough."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from appliance.ops.checks.result import Result, failed, ok, warning

TAKE_MB_S = 16.0  # a tape as FFV1 and a camera beside it, at their worst
ENOUGH_MINUTES = 60.0
SAMPLE_MB = 32
MB = 1_000_000


def space(spool: Path, min_minutes: float) -> Result:
    free = shutil.disk_usage(nearest(spool)).free
    minutes = free / (TAKE_MB_S * MB * 60)
    finding = f"{free / 1e9:.1f} GB free below {nearest(spool)}, {minutes:.0f} minutes of recording"
    if minutes < min_minutes:
        cause = f"Less than {min_minutes:g} minutes fit, so the box refuses to record."
        return failed("space", finding, cause, "Delete takes that were delivered, or use a larger disk.")
    if minutes < ENOUGH_MINUTES:
        return warning("space", finding, "Less than one tape fits.", "Delete takes that were delivered.")
    return ok("space", finding)


def speed(spool: Path) -> Result:
    """Writes a little, to the disk and not only to memory, and removes it."""
    if not spool.is_dir():
        cause = f"The folder {spool} is not there yet."
        return warning("disk speed", "not measured", cause, "Start the box once; it makes its folders.")
    try:
        mb_s = write_mb_s(spool)
    except OSError as error:
        cause = f"Nothing can be written to {spool}: {error.strerror}."
        return failed("disk speed", "not measured", cause, "Check the disk and who owns the folder.")
    return judged(mb_s)


def judged(mb_s: float) -> Result:
    finding = f"{mb_s:.0f} MB/s"
    if mb_s < TAKE_MB_S:
        cause = f"A recording needs up to {TAKE_MB_S:.0f} MB/s; frames would be lost."
        return failed("disk speed", finding, cause, "Use an SSD for the takes.")
    if mb_s < 3 * TAKE_MB_S:
        cause = "It is enough to record, but not to make films at the same time."
        return warning("disk speed", finding, cause, "Use an SSD for the takes.")
    return ok("disk speed", finding)


def write_mb_s(folder: Path) -> float:
    block = os.urandom(MB)
    with tempfile.TemporaryFile(dir=folder) as file:
        begun_s = time.perf_counter()
        for _ in range(SAMPLE_MB):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        return SAMPLE_MB / (time.perf_counter() - begun_s)


def nearest(path: Path) -> Path:
    """The path itself or the closest folder above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
