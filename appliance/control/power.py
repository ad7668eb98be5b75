"""Switching off: the recorder may not do it itself, so it asks systemd by making a file."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from appliance.control.troubles import Troubles
from appliance.core.problems import Problem
from appliance.core.types import Issue

PATIENCE_S = 60.0  # a machine that is still on after so long does not go off
log = logging.getLogger(__name__)


class Power:
    """``twinreel-poweroff.path`` watches for the file; where nobody does, the box is told to go on."""

    def __init__(self, request: Path, troubles: Troubles) -> None:
        self._request, self._troubles = request, troubles
        self._asked_s: float | None = None
        request.unlink(missing_ok=True)

    async def off(self, eject: Callable[[], Awaitable[None]]) -> None:
        """The take is closed by now. A stick that is still written to is left to the worker, which puts down
        in order what it has begun.
        """
        with contextlib.suppress(Problem):
            await eject()
        log.info("asking for the machine to be switched off")
        self._asked_s = time.monotonic()
        self._request.touch()

    def refused(self) -> bool:
        """Whether the box was to be switched off and goes on living; told once, then it is over."""
        if self._asked_s is None or time.monotonic() - self._asked_s < PATIENCE_S:
            return False
        self._asked_s = None
        self._request.unlink(missing_ok=True)
        self._troubles.add(power_off_failed())
        return True


def switching_off() -> Problem:
    return Problem(
        "switching-off",
        "The box is switching off",
        "Somebody has held the button, or pressed Switch off on the page.",
        "Wait until all lights are dark. To use the box again, take its plug out and put it in.",
    )


def power_off_failed() -> Issue:
    return Problem(
        "power-off-failed",
        "The box could not be switched off",
        "Its system did not answer. Recordings are closed and safe.",
        "Release the stick, then pull the plug of the box: it is made for that.",
    ).issue
