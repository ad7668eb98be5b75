"""When a picture that is missing or wrong becomes a trouble, and that it goes again."""

from __future__ import annotations

import pytest

from appliance.control.picture import PictureTroubles
from appliance.control.troubles import Troubles
from appliance.core.types import Severity, Signal


class Look:
    def __init__(self, goes_on: bool = False) -> None:
        self.now_s = 100.0
        self.troubles = Troubles()
        self._picture = PictureTroubles(self.troubles, goes_on, lambda: self.now_s)

    def at(self, signal: Signal, seconds: float, recording: bool = True) -> list[str]:
        """The troubles after so long of it."""
        self._picture.look(signal, recording)
        self.now_s += seconds
        self._picture.look(signal, recording)
        return [issue.code for issue in self.troubles.all()]


@pytest.mark.parametrize(
    ("signal", "patience_s"),
    [(Signal.NONE, 3.0), (Signal.BLUE, 20.0), (Signal.NOISE, 20.0), (Signal.FROZEN, 20.0)],
)
def test_a_missing_picture_is_a_trouble_of_a_recording_when_it_lasts(
    signal: Signal, patience_s: float
) -> None:
    look = Look()
    assert look.at(signal, patience_s + 100, recording=False) == []
    assert look.at(signal, patience_s - 0.1) == [], "it counts from the beginning of the recording"
    assert look.at(signal, 0.2) == ["tape-no-picture"]
    assert look.at(Signal.OK, 0) == [], "back to normal at once"


def test_it_says_what_is_seen_and_what_will_happen() -> None:
    stops, goes_on = Look(), Look(goes_on=True)
    for look in (stops, goes_on):
        look.at(Signal.BLUE, 30)
    told, told_on = stops.troubles.all()[0], goes_on.troubles.all()[0]
    assert "blue screen" in told.cause
    assert "stops by itself" in told.remedy
    assert "stops by itself" not in told_on.remedy


def test_it_goes_with_the_recording() -> None:
    look = Look()
    assert look.at(Signal.NONE, 5) == ["tape-no-picture"]
    assert look.at(Signal.NONE, 0, recording=False) == []


def test_another_standard_wants_a_hand_at_any_time() -> None:
    look = Look()
    assert look.at(Signal.WRONG_STANDARD, 2.5, recording=False) == ["wrong-standard"]
    assert look.troubles.need_a_person()
    assert look.at(Signal.OK, 0) == []


def test_a_copy_protection_is_a_notice_and_dismissed_it_stays_away() -> None:
    look = Look()
    assert look.at(Signal.PUMPING, 1) == ["tape-protected"]
    assert look.troubles.all()[0].severity is Severity.NOTICE
    look.troubles.dismiss("tape-protected")
    assert look.at(Signal.PUMPING, 60) == []
    look.at(Signal.OK, 5)
    assert look.at(Signal.PUMPING, 1) == ["tape-protected"], "it came anew"


def test_troubles_of_others_are_left_alone() -> None:
    look = Look()
    from appliance.control.refusals import nothing_recorded

    look.troubles.add(nothing_recorded())
    look.at(Signal.NONE, 5)
    assert look.at(Signal.OK, 5) == ["nothing-recorded"]
