"""A driver that was told the wrong television standard hands on the tape's own rate, not the promised one."""

from __future__ import annotations

from collections import deque

import numpy as np

from appliance.core.types import StreamFormat

RATES = (25.0, 30000 / 1001)
FRAMES = 75
TOLERANCE = 0.03  # of a period; a VCR runs 0.5 % off, the standards lie 20 % apart


class StandardWatch:
    """Looks at the middle of many periods: frames that were lost make a few of them longer, not the middle.

    Silent about dongles that make whole pictures themselves: those keep a rate of their own.
    """

    def __init__(self, format: StreamFormat) -> None:
        rate = float(format.rate)
        mine = min(RATES, key=lambda one: abs(one - rate))
        self._usable = format.field_order != "progressive" and abs(mine - rate) / rate < TOLERANCE
        self._other_s = 1 / next(one for one in RATES if one != mine)
        self._periods: deque[float] = deque(maxlen=FRAMES)
        self._last_s: float | None = None

    def count(self, timestamp_s: float) -> None:
        if self._usable and self._last_s is not None:
            self._periods.append(timestamp_s - self._last_s)
        self._last_s = timestamp_s

    @property
    def wrong(self) -> bool:
        if len(self._periods) < FRAMES:
            return False
        return abs(float(np.median(self._periods)) / self._other_s - 1) < TOLERANCE
