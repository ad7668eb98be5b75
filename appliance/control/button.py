"""What a press of the one button means."""

from __future__ import annotations

import time
from collections.abc import Callable

from appliance.control.refusals import pressed_twice
from appliance.core.snapshot import BoxState, CommandName

PRESS_GUARD_S = 1.0  # a second press this soon is the same one
BUSY = (BoxState.RECORDING, BoxState.INTERRUPTED)


class Button:
    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._pressed_s = float("-inf")

    def meaning(self, name: CommandName, state: BoxState) -> CommandName:
        """A press is record or stop, by the state that the person sees. Raises Problem for a double one."""
        if name is not CommandName.PRESS:
            return name
        since_s = self._now_s() - self._pressed_s
        self._pressed_s = self._now_s()
        if since_s < PRESS_GUARD_S:
            raise pressed_twice()
        return CommandName.STOP if state in BUSY else CommandName.RECORD
