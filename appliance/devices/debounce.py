"""Waits until things have calmed down. Pure: the time is given."""

from __future__ import annotations

import math

LONGEST_S = 5.0  # something that never calms down is looked at all the same


class Debounce:
    def __init__(self, quiet_s: float, longest_s: float = LONGEST_S) -> None:
        self._quiet_s, self._longest_s = quiet_s, longest_s
        self._first_s: float | None = None
        self._last_s = 0.0

    def stir(self, now_s: float) -> None:
        """Something happened."""
        self._last_s = now_s
        if self._first_s is None:
            self._first_s = now_s

    def due(self, now_s: float) -> bool:
        """Whether it is time to look; True once for each time that things calmed down."""
        if self._first_s is None or now_s < self._until_s(self._first_s):
            return False
        self._first_s = None
        return True

    def wait_ms(self, now_s: float) -> int | None:
        """How long nothing has to be done; None: until something happens."""
        if self._first_s is None:
            return None
        return max(0, math.ceil((self._until_s(self._first_s) - now_s) * 1000))

    def _until_s(self, first_s: float) -> float:
        return min(self._last_s + self._quiet_s, first_s + self._longest_s)
