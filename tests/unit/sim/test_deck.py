from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.sim.deck import Deck

from .conftest import ManualClock


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run/deck.json"


@pytest.fixture
def deck(clock: ManualClock, file: Path) -> Deck:
    return Deck(clock, file, tape_s=20.0)


def test_the_world_begins_at_zero(deck: Deck, clock: ManualClock) -> None:
    clock.time_s += 2.0
    assert deck.now_s() == pytest.approx(2.0)


def test_a_late_question_gets_what_was_true_then(deck: Deck, clock: ManualClock) -> None:
    clock.time_s += 1.0
    deck.play()
    clock.time_s += 1.0
    deck.change(ended="blue")
    assert deck.at(0.5).played_at_s is None
    assert deck.at(1.5).played_at_s == pytest.approx(1.0)
    assert deck.at(1.5).ended == ""
    assert deck.at(2.5).ended == "blue"


def test_play_does_nothing_while_the_tape_plays_but_begins_anew_after_the_end(
    deck: Deck, clock: ManualClock
) -> None:
    deck.play()
    clock.time_s += 3.0
    deck.play()
    assert deck.last.played_at_s == pytest.approx(0.0)
    deck.change(ended="noise")
    deck.play()
    assert deck.last.played_at_s == pytest.approx(3.0)
    assert deck.last.ended == ""


def test_a_tape_plays_on_while_the_recorder_is_dead(deck: Deck, clock: ManualClock, file: Path) -> None:
    clock.time_s += 5.0
    deck.play()
    deck.record(deck.now_s())
    saved = json.loads(file.read_text())
    file.write_text(json.dumps({**saved, "real_s": saved["real_s"] - 2.0}))
    again = Deck(ManualClock(7.0), file, tape_s=20.0)
    assert again.now_s() == pytest.approx(7.0, abs=0.5)
    assert again.at(again.now_s()).played_at_s == pytest.approx(5.0)
    assert again.take_up() == pytest.approx(5.0)
    assert again.take_up() is None


@pytest.mark.parametrize("later_s", [-10.0, 1000.0])
def test_after_a_reboot_or_a_long_time_the_world_begins_anew(deck: Deck, file: Path, later_s: float) -> None:
    deck.play()
    deck.record(0.0)
    saved = json.loads(file.read_text())
    file.write_text(json.dumps({**saved, "real_s": saved["real_s"] - later_s}))
    again = Deck(ManualClock(), file, tape_s=20.0)
    assert again.take_up() is None
    assert again.last.played_at_s is None


def test_a_recording_that_was_stopped_is_not_taken_up(deck: Deck, file: Path) -> None:
    deck.play()
    deck.record(0.0)
    deck.record(None)
    assert Deck(ManualClock(), file, tape_s=20.0).take_up() is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"real_s": "x"}'])
def test_a_damaged_note_is_ignored(clock: ManualClock, tmp_path: Path, text: str) -> None:
    file = tmp_path / "deck.json"
    file.write_text(text)
    assert Deck(clock, file, tape_s=20.0).take_up() is None
