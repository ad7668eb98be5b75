"""The desk: what it gathers, how often it asks the disk, and what it does when the disk does not answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import pytest

from appliance.control.rack import Rack
from appliance.control.spool import Spool
from appliance.control.status import Desk
from appliance.control.taking import Taking
from appliance.core.config import Config
from appliance.core.paths import Paths
from appliance.core.snapshot import BoxState, Snapshot
from appliance.core.types import Issue, Role, Segment, Severity
from tests.unit.control.conftest import ManualClock, Watcher

DONE = Segment(Role.TAPE, 0, "tape-00.mkv", 0.0, 4.0, 100, 3, False)


@pytest.fixture
def spool(paths: Paths) -> Iterator[Spool]:
    made = Spool(paths, Config())
    yield made
    made.close()


@pytest.fixture
def desk(spool: Spool) -> Desk:
    rack = Rack(Watcher(), Config().capture, lambda *a: None, lambda *a: None)
    return Desk(Config(), spool, rack, simulated=True)


def look(desk: Desk, state: BoxState = BoxState.READY, taking: Taking | None = None) -> Snapshot:
    return desk.snapshot(state, taking, None, None, ())


def test_the_disk_is_asked_when_the_state_changes_and_not_at_every_look(
    desk: Desk, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.control.status.TAKES_LOOK_S", 1000.0)
    assert look(desk).takes == ()
    spool.new_take()
    assert look(desk).takes == ()
    assert len(look(desk, BoxState.RECORDING).takes) == 1


def test_a_disk_that_does_not_answer_leaves_what_was_known(
    desk: Desk, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*arguments: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    spool.new_take()
    before = look(desk)
    monkeypatch.setattr(spool, "summaries", busy)
    after = look(desk, BoxState.WAITING)
    assert (after.state, after.takes, after.minutes_left) == (
        BoxState.WAITING,
        before.takes,
        before.minutes_left,
    )


def test_frames_and_bytes_of_closed_segments_count(desk: Desk, spool: Spool) -> None:
    take = spool.new_take()
    (spool.folder(take.id) / DONE.path).write_bytes(bytes(5000))
    gone = replace(DONE, index=1, path="tape-01.mkv")
    taking = Taking(replace(take, segments=(DONE, gone)), spool.folder(take.id), ManualClock())
    recording = look(desk, BoxState.INTERRUPTED, taking).recording
    assert recording is not None
    assert (recording.tape_frames, recording.tape_lost, recording.bytes_written) == (200, 6, 5000)
    assert (recording.camera_frames, recording.tape_end_in_s) == (0, None)


def test_the_worst_trouble_is_the_sentence(desk: Desk) -> None:
    trouble = Issue("stick-full", Severity.ERROR, "The stick is full", "Films are large.", "Make room.")
    said = desk.snapshot(BoxState.ATTENTION, None, None, None, (trouble,))
    assert said.sentence == "The stick is full. Make room."
    assert said.issues == (trouble,)
