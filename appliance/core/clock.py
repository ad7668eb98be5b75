"""Time behind a protocol, so that simulated hardware may run faster than the wall clock."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    def now_s(self) -> float:
        """Seconds that never jump; only differences mean something."""


class RealClock:
    def now_s(self) -> float:
        return time.monotonic()


class ScaledClock:
    """Runs ``speed`` times as fast as the real one; the simulation's clock."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._start_s = time.monotonic()

    def now_s(self) -> float:
        return (time.monotonic() - self._start_s) * self.speed


def utc_now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
