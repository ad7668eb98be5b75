"""Devices that could not be opened: each is told once and tried again, less and less often."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

FIRST_S, LONGEST_S = 2.0, 60.0  # a device that hangs takes seconds for each try


@dataclass(frozen=True)
class Refusal:
    code: str  # of the trouble that it made
    pause_s: float
    again_s: float


class Refused:
    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._by_id: dict[str, Refusal] = {}

    def note(self, device_id: str, code: str) -> bool:
        """Whether that is news."""
        before = self._by_id.get(device_id)
        pause_s = FIRST_S if before is None else min(2 * before.pause_s, LONGEST_S)
        self._by_id[device_id] = Refusal(code, pause_s, self._now_s() + pause_s)
        return before is None or before.code != code

    def due(self, device_id: str) -> bool:
        """Whether it is time to try it again; so it is for one that was never refused."""
        before = self._by_id.get(device_id)
        return before is None or self._now_s() >= before.again_s

    def forget(self, device_id: str) -> str:
        """It works, or was unplugged: the code of the trouble that is over, or nothing."""
        before = self._by_id.pop(device_id, None)
        return before.code if before is not None else ""
