"""Switching the box off, and what is shown of a tape without a picture."""

from __future__ import annotations

import pytest

from appliance.control import picture, power
from appliance.core.snapshot import BoxState, CommandName
from appliance.core.types import Signal, TakeState
from appliance.takes.store import load_take
from tests.unit.control.conftest import VCR, Box, codes

S = BoxState


def test_a_long_press_closes_the_take_and_asks_the_system_to_switch_off(box: Box) -> None:
    box.ready(VCR)
    box.record(10)
    box.do(CommandName.POWER_OFF)
    box.until(lambda s: s.state is S.OFF and box.paths.power_off.exists(), "off")
    take = load_take(box.takes()[0])
    assert (take.state, take.ended_by, take.segments[0].frames) == (TakeState.RECORDED, "switched off", 10)
    assert box.job_state() == "queued"
    issue = box.ask(CommandName.PRESS)
    assert issue is not None
    assert issue.code == "switching-off"


def test_without_a_take_and_without_a_stick_it_switches_off_as_well(box: Box) -> None:
    box.ready(VCR)
    box.do(CommandName.POWER_OFF)
    box.until(lambda s: s.state is S.OFF and box.paths.power_off.exists(), "off")
    assert box.takes() == []


def test_a_machine_that_stays_on_goes_on(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "PATIENCE_S", 0.3)
    box.ready(VCR)
    box.do(CommandName.POWER_OFF)
    box.until(lambda s: "power-off-failed" in codes(s) and s.state is S.ATTENTION, "told")
    assert not box.paths.power_off.exists()
    box.record(5)
    recording = box.until(lambda s: s.state is S.RECORDING, "recording again")
    assert "power-off-failed" not in codes(recording), (
        "nobody could put it away: it would call for a hand for ever"
    )


def test_an_old_request_switches_nothing_off(box: Box) -> None:
    box.paths.make()
    box.paths.power_off.touch()
    box.ready(VCR)
    assert not box.paths.power_off.exists()


def test_a_signal_that_is_lost_is_told_while_recording_and_taken_back(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(picture.PATIENCE_S, Signal.NONE, 0.0)
    box.ready(VCR)
    box.record(30)
    source = box.watcher.sources["vcr"]
    source.driver = Signal.NONE
    box.play(5)
    lost = box.until(lambda s: "tape-no-picture" in codes(s), "told")
    assert lost.state is S.RECORDING, "the recording goes on"
    assert "stops in" in lost.sentence or "no signal" in lost.sentence
    source.driver = Signal.OK
    box.play(30)
    box.until(lambda s: "tape-no-picture" not in codes(s), "taken back")
    box.until(lambda s: s.sentence == "Recording the tape.", "all is well")
