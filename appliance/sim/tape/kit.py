"""The few array operations that numpy and torch spell differently; everything else the simulator writes once.

Pictures are float arrays (frames, rows, columns) in 8-bit levels. Small things that are drawn at random (a
row's jitter, the place of a dropout) come from numpy on the host in every kit, so that two kits disagree in
grain only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Array = Any  # numpy's or torch's: both know arithmetic, slices, ``reshape``, ``swapaxes``, ``clip``, ``mean``
Planes = tuple[Array, Array, Array]
Taps = NDArray[np.float32]
Key = tuple[int, ...]  # seeds one frame's grain
THREADLESS = 250_000  # multiplications of a matrix product that OpenBLAS does on one core
SHEET_ROOM = 64  # how much larger than a picture a sheet of ready grain is


class Kit(Protocol):
    def load(self, picture: Array) -> Array:
        """Float levels where the work is done; never the caller's own memory."""

    def store(self, picture: Array) -> Array:
        """Rounded to eight bits."""

    def filter(self, picture: Array, across: Taps, down: Taps | None = None) -> Array:
        """Convolved with an odd number of taps along the rows, then down the columns; edges go on."""

    def cut(self, picture: Array, starts: NDArray[np.int64], width: int) -> Array:
        """So many columns of each row from that row's own start, (frames, rows); edges go on."""

    def mix(self, picture: Array, matrix: Taps) -> Array:
        """The matrix product over the last axis."""

    def normal(self, shape: tuple[int, int], keys: Sequence[Key]) -> Array:
        """Independent standard normal grain, one picture a key."""

    def sheet(self, shape: tuple[int, int], keys: Sequence[Key]) -> Array:
        """The same where it may be cheap: pictures may share their grain at other places."""

    def look_up(self, picture: Array, table: NDArray[np.float32]) -> Array:
        """The table's entry for each value, rounded and held to 0..255."""


class NumpyKit:
    """On the processor without torch; OpenCV does what numpy is slow at."""

    def load(self, picture: Array) -> NDArray[np.float32]:
        return np.array(picture, np.float32)

    def store(self, picture: Array) -> NDArray[np.uint8]:
        nothing = np.zeros(1)  # OpenCV's sum is the quickest way to round and hold
        stored = [cv2.add(source, nothing, dtype=cv2.CV_8U) for source in picture]
        return np.asarray(np.stack(stored), np.uint8)

    def filter(self, picture: Array, across: Taps, down: Taps | None = None) -> NDArray[np.float32]:
        one = np.ones(1, np.float32)
        kernels = across[::-1].copy(), one if down is None else down[::-1].copy()  # OpenCV correlates
        filtered: NDArray[np.float32] = np.empty_like(picture)
        for source, target in zip(picture, filtered, strict=True):
            cv2.sepFilter2D(source, cv2.CV_32F, *kernels, target, borderType=cv2.BORDER_REPLICATE)
        return filtered

    def cut(self, picture: Array, starts: NDArray[np.int64], width: int) -> NDArray[np.float32]:
        frames, rows, columns = picture.shape
        before = max(0, -int(starts.min()))
        after = max(0, int(starts.max()) + width - columns)
        wide = np.pad(picture, ((0, 0), (0, 0), (before, after)), "edge")
        windows = np.lib.stride_tricks.sliding_window_view(wide, width, axis=2)
        frame, row = np.ogrid[:frames, :rows]
        return np.asarray(windows[frame, row, starts + before])

    def mix(self, picture: Array, matrix: Taps) -> NDArray[np.float32]:
        """In bits too small for BLAS to wake its threads: on a busy machine they only cost."""
        rows = picture.reshape(-1, matrix.shape[0])
        mixed = np.empty((len(rows), matrix.shape[1]), np.float32)
        step = max(1, THREADLESS // matrix.size)
        for first in range(0, len(rows), step):
            np.matmul(rows[first : first + step], matrix, out=mixed[first : first + step])
        return mixed.reshape(*picture.shape[:-1], -1)

    def normal(self, shape: tuple[int, int], keys: Sequence[Key]) -> NDArray[np.float32]:
        grain = np.empty((len(keys), *shape), np.float32)
        for key, target in zip(keys, grain, strict=True):
            np.random.Generator(np.random.SFC64(key)).standard_normal(dtype=np.float32, out=target)
        return grain

    def sheet(self, shape: tuple[int, int], keys: Sequence[Key]) -> NDArray[np.float32]:
        ready = ready_sheet(shape)
        places = [np.random.default_rng(key).integers(0, SHEET_ROOM, 2) for key in keys]
        return np.stack([ready[y : y + shape[0], x : x + shape[1]] for y, x in places])

    def look_up(self, picture: Array, table: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.stack([np.asarray(cv2.LUT(frame, table)) for frame in self.store(picture)])


@lru_cache(maxsize=2)
def ready_sheet(shape: tuple[int, int]) -> NDArray[np.float32]:
    rows, columns = (length + SHEET_ROOM for length in shape)
    return np.random.default_rng(31).standard_normal((rows, columns), np.float32)


def gaussian(sigma: float) -> Taps:
    """An odd number of taps that sum to one; a single one where there is nothing to blur."""
    radius = int(np.ceil(3 * sigma)) if sigma > 0.1 else 0
    bell = np.exp(-0.5 * (np.arange(-radius, radius + 1) / max(sigma, 0.1)) ** 2)
    return np.asarray(bell / bell.sum(), np.float32)


NUMPY = NumpyKit()
