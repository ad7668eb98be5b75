"""Which stick is worth a try."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.control.sticks import Sticks, fitter
from appliance.core.problems import Problem
from appliance.core.snapshot import StickStatus
from appliance.core.types import Issue, Severity
from appliance.deliver.troubles import stick_absent

SMALL = StickStatus("Stick", free_bytes=5_000_000, size_bytes=10**9)
LOCKED = replace(SMALL, read_only=True)


class Slot:
    """What is plugged in: each a drive, or the trouble of one that is gone when it is looked at."""

    def __init__(self, *plugged: object, issues: tuple[Issue, ...] = ()) -> None:
        self.plugged, self.said = plugged, issues

    def drives(self) -> tuple:
        return self.plugged

    def issues(self) -> tuple[Issue, ...]:
        return self.said


class Key:
    is_card = False

    def __init__(self, facts: StickStatus | None) -> None:
        self.facts = facts

    def status(self) -> StickStatus:
        if self.facts is None:
            raise stick_absent("It was pulled.")
        return self.facts


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


def test_a_good_stick_beside_one_that_was_refused_is_worth_a_try() -> None:
    """A broken one with more room is looked at first, and cheap ones often have no name of their own."""
    broken, good = replace(SMALL, free_bytes=10**9, size_bytes=2 * 10**9), SMALL
    slot = Slot(Key(broken))
    sticks = Sticks(slot)
    sticks.seen(sticks.look())
    sticks.refused()
    slot.plugged = (Key(broken), Key(good))
    assert sticks.seen(sticks.look()) is False
    assert sticks.worth_a_try()
    sticks.refused()
    assert not sticks.worth_a_try()
    slot.plugged = (Key(good),)
    sticks.seen(sticks.look())
    assert not sticks.worth_a_try(), "it was refused beside the other one"
    slot.plugged = (Key(broken), Key(good))
    sticks.seen(sticks.look())
    assert sticks.worth_a_try(), "it was pulled and came back"


def test_a_released_stick_is_not_worth_a_try() -> None:
    sticks = Sticks(Slot())
    sticks.seen(replace(SMALL, safe_to_remove=True))
    assert not sticks.worth_a_try()


def test_no_stick_cannot_be_released() -> None:
    with pytest.raises(Problem) as caught:
        Sticks(Slot()).release()
    assert caught.value.issue.code == "no-stick"


def test_of_several_sticks_the_one_with_most_room_is_shown() -> None:
    large = replace(SMALL, name="Large", free_bytes=10**8)
    keys = [Key(None), Key(replace(LOCKED, free_bytes=10**9)), Key(SMALL), Key(large)]
    assert Sticks(Slot(*keys)).look() == large
    assert Sticks(Slot(keys[0], keys[1])).look() == keys[1].facts
    assert Sticks(Slot(keys[0])).look() is None


def test_what_is_wrong_with_a_stick_is_kept_for_the_page() -> None:
    wrong = Issue("stick-unformatted", Severity.WARNING, "a", "b", "c")
    sticks = Sticks(Slot(issues=(wrong,)))
    assert sticks.look() is None
    assert sticks.issues == (wrong,)


class Held(Key):
    """A stick that somebody reads from."""

    def release(self) -> None:
        raise stick_absent("It is in use.")


class Free(Key):
    def release(self) -> None:
        self.facts = replace(SMALL, safe_to_remove=True)


def test_one_stick_that_is_in_use_keeps_no_other_from_being_let_go() -> None:
    free = Free(SMALL)
    with pytest.raises(Problem):
        Sticks(Slot(Held(SMALL), free)).release()
    assert free.status().safe_to_remove
