"""Three lights and a button on gpiozero; the pin factory says whether they are real."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Any

from gpiozero import LED, Button

from appliance.core.snapshot import BoxState
from appliance.core.types import Signal
from appliance.panel.board import Board
from appliance.panel.patterns import lit, next_change_s, pattern

log = logging.getLogger(__name__)
AGAIN_S = 0.5
BOUNCE_S = 0.02  # contacts chatter for less, no finger is faster


def nothing() -> None:
    """What a button does before somebody listens."""


@dataclass(frozen=True)
class Holds:
    """How long a press must last to be a long one, and a very long one."""

    hold_s: float = 2.0
    power_off_s: float = 8.0  # 0: the button never switches off


class Panel:
    """Shows a state and reports presses; callbacks come from the button's thread.

    ``on_press`` comes when a short press ends; ``on_hold`` when a press has lasted ``hold_s``, and that
    press is then no short one any more; ``on_power_off`` when it goes on and on. The panel owns the pin
    factory and closes it.
    """

    def __init__(
        self, factory: Any, board: Board, holds: Holds, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.on_press: Callable[[], None] = nothing
        self.on_hold: Callable[[], None] = nothing
        self.on_power_off: Callable[[], None] = nothing
        self._factory, self._now_s, self._power_off_s = factory, now_s, holds.power_off_s
        self._lock, self._changed, self._closing = Lock(), Event(), False
        self._pattern, self._since_s = pattern(BoxState.STARTING), now_s()
        self._down_since_s: float | None = None
        self._held_since_s: float | None = None  # of a press that was a long one already
        high = board.lights.active == "high"
        self._lights = [LED(line, active_high=high, pin_factory=factory) for line in board.light_places]
        self._button = push_button(factory, board, holds.hold_s)
        self._button.when_pressed = self._pressed
        self._button.when_held = self._held
        self._button.when_released = self._released
        self._thread = Thread(target=self._blink, name="lights", daemon=True)
        self._thread.start()

    def show(self, state: BoxState, signal: Signal = Signal.OK) -> None:
        """From now on the lights say this; the rhythm begins anew only when it changes."""
        with self._lock:
            if self._closing or pattern(state, signal) == self._pattern:
                return
            self._pattern, self._since_s = pattern(state, signal), self._now_s()
        self._changed.set()
        self.draw()

    def draw(self) -> None:
        """Set the lights to what they are at this moment; the panel's own thread does it in time."""
        with self._lock:
            if self._closing:
                return
            wanted = lit(self._pattern, self._now_s() - self._since_s)
            for light, on in zip(self._lights, wanted, strict=True):
                light.value = on

    def lights(self) -> tuple[bool, bool, bool]:
        first, second, third = (bool(light.value) for light in self._lights)
        return first, second, third

    def close(self) -> None:
        """Lights dark, lines released; safe to call twice."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
        self._changed.set()
        self._thread.join()
        self._button.close()
        for light in self._lights:
            light.off()  # a line keeps its level after the process; "recording" must not stay lit
            light.close()
        self._factory.close()

    def _blink(self) -> None:
        fine = True
        while not self._closing:
            self._changed.clear()
            fine = self._drawn(told=not fine)
            with self._lock:
                wait_s = next_change_s(self._pattern, self._now_s() - self._since_s)
            if not self._closing:
                self._changed.wait(wait_s if fine else AGAIN_S)

    def _drawn(self, told: bool) -> bool:
        """A line that refuses for a moment must not leave the lights as they are for ever."""
        try:
            self.draw()
        except Exception:
            if not told:
                log.exception("the lights cannot be set; tried again")
            return False
        return True

    def _pressed(self) -> None:
        with self._lock:
            self._down_since_s, self._held_since_s = self._now_s(), None

    def _held(self) -> None:
        """Comes every ``hold_s`` while the button is down."""
        since_s = self._take_press()
        if since_s is not None:
            with self._lock:
                self._held_since_s = since_s
            call(self.on_hold)
        elif self._very_long():
            call(self.on_power_off)

    def _very_long(self) -> bool:
        """Once in a press."""
        with self._lock:
            since_s = self._held_since_s if self._power_off_s else None
            if since_s is None or self._now_s() - since_s < self._power_off_s - BOUNCE_S:
                return False
            self._held_since_s = None
            return True

    def _released(self) -> None:
        down_since_s = self._take_press()
        if down_since_s is not None and self._now_s() - down_since_s >= BOUNCE_S:
            call(self.on_press)

    def _take_press(self) -> float | None:
        """When the press began; whoever asks first, hold or release, gets it."""
        with self._lock:
            since_s, self._down_since_s = self._down_since_s, None
            return since_s


def push_button(factory: Any, board: Board, hold_s: float) -> Button:
    """A resistor pulls an "external" one: some chips have no pull that software can switch."""
    place, push = board.button_place, board.button
    timing: dict[str, Any] = {"hold_time": hold_s, "hold_repeat": True, "pin_factory": factory}
    if push.pull == "external":
        return Button(place, pull_up=None, active_state=push.active == "high", **timing)
    return Button(place, pull_up=push.pull == "up", **timing)


def call(callback: Callable[[], None]) -> None:
    """A listener's failure is logged; it must not end the thread that hears the button."""
    try:
        callback()
    except Exception:
        log.exception("the button's listener failed")
