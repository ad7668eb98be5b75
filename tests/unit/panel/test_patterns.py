"""The lights' language: every state has its own, in words and in time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from appliance.core.snapshot import BoxState
from appliance.core.types import Signal
from appliance.panel.patterns import PATTERNS, describe, lit, next_change_s, pattern
from appliance.panel.terminal import panel_line

SAMPLES_S = [step * 0.0625 for step in range(64)]  # two whole periods of every rhythm


def film(state: BoxState) -> list[tuple[bool, bool, bool]]:
    return [lit(pattern(state), t_s) for t_s in SAMPLES_S]


def test_every_state_has_a_pattern_that_no_other_has() -> None:
    films = [tuple(film(state)) for state in BoxState]
    assert len(set(films)) == len(BoxState) == len(PATTERNS)
    assert len({describe(state) for state in BoxState}) == len(BoxState)


def test_a_box_with_power_is_never_dark_for_long() -> None:
    for state in BoxState:
        assert any(any(lights) for lights in film(state)), state


def test_what_the_caretaker_learns_by_heart() -> None:
    assert set(film(BoxState.READY)) == {(True, False, False)}
    assert set(film(BoxState.DONE)) == {(True, True, True)}
    assert set(film(BoxState.RECORDING)) == {(False, True, False), (False, False, False)}
    assert set(film(BoxState.WORKING)) == {(False, False, True), (False, False, False)}
    assert set(film(BoxState.ATTENTION)) == {(True, True, True), (False, False, False)}


def test_while_recording_the_first_light_tells_of_the_tapes_picture() -> None:
    told = {signal: describe(BoxState.RECORDING, signal) for signal in Signal}
    recording = "second light blinking slowly"
    assert told[Signal.OK] == told[Signal.UNKNOWN] == recording
    for lost in (Signal.NONE, Signal.BLUE, Signal.NOISE, Signal.FROZEN):
        assert told[lost] == f"first light a short flash every two seconds, {recording}"
    assert told[Signal.WRONG_STANDARD] == f"first light blinking fast, {recording}", "a hand is wanted"
    assert told[Signal.PUMPING] == f"first light blinking twice, then a pause, {recording}"


@pytest.mark.parametrize("signal", Signal)
def test_elsewhere_the_lights_are_the_boxes_state(signal: Signal) -> None:
    for state in set(BoxState) - {BoxState.RECORDING}:
        assert pattern(state, signal) == pattern(state)


def test_no_picture_makes_a_recording_look_like_another_state() -> None:
    shown = [pattern(BoxState.RECORDING, signal) for signal in Signal]
    assert not set(shown) & {pattern(state) for state in set(BoxState) - {BoxState.RECORDING}}


def test_recording_is_a_second_lit_and_a_second_dark() -> None:
    lights = pattern(BoxState.RECORDING)
    assert [lit(lights, t_s)[1] for t_s in (0.0, 0.99, 1.0, 1.99, 2.0, 101.5)] == [1, 1, 0, 0, 1, 0]


def test_working_blinks_twice_and_pauses() -> None:
    lights = pattern(BoxState.WORKING)
    assert [lit(lights, t_s)[2] for t_s in (0.1, 0.3, 0.6, 0.8, 1.9, 2.1)] == [1, 0, 1, 0, 0, 1]


@pytest.mark.parametrize("state", BoxState)
def test_no_light_flashes_more_than_three_times_a_second(state: BoxState) -> None:
    shown = film(state)
    for light in range(3):
        rises = sum(not a[light] and b[light] for a, b in pairwise(shown))
        assert rises / (SAMPLES_S[-1] - SAMPLES_S[0]) <= 3


@pytest.mark.parametrize("state", BoxState)
def test_the_next_change_is_where_the_lights_change_and_not_before(state: BoxState) -> None:
    lights, t_s = pattern(state), 0.0
    for _ in range(20):
        wait_s = next_change_s(lights, t_s)
        if wait_s is None:
            assert len(set(film(state))) == 1
            return
        assert lit(lights, t_s + wait_s * 0.99) == lit(lights, t_s)
        assert lit(lights, t_s + wait_s + 1e-9) != lit(lights, t_s)
        t_s += wait_s + 1e-9


def test_words() -> None:
    assert describe(BoxState.READY) == "first light steady"
    assert describe(BoxState.ATTENTION) == "all three lights blinking fast"


def test_the_terminal_shows_the_same_lights() -> None:
    assert panel_line(BoxState.READY, "", 5.0) == "[●] [ ] [ ]  ready - first light steady"
    assert panel_line(BoxState.RECORDING, "Recording the tape.", 0.5).startswith(
        "[ ] [●] [ ]  recording - Rec"
    )
    assert panel_line(BoxState.RECORDING, "", 1.5).startswith("[ ] [ ] [ ]")
    assert panel_line(BoxState.RECORDING, "", 0.1, Signal.BLUE).startswith("[●] [●] [ ]")
