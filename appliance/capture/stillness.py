"""Does the picture move? A tape's picture carries noise; one that repeats to the bit comes from no tape."""

from __future__ import annotations

from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.capture.signal import thinned
from appliance.core.types import Plane

GRID = (16, 12)  # parts of the picture, across and down, whose mean brightness is followed
DEAD_S = 3.0
STILL_S = 10.0
STILL_LEVELS = 1.5  # by how much a part of a still picture may become lighter or darker; noise makes 0.5

Blocks = NDArray[np.float32]


class Motion(str, Enum):
    MOVING = "moving"
    STILL = "still"  # the same within noise: a pause, a title
    DEAD = "dead"  # the same to the bit: the dongle repeats what it had


class StillWatch:
    """Fed with looks at the picture; a jump back of the clock begins anew."""

    def __init__(self) -> None:
        self._exact = b""
        self._exact_since_s = self._still_since_s = self._now_s = float("inf")
        self._reference: Blocks | None = None

    def feed(self, luma: Plane, blocks: Blocks, timestamp_s: float) -> Motion:
        exact = thinned(luma).tobytes()
        if exact != self._exact or timestamp_s < self._now_s:
            self._exact, self._exact_since_s = exact, timestamp_s
        if self._moved(blocks) or timestamp_s < self._now_s:
            self._reference, self._still_since_s = blocks, timestamp_s
        self._now_s = timestamp_s
        if self.dead_s >= DEAD_S:
            return Motion.DEAD
        return Motion.STILL if timestamp_s - self._still_since_s >= STILL_S else Motion.MOVING

    @property
    def dead_s(self) -> float:
        """For how long not one bit has changed."""
        return self._now_s - self._exact_since_s

    def _moved(self, blocks: Blocks) -> bool:
        return self._reference is None or float(np.abs(blocks - self._reference).max()) > STILL_LEVELS


def block_means(luma: Plane) -> Blocks:
    return np.asarray(cv2.resize(luma, GRID, interpolation=cv2.INTER_AREA), np.float32)
