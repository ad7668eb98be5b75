"""What a device gave so far, for the log of a recording."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from appliance.capture.grid import FrameGrid
from appliance.capture.stamps import RateFit, stamp_kind
from appliance.core.types import VideoFrame
from appliance.devices.stream import Filled

KINDS = ("frames", "damaged", "marked by the driver", "short", "empty", "read errors")


class Tally:
    def __init__(self, rate: Fraction) -> None:
        self._nominal_hz = float(rate)
        self._counts: Counter[str] = Counter()
        self._grid = FrameGrid(rate)
        self._rate = RateFit()
        self._stamps = "none yet"

    def count(self, kind: str) -> None:
        self._counts[kind] += 1

    def arrived(self, filled: Filled, sequence: int, stamp_s: float) -> None:
        self._stamps = stamp_kind(filled.flags)
        self._rate.add(self._grid.place(sequence, stamp_s).index, stamp_s)
        self._counts["marked by the driver"] += filled.faulty

    def delivered(self, frame: VideoFrame) -> None:
        self._counts["frames"] += 1
        self._counts["damaged"] += frame.damaged

    def report(self) -> dict[str, str]:
        """Only what there was; the true rate is against this box's clock."""
        told = {kind: str(self._counts[kind]) for kind in KINDS if self._counts[kind]}
        told["time stamps"] = self._stamps
        if self._grid.lost:
            told["lost"] = str(self._grid.lost)
        if (rate_hz := self._rate.rate_hz) is not None:
            told["true rate"] = f"{rate_hz:.6f} Hz ({(rate_hz / self._nominal_hz - 1) * 1e6:+.1f} ppm)"
        return told
