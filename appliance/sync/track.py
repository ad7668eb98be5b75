"""Sound that is too long for the memory: 16-bit samples in a file, read where they are needed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
FULL_SCALE = 32767
BLOCK, GATHERED = 1 << 18, 1 << 15


class Sound(Protocol):
    """Mono, -1..1: an array, or a Track."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> FloatArray: ...


class Track:
    """A file of ``keep_track``; several threads may read from it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._length = path.stat().st_size // 2

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice, /) -> FloatArray:
        start, stop, _ = part.indices(self._length)
        raw = os.pread(self._file.fileno(), 2 * max(0, stop - start), 2 * start)
        return np.asarray(np.frombuffer(raw, np.int16) * np.float32(1 / FULL_SCALE), np.float32)

    def close(self) -> None:
        self._file.close()


def keep_track(blocks: Iterable[FloatArray], path: Path) -> Track:
    """Write the blocks to ``path``; what is no number becomes silence."""
    with path.open("wb") as out:
        for whole in gathered(blocks):
            whole = np.clip(np.nan_to_num(whole, posinf=1, neginf=-1), -1, 1) * FULL_SCALE
            out.write(np.rint(whole).astype(np.int16).tobytes())
    return Track(path)


def gathered(blocks: Iterable[FloatArray]) -> Iterator[FloatArray]:
    """The same sound in larger blocks: decoders give it in crumbs."""
    waiting: list[FloatArray] = []
    length = 0
    for block in blocks:
        waiting.append(block)
        length += len(block)
        if length >= GATHERED:
            yield np.concatenate(waiting)
            waiting, length = [], 0
    if waiting:
        yield np.concatenate(waiting)


def in_blocks(sound: Sound, size: int = BLOCK) -> Iterator[FloatArray]:
    for start in range(0, len(sound), size):
        yield sound[start : start + size]


def loudest(sound: Sound) -> float:
    """The greatest swing around the mean of a block."""
    swings = [float(np.ptp(block)) / 2 for block in in_blocks(sound)]
    return max(swings, default=0.0)
