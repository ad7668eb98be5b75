"""What the driver says of the signal, asked seldom, and what follows from it."""

from __future__ import annotations

import time
from collections.abc import Callable

from appliance.capture.tuning import Tuned, candidates, signal_of
from appliance.core.types import Signal
from appliance.devices.found import Found
from appliance.devices.standards import NTSC, PAL, Standard
from appliance.devices.v4l2 import Input, VideoNode

EVERY_S = 0.5
SHARE = 0.02  # of the time at most is spent on asking: some decoders answer slowly
MISFIT_S = 3.0  # a VCR that starts up, or winds, shows another standard for a moment
HUNT_S = 5.0  # without a signal, at an input that never had one


class SignalWatch:
    """For one thread, but for ``signal``. UNKNOWN for ever where the device knows no television standards."""

    def __init__(
        self, found: Found, tuned: Tuned | None, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._now_s = now_s
        self._tuned = tuned
        self._free = found.standard == "auto"
        self._inputs = candidates(found.facts.inputs, found.input)
        self.signal = Signal.UNKNOWN  # at the last look
        self._ask_at_s = 0.0
        self._seen = tuned is not None and tuned.locked
        self._since_s = now_s()  # the signal is as it is

    def look(self, node: VideoNode) -> None:
        """Returns at once when it is too early to ask again. Raises OSError when the device is gone."""
        now_s = self._now_s()
        if self._tuned is None or now_s < self._ask_at_s:
            return
        signal = Signal.UNKNOWN
        try:
            signal = signal_of(node, self._tuned.standard)
        finally:  # a decoder that does not answer is asked as seldom: each question may hold up frames
            took_s = self._now_s() - now_s
            self._ask_at_s = now_s + max(EVERY_S, took_s / SHARE)
            self._note(signal, now_s)

    def _note(self, signal: Signal, now_s: float) -> None:
        if signal is not self.signal:
            self.signal, self._since_s = signal, now_s
        self._seen = self._seen or signal in (Signal.OK, Signal.WRONG_STANDARD)

    def other_standard(self) -> Standard | None:
        """The tape's, when it is surely not the one that is set and the choice is ours."""
        if self._tuned is None or not self._free or self.signal is not Signal.WRONG_STANDARD:
            return None
        if self._now_s() - self._since_s < MISFIT_S:
            return None
        return NTSC if self._tuned.standard is PAL else PAL

    def next_input(self) -> Input | None:
        """Where to look for the VCR's cable next; None while there is no need to."""
        if self._tuned is None or self._seen or self.signal is not Signal.NONE or len(self._inputs) < 2:
            return None
        if self._now_s() - self._since_s < HUNT_S:
            return None
        at = self._inputs.index(self._tuned.input) if self._tuned.input in self._inputs else -1
        return self._inputs[(at + 1) % len(self._inputs)]

    def tuned_to(self, tuned: Tuned) -> None:
        self._tuned, self.signal = tuned, Signal.UNKNOWN
        self._since_s, self._ask_at_s = self._now_s(), 0.0
        self._seen = tuned.locked
