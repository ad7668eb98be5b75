"""The transition table: every pair of state and event, and what must hold on any walk through it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.control.states import TABLE, Event, allowed, next_state
from appliance.core.snapshot import BoxState

S, E = BoxState, Event

# One row per state: the events that lead somewhere, and where. All other pairs stay.
EXPECTED = {
    S.STARTING: {E.STARTED: S.WAITING, E.RESUMED: S.INTERRUPTED},
    S.WAITING: {
        E.SOURCE_READY: S.READY,
        E.WORK_BEGUN: S.WORKING,
        E.TROUBLE: S.ATTENTION,
        E.EJECT: S.EJECTED,
    },
    S.READY: {
        E.SOURCE_LOST: S.WAITING,
        E.RECORD: S.RECORDING,
        E.WORK_BEGUN: S.WORKING,
        E.TROUBLE: S.ATTENTION,
        E.EJECT: S.EJECTED,
    },
    S.RECORDING: {E.SOURCE_LOST: S.INTERRUPTED, E.STOP: S.WORKING, E.NOTHING_RECORDED: S.WAITING},
    S.INTERRUPTED: {
        E.SOURCE_READY: S.RECORDING,
        E.STOP: S.WORKING,
        E.NOTHING_RECORDED: S.WAITING,
    },
    S.WORKING: {E.RECORD: S.RECORDING, E.WORK_DONE: S.DONE, E.TROUBLE: S.ATTENTION},
    S.DONE: {
        E.RECORD: S.RECORDING,
        E.WORK_BEGUN: S.WORKING,
        E.TROUBLE: S.ATTENTION,
        E.EJECT: S.EJECTED,
        E.STICK_PULLED: S.WAITING,
        E.ACKNOWLEDGED: S.WAITING,
    },
    S.ATTENTION: {
        E.CLEARED: S.WAITING,
        E.RECORD: S.RECORDING,
        E.WORK_BEGUN: S.WORKING,
        E.WORK_DONE: S.DONE,
        E.EJECT: S.EJECTED,
    },
    S.EJECTED: {
        E.RECORD: S.RECORDING,
        E.WORK_BEGUN: S.WORKING,
        E.STICK_PULLED: S.WAITING,
        E.ACKNOWLEDGED: S.WAITING,
    },
    S.OFF: {E.STILL_ON: S.WAITING},
}
for idle in set(BoxState) - {S.RECORDING, S.INTERRUPTED, S.OFF}:
    EXPECTED[idle][E.SWITCH_OFF] = S.OFF


@pytest.mark.parametrize("state", BoxState)
@pytest.mark.parametrize("event", Event)
def test_every_pair(state: BoxState, event: Event) -> None:
    expected = EXPECTED[state].get(event, state)
    assert next_state(state, event) is expected
    assert allowed(state, event) is (event in EXPECTED[state])


def test_the_table_holds_no_pair_that_changes_nothing() -> None:
    assert all(state is not target for (state, _), target in TABLE.items())


def test_every_state_is_reached_and_left() -> None:
    assert set(TABLE.values()) | {S.STARTING} == set(BoxState)
    assert {state for state, _ in TABLE} == set(BoxState)


EVENTS = st.lists(st.sampled_from(list(Event)), max_size=40)


@given(EVENTS)
def test_a_recording_ends_only_by_a_reason_to_end(events: list[Event]) -> None:
    state = S.STARTING
    reasons = {E.STOP, E.NOTHING_RECORDED}
    for event in events:
        after = next_state(state, event)
        if state in (S.RECORDING, S.INTERRUPTED) and after not in (S.RECORDING, S.INTERRUPTED):
            assert event in reasons
        state = after


@given(EVENTS)
def test_a_box_that_switches_off_does_nothing_else(events: list[Event]) -> None:
    state = S.OFF
    for event in events:
        state = next_state(state, event) if event is not E.STILL_ON else state
    assert state is S.OFF


@given(EVENTS)
def test_from_anywhere_a_person_gets_back_to_recording(events: list[Event]) -> None:
    state = S.STARTING
    for event in events:
        state = next_state(state, event)
    for event in (E.STILL_ON, E.STARTED, E.SOURCE_READY, E.RECORD):
        state = next_state(state, event)
    assert state is S.RECORDING
