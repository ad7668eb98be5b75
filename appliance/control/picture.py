"""What a person should know of the tape's picture: told when it lasts, taken back when it is over."""

from __future__ import annotations

import time
from collections.abc import Callable

from appliance.control.refusals import tape_protected, without_picture, wrong_standard
from appliance.control.troubles import Troubles
from appliance.core.types import Issue, Signal

LOSSES = (Signal.NONE, Signal.BLUE, Signal.NOISE, Signal.FROZEN)
PATIENCE_S = {
    Signal.NONE: 3.0,
    Signal.FROZEN: 20.0,  # a title may stand for so long, and so may a pause
    Signal.BLUE: 20.0,  # the tape has ended, or nobody has pressed play yet: both are usual
    Signal.NOISE: 20.0,
    Signal.WRONG_STANDARD: 2.0,
    Signal.PUMPING: 0.0,
}


class PictureTroubles:
    """``look`` as often as you like; a trouble that was dismissed stays away until it comes anew."""

    def __init__(
        self, troubles: Troubles, goes_on: bool, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._troubles, self._goes_on, self._now_s = troubles, goes_on, now_s
        self._seen = (Signal.UNKNOWN, False)
        self._since_s = now_s()
        self._told = ""

    def look(self, signal: Signal, recording: bool) -> None:
        """A lost picture is a trouble only while it is recorded, the others always."""
        if (signal, recording) != self._seen:  # blue before record was pressed is no trouble of the recording
            self._seen, self._since_s = (signal, recording), self._now_s()
        issue = self._issue(signal, recording)
        code = issue.code if issue is not None else ""
        if code == self._told:
            return
        self._troubles.drop(self._told)
        if issue is not None:
            self._troubles.add(issue)
        self._told = code

    def _issue(self, signal: Signal, recording: bool) -> Issue | None:
        lasts = self._now_s() - self._since_s >= PATIENCE_S.get(signal, 0.0)
        if not lasts or (signal in LOSSES and not recording):
            return None
        if signal is Signal.WRONG_STANDARD:
            return wrong_standard()
        if signal is Signal.PUMPING:
            return tape_protected()
        return without_picture(signal, self._goes_on) if signal in LOSSES else None
