"""How the box goes from state to state: an enum (core.snapshot.BoxState), events, and one table. Pure."""

from __future__ import annotations

from enum import Enum

from appliance.core.snapshot import BoxState


class Event(str, Enum):
    STARTED = "everything is prepared"
    RESUMED = "a take was open when the recorder died"
    SOURCE_READY = "a tape device delivers"
    SOURCE_LOST = "the tape device is gone"
    RECORD = "record was pressed"
    STOP = "stop was pressed, the tape ended or the space is used up"
    NOTHING_RECORDED = "the take holds not one frame"
    WORK_BEGUN = "a job runs"
    WORK_DONE = "the last job is done and delivered"
    TROUBLE = "something needs a person"
    CLEARED = "no trouble is left"
    EJECT = "the stick was released"
    STICK_PULLED = "the stick was pulled"
    SWITCH_OFF = "somebody switches the box off"
    STILL_ON = "the box was to be switched off and was not"
    ACKNOWLEDGED = "somebody saw that it is done"


S, E = BoxState, Event
IDLE = (S.WAITING, S.READY, S.DONE, S.ATTENTION, S.EJECTED)

TABLE: dict[tuple[BoxState, Event], BoxState] = {
    (S.STARTING, E.STARTED): S.WAITING,
    (S.STARTING, E.RESUMED): S.INTERRUPTED,
    (S.WAITING, E.SOURCE_READY): S.READY,
    (S.READY, E.SOURCE_LOST): S.WAITING,
    (S.RECORDING, E.SOURCE_LOST): S.INTERRUPTED,
    (S.RECORDING, E.STOP): S.WORKING,
    (S.RECORDING, E.NOTHING_RECORDED): S.WAITING,
    (S.INTERRUPTED, E.SOURCE_READY): S.RECORDING,
    (S.INTERRUPTED, E.STOP): S.WORKING,
    (S.INTERRUPTED, E.NOTHING_RECORDED): S.WAITING,
    (S.WORKING, E.RECORD): S.RECORDING,
    (S.WORKING, E.WORK_DONE): S.DONE,
    (S.WORKING, E.TROUBLE): S.ATTENTION,
    (S.WAITING, E.TROUBLE): S.ATTENTION,
    (S.READY, E.TROUBLE): S.ATTENTION,
    (S.DONE, E.TROUBLE): S.ATTENTION,
    (S.ATTENTION, E.CLEARED): S.WAITING,
    (S.ATTENTION, E.WORK_DONE): S.DONE,
    (S.DONE, E.ACKNOWLEDGED): S.WAITING,
    (S.DONE, E.STICK_PULLED): S.WAITING,
    (S.EJECTED, E.STICK_PULLED): S.WAITING,
    (S.EJECTED, E.ACKNOWLEDGED): S.WAITING,
    (S.OFF, E.STILL_ON): S.WAITING,
}
TABLE.update({(state, E.RECORD): S.RECORDING for state in IDLE if state is not S.WAITING})
TABLE.update({(state, E.WORK_BEGUN): S.WORKING for state in IDLE})
TABLE.update({(state, E.EJECT): S.EJECTED for state in IDLE if state is not S.EJECTED})
TABLE.update({(state, E.SWITCH_OFF): S.OFF for state in (*IDLE, S.STARTING, S.WORKING)})


def next_state(state: BoxState, event: Event) -> BoxState:
    """Where ``event`` leads from ``state``; an event that means nothing there leaves it as it is."""
    return TABLE.get((state, event), state)


def allowed(state: BoxState, event: Event) -> bool:
    """Whether ``event`` means something in ``state``; the page greys a button out by it."""
    return (state, event) in TABLE


def standing(
    needed: bool, stick: bool, tape: bool, working: bool
) -> tuple[tuple[BoxState | None, Event], ...]:
    """What follows from how things stand, whatever happened before: in this order, each from its state."""
    said: list[tuple[BoxState | None, Event]] = []
    said.append((None, E.TROUBLE) if needed else (S.ATTENTION, E.CLEARED))
    if not stick:
        said.append((S.EJECTED, E.STICK_PULLED))
    if tape:
        said.append((S.WAITING, E.SOURCE_READY))
    if working and not needed:
        said += [(S.WAITING, E.WORK_BEGUN), (S.READY, E.WORK_BEGUN)]
    return tuple(said)
