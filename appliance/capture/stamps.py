"""When a frame began, on CLOCK_MONOTONIC, and at which rate they truly come."""

from __future__ import annotations

from appliance.devices.stream import Filled
from appliance.devices.videodev2 import BUF_SOURCE_MASK, BUF_SOURCE_START, BUF_STAMP_MASK, BUF_STAMP_MONOTONIC


def stamp_kind(flags: int) -> str:
    """What the driver's time stamps mean, by the flags of a buffer."""
    if flags & BUF_STAMP_MASK != BUF_STAMP_MONOTONIC:
        return "none"
    return "start of frame" if flags & BUF_SOURCE_MASK == BUF_SOURCE_START else "end of frame"


def start_of_frame(filled: Filled, period_s: float, now_s: float) -> float:
    """A stamp on another clock is of no use: then the frame has ended just now."""
    kind = stamp_kind(filled.flags)
    if kind == "none" or not filled.stamp_s:
        return now_s - period_s
    return filled.stamp_s if kind == "start of frame" else filled.stamp_s - period_s


class RateFit:
    """A straight line through all stamps so far, against the places of their frames."""

    def __init__(self) -> None:
        self._count = 0
        self._mean_number = self._mean_s = 0.0
        self._spread = self._together = 0.0

    def add(self, number: int, stamp_s: float) -> None:
        """A lost frame's number is left out."""
        self._count += 1
        aside = number - self._mean_number
        self._mean_number += aside / self._count
        self._mean_s += (stamp_s - self._mean_s) / self._count
        self._spread += aside * (number - self._mean_number)
        self._together += aside * (stamp_s - self._mean_s)

    @property
    def rate_hz(self) -> float | None:
        """Frames a second; None for fewer than three."""
        return self._spread / self._together if self._count > 2 and self._together > 0 else None
