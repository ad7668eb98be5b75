"""A line per frame beside each segment: what the device said of it and what became of it."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("sequence", "timestamp_s", "bytes", "lost_before", "flags")
FLUSH_S = 1.0


@dataclass(frozen=True)
class FrameEntry:
    """``lost_before`` frames are missing just before this one; flags are words such as 'damaged'.

    'overflow' among the flags: it was this box that lost them, its disk was too slow for too long.
    """

    sequence: int
    timestamp_s: float
    bytes: int
    lost_before: int = 0
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class LogSummary:
    frames: int
    lost_frames: int
    damaged: int
    gaps: tuple[tuple[float, int], ...]  # time stamp of the frame after the gap, frames missing


class FrameLog:
    """The writing end. A killed process leaves all but the last second of lines."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", newline="", encoding="utf-8")
        self._lines = csv.writer(self._file)
        self._lines.writerow(COLUMNS)
        self._flushed_s = time.monotonic()

    def write(self, entry: FrameEntry) -> None:
        stamp = f"{entry.timestamp_s:.6f}"
        self._lines.writerow((entry.sequence, stamp, entry.bytes, entry.lost_before, " ".join(entry.flags)))
        if time.monotonic() - self._flushed_s >= FLUSH_S:
            self._file.flush()
            self._flushed_s = time.monotonic()

    def close(self) -> None:
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()


def read_frame_log(path: Path) -> tuple[FrameEntry, ...]:
    """All whole lines; the one that a power cut tore is left out."""
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        return tuple(entry for line in csv.DictReader(file) if (entry := parse(line)) is not None)


def parse(line: dict[str, str | None]) -> FrameEntry | None:
    try:
        numbers = [int(line[name] or "") for name in ("sequence", "bytes", "lost_before")]
        stamp_s, words = float(line["timestamp_s"] or ""), line["flags"]
    except (KeyError, ValueError):
        return None
    if words is None:
        return None
    return FrameEntry(numbers[0], stamp_s, numbers[1], numbers[2], tuple(words.split()))


def summarise(entries: Iterable[FrameEntry]) -> LogSummary:
    listed = tuple(entries)
    gaps = tuple((entry.timestamp_s, entry.lost_before) for entry in listed if entry.lost_before)
    damaged = sum("damaged" in entry.flags for entry in listed)
    return LogSummary(len(listed), sum(missing for _, missing in gaps), damaged, gaps)
