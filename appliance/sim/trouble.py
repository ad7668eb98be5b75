"""What befalls a simulated picture between the tape and the dongle's output."""

from __future__ import annotations

import math

import numpy as np

from appliance.core.types import Plane
from appliance.sim.optics import Planes

PUMP_S = 6.0  # from bright to bright
PUMP_DEPTH = 0.35
ROLL_S = 1.7  # until the picture has rolled through once
HISSES = 7  # different ones, one after the other
LEVELS = np.arange(256, dtype=np.float32)


class Hiss:
    """A VCR that shows one picture again and again never shows it the same to the bit."""

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        rng = np.random.default_rng(67)
        self._noise = rng.integers(0, 2, (HISSES, height, width), np.uint8)

    def over(self, planes: Planes, number: int) -> Planes:
        return planes[0] ^ self._noise[number % HISSES], planes[1], planes[2]


def pumping(planes: Planes, time_s: float) -> Planes:
    """A copy protection misleads the dongle's gain: everything becomes darker and lighter again."""
    gain = 1 - PUMP_DEPTH * (0.5 - 0.5 * math.cos(2 * math.pi * time_s / PUMP_S))
    luma, chroma = (scaled(gain, around) for around in (16.0, 128.0))
    return luma[planes[0]], chroma[planes[1]], chroma[planes[2]]


def scaled(gain: float, around: float) -> Plane:
    table: Plane = np.clip(around + (LEVELS - around) * gain + 0.5, 0, 255).astype(np.uint8)
    return table


def other_standard(planes: Planes, time_s: float) -> Planes:
    """Fields of another length and another colour carrier: it rolls, torn apart, in grey."""
    height, width = planes[0].shape
    rolled = np.roll(planes[0], (round(time_s / ROLL_S * height) % height, width // 2), (0, 1))
    grey = np.full_like(planes[1], 128)
    return rolled, grey, grey
