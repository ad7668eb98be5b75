"""Which clips no training may see: training and this bench ask the same function."""

from __future__ import annotations

import hashlib
from pathlib import Path

HELD_OUT_EVERY = 6
FILMS = (".avi", ".mkv", ".mov", ".mp4")


def is_held_out(path: Path) -> bool:
    """By the name of the clip or photo alone, so that the split survives new data."""
    return hashlib.sha1(path.name.encode()).digest()[0] % HELD_OUT_EVERY == 0


def held_out_clips(folder: Path) -> list[Path]:
    """The clips of ``folder``/video that only a bench may use, in the order of their names."""
    films = (p for p in (folder / "video").glob("*") if p.suffix.lower() in FILMS)
    return sorted(path for path in films if is_held_out(path))
