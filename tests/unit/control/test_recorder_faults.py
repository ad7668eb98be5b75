"""Disks that are full, parts that fail, processes that die: the recording goes on or is found again."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.control.spool import Spool
from appliance.core.journal import Journal
from appliance.core.snapshot import BoxState, CommandName
from appliance.core.types import Role, TakeState
from appliance.takes.store import load_take, save_take
from tests.unit.control.conftest import CAMERA, VCR, Box, codes

S = BoxState
NO_SPACE = OSError(errno.ENOSPC, "No space left on device")


def fails(error: Exception) -> Callable[..., None]:
    def function(*arguments: object) -> None:
        raise error

    return function


def test_switched_off_in_mid_take_it_closes_the_take_and_hands_it_over(box: Box) -> None:
    box.ready(VCR)
    box.record(10)
    box.stop()
    take = load_take(box.takes()[0])
    assert (take.state, take.ended_by) == (TakeState.RECORDED, "switched off")
    assert [s.frames for s in take.segments] == [10]
    assert box.job_state() == "queued"
    assert not box.paths.socket.exists()


def test_switched_off_while_a_stop_is_carried_out_the_take_is_handed_over(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing, may_close = threading.Event(), threading.Event()
    box.ready(VCR)
    box.record(10)
    taking = box.recorder._taking
    assert taking is not None
    finish = taking.finish

    def slowly(*arguments: object) -> object:
        closing.set()
        may_close.wait(20)
        return finish(*arguments)

    monkeypatch.setattr(taking, "finish", slowly)
    asking = threading.Thread(target=box.ask, args=(CommandName.STOP,))
    asking.start()
    assert closing.wait(20)
    box.loop.call_soon_threadsafe(box.recorder.stop)
    may_close.set()
    box.gone()
    asking.join(20)
    assert box.job_state() == "queued"
    assert load_take(box.takes()[0]).ended_by == "button"


def crash(box: Box, make_box: Callable[..., Box]) -> Box:
    """The disk as the dead recorder left it, and a new recorder on it."""
    left = box.paths.root.with_name("left")
    shutil.copytree(box.paths.root, left, ignore=shutil.ignore_patterns("recorder.sock"))
    box.stop()
    shutil.rmtree(box.paths.root)
    left.rename(box.paths.root)
    return make_box()


def recording_on_disk(box: Box) -> Path:
    """A take in progress of which so much is on the disk that it can be found again."""
    box.ready(VCR)
    box.record(5)
    folder = box.takes()[0]
    box.watcher.pull(VCR)
    box.until_state(S.INTERRUPTED)
    return folder


def test_a_recorder_that_died_a_moment_ago_goes_on_with_its_take(
    box: Box, make_box: Callable[..., Box]
) -> None:
    folder = recording_on_disk(box)
    again = crash(box, make_box)
    again.start()
    resumed = again.until_state(S.INTERRUPTED)
    assert resumed.recording is not None
    assert resumed.recording.take_id == folder.name
    assert resumed.recording.tape_frames == 5
    assert codes(resumed) == set(), "nobody has to record the rest as a new take"
    again.watcher.plug(VCR)
    again.until_state(S.RECORDING)
    again.play(7)
    again.do(CommandName.STOP)
    take = load_take(folder)
    assert [(s.index, s.frames) for s in take.segments] == [(0, 5), (1, 7)]
    assert take.interrupted
    assert again.job_state() == "queued"


def test_a_take_that_was_cut_off_long_ago_is_closed_and_its_film_is_made(
    box: Box, make_box: Callable[..., Box]
) -> None:
    folder = recording_on_disk(box)
    again = crash(box, make_box)
    hours_ago = time.time() - 10_000
    for file in folder.iterdir():
        os.utime(file, (hours_ago, hours_ago))
    again.start()
    told = again.until_issue("take-recovered")
    assert told.state in (S.WAITING, S.STARTING)
    assert load_take(folder).state is TakeState.RECORDED
    assert again.job_state() == "queued"
    again.ready(VCR)
    again.record(3)
    assert codes(again.now()) == set(), "with the next recording that is told"


def test_resumed_without_its_device_the_take_ends_after_the_window(
    box: Box, make_box: Callable[..., Box]
) -> None:
    folder = recording_on_disk(box)
    again = crash(box, make_box)
    again.start()
    again.until_state(S.INTERRUPTED)
    again.clock.time_s += 61
    again.until_state(S.WORKING)
    assert load_take(folder).ended_by == "device lost"


def test_a_take_that_ended_just_before_the_crash_gets_its_job(box: Box, make_box: Callable[..., Box]) -> None:
    """Sealed on the disk, not yet entered into the journal: neither torn nor known as recorded."""
    folder = recording_on_disk(box)
    again = crash(box, make_box)
    take = load_take(folder)
    save_take(type(take)(**(vars(take) | {"state": TakeState.RECORDED, "ended_by": "button"})), folder)
    again.start()
    again.until(lambda s: s.takes and s.takes[0].state is TakeState.RECORDED, "listed")
    assert again.job_state() == "queued"
    assert load_take(folder).ended_by == "button"


def test_a_take_without_a_picture_is_not_listed_for_ever(box: Box, make_box: Callable[..., Box]) -> None:
    box.ready(VCR)
    box.do(CommandName.RECORD)
    again = crash(box, make_box)
    again.start()
    again.until(lambda s: "take-empty" in codes(s) and s.takes == (), "told, and not listed")


def test_a_recovery_that_fails_does_not_keep_the_box_from_recording(
    box: Box, make_box: Callable[..., Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    recording_on_disk(box)
    again = crash(box, make_box)
    monkeypatch.setattr("appliance.takes.recover.save_take", fails(NO_SPACE))
    again.watcher.plug(VCR, told=False)
    again.start()
    assert again.until_issue("take-unrecovered").recording is None
    again.until_state(S.ATTENTION)
    again.record(5)
    again.do(CommandName.STOP)
    assert again.job_state() == "queued"


def test_a_disk_that_is_nearly_full_ends_the_take_while_it_can_be_closed(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.ready(VCR)
    box.record(10)
    monkeypatch.setattr("appliance.control.spool.free_bytes", lambda folder: 1_000_000)
    full = box.until_state(S.ATTENTION)
    assert "spool-full" in codes(full)
    take = load_take(box.takes()[0])
    assert (take.ended_by, [s.frames for s in take.segments]) == ("space", [10])
    assert box.job_state() == "queued"
    monkeypatch.setattr("appliance.control.spool.free_bytes", lambda folder: 10**12)
    box.record(5)
    assert codes(box.now()) == set()


def test_a_camera_whose_film_does_not_reach_the_disk_is_told_and_the_tape_goes_on(box: Box) -> None:
    box.ready(VCR, CAMERA)
    box.record(10)
    session = box.recorder.rack.session(Role.CAMERA)
    assert session is not None
    assert session.recorder is not None
    session.recorder._fail(OSError(errno.EIO, "I/O error"))
    assert box.until_issue("spool-failed").state is S.RECORDING
    box.play(5)
    box.do(CommandName.STOP)
    take = load_take(box.takes()[0])
    assert next(s.frames for s in take.segments if s.role is Role.TAPE) == 15


def test_a_take_json_that_cannot_be_saved_ends_nothing_and_is_saved_later(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.ready(VCR)
    box.record(10)
    with monkeypatch.context() as broken:
        broken.setattr("appliance.control.outbox.AGAIN_S", 0.05)
        broken.setattr("appliance.control.taking.save_take", fails(NO_SPACE))
        broken.setattr("appliance.control.spool.save_take", fails(NO_SPACE))
        box.watcher.pull(VCR)
        box.until_state(S.INTERRUPTED)
        box.do(CommandName.STOP)
        assert "take-unlisted" in codes(box.until_state(S.ATTENTION))
        assert box.job_state() == ""
    box.until(lambda s: "take-unlisted" not in codes(s), "tried again")
    take = load_take(box.takes()[0])
    assert (take.state, [s.frames for s in take.segments]) == (TakeState.RECORDED, [10])
    assert box.job_state() == "queued"


def test_a_journal_that_is_busy_stops_no_recording(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = sqlite3.OperationalError("database is locked")
    monkeypatch.setattr("appliance.control.outbox.AGAIN_S", 0.05)
    box.ready(VCR)
    with monkeypatch.context() as broken:
        for method in ("put_take", "queue_job", "takes", "jobs"):
            broken.setattr(Journal, method, fails(busy))
        box.record(10)
        box.ticked()
        box.do(CommandName.STOP)
        assert "take-unlisted" in codes(box.until_state(S.ATTENTION))
    box.until(lambda s: not s.issues, "tried again")
    assert box.job_state() == "queued"
    assert load_take(box.takes()[0]).state is TakeState.RECORDED


def test_whatever_fails_in_a_look_round_the_take_goes_on(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.ready(VCR)
    box.record(10)
    with monkeypatch.context() as broken:
        broken.setattr(Spool, "nearly_full", fails(RuntimeError("nobody thought of it")))
        broken.setattr(box.watcher, "devices", fails(RuntimeError("nor of this")))
        box.ticked(5)
        box.play(10)
    assert box.until(lambda s: s.recording and s.recording.tape_frames == 20, "frames").state is S.RECORDING


def test_a_command_that_fails_is_answered_with_a_trouble(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.ready(VCR)
    with monkeypatch.context() as broken:
        broken.setattr("appliance.control.spool.create_take", fails(OSError(errno.EROFS, "Read-only")))
        refused = box.ask(CommandName.RECORD)
        broken.setattr("appliance.control.spool.create_take", fails(RuntimeError("unforeseen")))
        unforeseen = box.ask(CommandName.RECORD)
    assert [i and i.code for i in (refused, unforeseen)] == ["spool-failed", "command-failed"]
    box.record(5)
    assert box.now().state is S.RECORDING


def test_lights_that_fail_are_no_reason_to_stop(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.ready(VCR)
    monkeypatch.setattr(box.recorder, "_on_state", fails(RuntimeError("no lights")))
    box.record(5)
    box.do(CommandName.STOP)
    box.until_state(S.WORKING)


def test_the_watchdog_does_not_hear_of_a_box_that_hangs(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.ready(VCR)
    monkeypatch.setattr("appliance.control.recorder.STUCK_S", -1.0)
    box.now()
    while box.ticks.acquire(blocking=False):
        pass
    assert not box.ticks.acquire(timeout=0.3)


def test_the_watchdog_hears_of_the_box_while_a_segment_takes_long_to_close(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_close = threading.Event()
    box.ready(VCR)
    box.record(10)
    taking = box.recorder._taking
    assert taking is not None
    finish = taking.finish
    monkeypatch.setattr(taking, "finish", lambda *arguments: may_close.wait(20) and finish(*arguments))
    asking = threading.Thread(target=box.ask, args=(CommandName.STOP,))
    asking.start()
    box.ticked(5)
    assert box.now().state is S.RECORDING
    may_close.set()
    asking.join(20)
    box.until_state(S.WORKING)
