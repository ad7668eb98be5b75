"""Lights and button on pins in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, Queue

import pytest

from appliance.core.config import PanelConfig
from appliance.core.snapshot import BoxState
from appliance.core.types import Signal
from appliance.panel.board import load_board
from appliance.panel.factory import make_panel
from appliance.panel.gpiochip import PretendedChip
from appliance.panel.panel import Holds, Panel
from appliance.panel.patterns import lit, pattern

BOARD = load_board("orin-nano")
LIGHTS, BUTTON = (144, 85, 106), 105
NEVER = Holds(60.0, 120.0)


class HandClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A panel with a finger, a clock set by hand, and a list of what the button did."""

    def __init__(self, holds: Holds) -> None:
        self.clock, self.heard = HandClock(), Queue[str]()
        self.chip = PretendedChip((*LIGHTS, BUTTON))
        self.finger = self.chip.pin(BUTTON)
        self.finger.drive_high()
        self.pins = [self.chip.pin(line) for line in LIGHTS]
        self.panel = Panel(self.chip, BOARD, holds, self.clock)
        self.panel.on_press = lambda: self.heard.put("press")
        self.panel.on_hold = lambda: self.heard.put("hold")
        self.panel.on_power_off = lambda: self.heard.put("power off")

    def press(self, seconds: float) -> None:
        self.finger.drive_low()
        self.clock.now += seconds
        self.finger.drive_high()

    def silent(self) -> bool:
        with pytest.raises(Empty):
            self.heard.get_nowait()
        return True


@pytest.fixture
def bench() -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(holds: Holds = NEVER) -> Bench:
        made.append(Bench(holds))
        return made[-1]

    yield make
    for one in made:
        one.panel.close()


@pytest.mark.parametrize("state", BoxState)
def test_the_pins_follow_the_pattern(bench: Callable[..., Bench], state: BoxState) -> None:
    one = bench()
    one.clock.now = 7.3
    one.panel.show(state)
    began = 0.0 if state is BoxState.STARTING else 7.3  # a new panel already shows "starting"
    for step in range(40):
        one.clock.now = 7.3 + step * 0.11
        one.panel.draw()
        assert tuple(bool(pin.state) for pin in one.pins) == lit(pattern(state), one.clock.now - began)
        assert one.panel.lights() == lit(pattern(state), one.clock.now - began)


def test_the_lights_blink_by_themselves() -> None:
    """On the real clock: a changed pin is seen without anybody calling draw."""
    chip = PretendedChip((*LIGHTS, BUTTON))
    chip.pin(BUTTON).drive_high()
    panel = Panel(chip, BOARD, NEVER)
    seen: Queue[bool] = Queue()
    pin = chip.pin(LIGHTS[0])
    write = pin._set_state
    pin._set_state = lambda value: (write(value), seen.put(bool(value)))
    panel.show(BoxState.ATTENTION)
    values = [seen.get(timeout=5) for _ in range(5)]
    panel.close()
    assert {True, False} <= set(values)


def test_a_line_that_refuses_for_a_moment_does_not_leave_the_lights_as_they_are(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chip = PretendedChip((*LIGHTS, BUTTON))
    chip.pin(BUTTON).drive_high()
    panel = Panel(chip, BOARD, NEVER)
    refused, seen, pin = Queue[bool](), Queue[bool](), chip.pin(LIGHTS[0])
    write = pin._set_state

    def set_state(value: bool) -> None:
        if refused.qsize() < 2:
            refused.put(bool(value))
            raise OSError("the line is gone")
        write(value)
        seen.put(bool(value))

    pin._set_state = set_state
    with suppress(OSError):  # whoever comes first, this thread or the panel's own
        panel.show(BoxState.ATTENTION)
    assert seen.get(timeout=5) in (True, False)
    assert caplog.text.count("the lights cannot be set") == 1
    panel.close()


def test_showing_the_same_state_again_keeps_the_rhythm(bench: Callable[..., Bench]) -> None:
    one = bench()
    one.panel.show(BoxState.RECORDING)
    one.clock.now = 1.5
    one.panel.show(BoxState.RECORDING)
    one.panel.draw()
    assert one.panel.lights() == (False, False, False)


def test_a_short_press_is_heard_once_when_it_ends(bench: Callable[..., Bench]) -> None:
    one = bench()
    one.finger.drive_low()
    assert one.silent()
    one.clock.now += 0.3
    one.finger.drive_high()
    assert one.heard.get(timeout=5) == "press"
    assert one.silent()


def test_a_long_press_is_heard_while_held_and_is_no_short_one(bench: Callable[..., Bench]) -> None:
    one = bench(Holds(0.05, 60.0))
    one.finger.drive_low()
    assert one.heard.get(timeout=5) == "hold"
    one.clock.now += 3.0
    one.finger.drive_high()
    assert one.silent()
    one.press(0.0)  # the contacts chatter as the finger leaves
    assert one.silent()


def test_a_very_long_press_switches_off_once_after_the_stick_was_released(
    bench: Callable[..., Bench],
) -> None:
    one = bench(Holds(0.05, 8.0))
    one.finger.drive_low()
    assert one.heard.get(timeout=5) == "hold"
    one.clock.now += 7.9
    assert one.silent()
    one.clock.now += 0.1
    assert one.heard.get(timeout=5) == "power off"
    one.clock.now += 20.0
    with pytest.raises(Empty):
        one.heard.get(timeout=0.15)
    one.finger.drive_high()
    assert one.silent()


def test_a_box_may_have_a_button_that_never_switches_off(bench: Callable[..., Bench]) -> None:
    one = bench(Holds(0.05, 0.0))
    one.finger.drive_low()
    assert one.heard.get(timeout=5) == "hold"
    one.clock.now += 60.0
    with pytest.raises(Empty):
        one.heard.get(timeout=0.15)


def test_a_press_that_ends_in_time_does_not_switch_off(bench: Callable[..., Bench]) -> None:
    one = bench(Holds(0.05, 8.0))
    one.finger.drive_low()
    assert one.heard.get(timeout=5) == "hold"
    one.finger.drive_high()
    one.clock.now += 20.0
    with pytest.raises(Empty):
        one.heard.get(timeout=0.15)


def test_the_tapes_picture_shows_while_it_is_recorded(bench: Callable[..., Bench]) -> None:
    one = bench()
    one.panel.show(BoxState.RECORDING)
    assert one.panel.lights() == (False, True, False)
    one.panel.show(BoxState.RECORDING, Signal.NONE)
    assert one.panel.lights() == (True, True, False)
    one.panel.show(BoxState.RECORDING)
    assert one.panel.lights() == (False, True, False)


def test_lights_that_are_lit_by_a_low_level() -> None:
    low = BOARD.model_copy(update={"lights": BOARD.lights.model_copy(update={"active": "low"})})
    chip = PretendedChip((*LIGHTS, BUTTON))
    chip.pin(BUTTON).drive_high()
    panel = Panel(chip, low, NEVER)
    panel.show(BoxState.READY)
    pins = [chip.pin(line) for line in LIGHTS]
    assert [pin.state for pin in pins] == [0, 1, 1]
    panel.close()
    assert [pin.state for pin in pins] == [1, 1, 1]


def test_chattering_contacts_make_one_press(bench: Callable[..., Bench]) -> None:
    one = bench()
    for _ in range(4):
        one.press(0.003)
        one.clock.now += 0.002
    one.press(0.2)
    for _ in range(3):
        one.clock.now += 0.002
        one.press(0.001)
    assert one.heard.get(timeout=5) == "press"
    assert one.silent()


def test_a_button_held_since_before_the_start_does_nothing() -> None:
    chip, heard = PretendedChip((*LIGHTS, BUTTON)), Queue[str]()
    panel = Panel(chip, BOARD, NEVER)
    panel.on_press = lambda: heard.put("press")
    chip.pin(BUTTON).drive_high()
    panel.close()
    assert heard.empty()


def test_a_failing_listener_does_not_silence_the_button(
    bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture
) -> None:
    one = bench()
    one.panel.on_press = lambda: 1 / 0  # type: ignore[assignment]
    one.press(0.2)
    assert "listener failed" in caplog.text
    one.panel.on_press = lambda: one.heard.put("press")
    one.press(0.2)
    assert one.heard.get(timeout=5) == "press"


def test_closing_leaves_the_lights_dark_and_the_button_deaf(bench: Callable[..., Bench]) -> None:
    one = bench()
    one.panel.show(BoxState.DONE)
    assert [pin.state for pin in one.pins] == [1, 1, 1]
    one.panel.close()
    one.panel.close()
    one.panel.show(BoxState.DONE)
    assert [pin.state for pin in one.pins] == [0, 0, 0]
    one.press(0.2)
    assert one.silent()


@pytest.mark.parametrize("board", ["orin-nano", "raspberry-pi", "bench"])
def test_the_configuration_chooses_the_panel(board: str) -> None:
    assert make_panel(PanelConfig(backend="none")) is None
    panel = make_panel(PanelConfig(backend="mock", board=board))
    assert panel is not None
    panel.show(BoxState.READY)
    assert panel.lights() == (True, False, False)
    panel.close()
