"""How often the box looks on. Recording goes first: looking on may take a fifth of the time and no more."""

from __future__ import annotations

import time
from collections.abc import Callable

TICK_S = 0.2
LONGEST_S = 1.5  # between two looks, on however slow a processor
RESTS = 4.0  # so many times as long as the work between


class Pace:
    """For one thread: counts the processor time that it has spent since the last rest."""

    def __init__(self, spent_s: Callable[[], float] = time.thread_time) -> None:
        self._spent_s = spent_s
        self._before_s = spent_s()

    def rest_s(self) -> float:
        """How long to rest now."""
        now_s = self._spent_s()
        work_s, self._before_s = now_s - self._before_s, now_s
        return min(max(TICK_S, RESTS * work_s), LONGEST_S)
