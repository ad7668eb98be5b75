"""Which stick is worth a try."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.control.sticks import Sticks, fitter
from appliance.core.problems import Problem
from appliance.core.snapshot import StickStatus

SMALL = StickStatus("Stick", free_bytes=5_000_000, size_bytes=10**9)
LOCKED = replace(SMALL, read_only=True)


class Slot:
    def drives(self) -> tuple:
        return ()


@pytest.mark.parametrize(
    ("stick", "unfit", "worth"),
    [
        (SMALL, None, True),
        (SMALL, SMALL, False),
        (replace(SMALL, free_bytes=5_500_000), SMALL, False),
        (replace(SMALL, free_bytes=7_000_000), SMALL, True),
        (SMALL, LOCKED, True),
        (LOCKED, LOCKED, False),
        (LOCKED, SMALL, False),
        (replace(SMALL, name="Another"), SMALL, True),
    ],
)
def test_fitter(stick: StickStatus, unfit: StickStatus | None, worth: bool) -> None:
    assert fitter(stick, unfit) is worth


def test_a_refused_stick_is_worth_a_try_when_it_was_pulled_and_came_back() -> None:
    sticks = Sticks(Slot())
    assert not sticks.worth_a_try()
    assert sticks.seen(SMALL) is False
    assert sticks.worth_a_try()
    sticks.refused()
    assert not sticks.worth_a_try()
    assert sticks.seen(None) is True
    assert sticks.seen(None) is False
    sticks.seen(SMALL)
    assert sticks.worth_a_try()


def test_a_released_stick_is_not_worth_a_try() -> None:
    sticks = Sticks(Slot())
    sticks.seen(replace(SMALL, safe_to_remove=True))
    assert not sticks.worth_a_try()


def test_no_stick_cannot_be_released() -> None:
    with pytest.raises(Problem) as caught:
        Sticks(Slot()).release()
    assert caught.value.issue.code == "no-stick"
