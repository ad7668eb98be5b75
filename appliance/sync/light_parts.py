"""Parts of a picture that are compared: a coarse grid over a frame, made of the fine one that a curve holds.

Two cameras frame a scene differently. What crosses a border of the one's grid crosses the other's at another
time, so where the exact time matters the frame of the tape's picture in the camera's is looked for first.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from appliance.sync.light_curve import COLUMNS, ROWS, FloatArray

Frame = tuple[float, float, float, float]  # left, top, right, bottom; the whole picture is 0, 0, 1, 1

WHOLE: Frame = (0.0, 0.0, 1.0, 1.0)
PART_ROWS, PART_COLUMNS = 3, 4  # in a part as large, another camera sees about the same
COVERED = 0.5  # of a part: with less of it in the picture it is left out


@lru_cache(maxsize=256)
def parts_of(frame: Frame) -> FloatArray:
    """(parts, CELLS): how much each fine cell counts for each part; zeros for a part outside the picture."""
    across = overlaps(frame[0], frame[2], PART_COLUMNS, COLUMNS)
    down = overlaps(frame[1], frame[3], PART_ROWS, ROWS)
    area = down[:, None, :, None] * across[None, :, None, :]
    area = area.reshape(PART_ROWS * PART_COLUMNS, ROWS * COLUMNS)
    size = (frame[2] - frame[0]) * (frame[3] - frame[1]) / len(area)
    total = area.sum(axis=1, keepdims=True)
    return np.asarray(np.where(total > COVERED * size, area / np.maximum(total, 1e-9), 0), np.float32)


def overlaps(begin: float, end: float, parts: int, cells: int) -> FloatArray:
    """(parts, cells): the length that each part of begin..end shares with each cell of 0..1."""
    edges, fine = np.linspace(begin, end, parts + 1), np.linspace(0, 1, cells + 1)
    low = np.maximum(edges[:-1, None], fine[None, :-1])
    high = np.minimum(edges[1:, None], fine[None, 1:])
    return np.asarray(np.maximum(high - low, 0), np.float32)
