"""One button: record or stop, and a double press is one press."""

import pytest

from appliance.control.button import PRESS_GUARD_S, Button
from appliance.core.problems import Problem
from appliance.core.snapshot import BoxState, CommandName


@pytest.mark.parametrize("state", BoxState)
def test_a_press_stops_what_records_and_begins_where_nothing_does(state: BoxState) -> None:
    busy = state in (BoxState.RECORDING, BoxState.INTERRUPTED)
    assert Button().meaning(CommandName.PRESS, state) is (CommandName.STOP if busy else CommandName.RECORD)


def test_presses_that_follow_at_once_are_refused_until_the_hand_rests() -> None:
    now_s = [50.0]
    button = Button(lambda: now_s[0])
    assert button.meaning(CommandName.PRESS, BoxState.READY) is CommandName.RECORD
    for _ in range(3):
        now_s[0] += 0.6 * PRESS_GUARD_S
        with pytest.raises(Problem) as caught:
            button.meaning(CommandName.PRESS, BoxState.RECORDING)
        assert caught.value.issue.code == "pressed-twice"
    now_s[0] += 1.1 * PRESS_GUARD_S
    assert button.meaning(CommandName.PRESS, BoxState.RECORDING) is CommandName.STOP


def test_commands_that_say_what_they_mean_are_never_held_back() -> None:
    button = Button(lambda: 50.0)
    for name in (CommandName.RECORD, CommandName.STOP, CommandName.RECORD, CommandName.EJECT):
        assert button.meaning(name, BoxState.READY) is name
