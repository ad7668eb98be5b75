"""The recorder from the first look at its devices to the sealed take: buttons, cables, ends of tapes."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest

from appliance.core.problems import Problem
from appliance.core.snapshot import BoxState, CommandName
from appliance.core.types import DeviceInfo, Issue, Role, Severity, TakeState
from appliance.takes.store import load_take
from tests.unit.capture.conftest import blue
from tests.unit.control.conftest import CAMERA, VCR, Box, codes

S = BoxState


def test_it_waits_for_a_tape_device_and_is_ready_when_there_is_one(box: Box) -> None:
    box.start()
    assert "Plug in" in box.until_state(S.WAITING).sentence
    box.watcher.plug(VCR)
    assert box.until_state(S.READY).devices[0].info == VCR
    box.watcher.pull(VCR)
    assert box.until_state(S.WAITING).devices == ()


def test_what_is_told_of_plugged_in_devices_is_shown(box: Box) -> None:
    box.watcher.told.append(Issue("bus-narrow", Severity.NOTICE, "a", "b", "c"))
    box.start()
    box.until(lambda s: "bus-narrow" in codes(s), "the issue")


def test_a_take_of_tape_and_camera_is_sealed_and_handed_over(box: Box) -> None:
    box.ready(VCR, CAMERA)
    box.record(30)
    recording = box.until(lambda s: s.recording and s.recording.tape_frames == 30, "frames")
    assert recording.sentence == "Recording the tape and the camera."
    box.do(CommandName.STOP)
    assert box.until_state(S.WORKING).recording is None
    take = load_take(box.takes()[0])
    assert (take.state, take.ended_by, take.interrupted) == (TakeState.RECORDED, "button", False)
    assert {s.role: s.frames for s in take.segments} == {Role.TAPE: 30, Role.CAMERA: 30}
    assert box.job_state() == "queued"
    assert box.states == [S.WAITING, S.READY, S.RECORDING, S.WORKING]


def test_a_press_records_and_the_next_one_stops(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.control.button.PRESS_GUARD_S", 0.0)
    box.ready(VCR)
    box.do(CommandName.PRESS)
    assert box.now().state is S.RECORDING
    box.play(5)
    box.do(CommandName.PRESS)
    assert box.now().state is S.WORKING
    box.do(CommandName.PRESS)
    assert box.now().state is S.RECORDING, "the next tape may be recorded while the film is made"
    assert len(box.takes()) == 2


def test_a_second_press_at_once_is_the_same_press(box: Box) -> None:
    box.ready(VCR)
    box.do(CommandName.PRESS)
    refused = box.ask(CommandName.PRESS)
    assert refused is not None
    assert refused.code == "pressed-twice"
    assert box.now().state is S.RECORDING


def test_record_right_after_an_acknowledgement_shows_that_it_records(box: Box) -> None:
    """Between two looks round the box may still be waiting although its device is there."""
    box.ready(VCR)
    box.record(0)
    box.do(CommandName.STOP)
    box.do(CommandName.DISMISS, "nothing-recorded")
    box.do(CommandName.RECORD)
    assert box.now().state is S.RECORDING


def test_without_a_tape_device_the_refusal_has_a_name(box: Box) -> None:
    box.ready(CAMERA)
    refused = box.ask(CommandName.RECORD)
    assert refused is not None
    assert refused.code == "no-tape-device"


def test_nothing_recorded_is_said_and_forgotten_with_the_next_recording(box: Box) -> None:
    box.ready(VCR)
    box.record(0)
    box.do(CommandName.STOP)
    empty = box.until_state(S.ATTENTION)
    assert "nothing-recorded" in codes(empty)
    assert empty.sentence.startswith("Nothing was recorded.")
    assert (box.takes(), empty.takes) == ([], ())
    box.record(5)
    assert codes(box.now()) == set()
    box.do(CommandName.STOP)
    assert box.until_state(S.WORKING).issues == ()


def test_a_camera_that_hangs_while_it_is_opened_holds_up_no_tape(box: Box) -> None:
    hangs = box.watcher.hangs[CAMERA.id] = threading.Event()
    box.ready(VCR)
    box.watcher.plug(CAMERA)
    box.record(10)
    box.ticked()
    assert [status.info for status in box.now().devices] == [VCR]
    hangs.set()
    box.until(lambda s: len(s.devices) == 2, "the camera")
    box.play(10)
    box.do(CommandName.STOP)
    segments = load_take(box.takes()[0]).segments
    assert {(s.role, s.frames) for s in segments} == {(Role.TAPE, 20), (Role.CAMERA, 10)}


def test_a_tape_that_ends_ends_the_take(box: Box) -> None:
    box.ready(VCR)
    box.record(60)
    box.watcher.sources[VCR.id].show = lambda number: blue()
    box.play(40)
    assert box.until(lambda s: s.recording and s.recording.tape_end_in_s, "end is near").sentence.startswith(
        "The tape seems to have ended"
    )
    box.play(40)
    box.until_state(S.WORKING)
    take = load_take(box.takes()[0])
    assert take.ended_by == "end of tape"
    assert 2.0 <= take.blank_tail_s <= 80 / 25, "all that followed the end, however late it was noticed"
    assert take.blank_tail_s == pytest.approx(take.segments[0].duration_s - 60 / 25, abs=0.25)


def test_the_tapes_cable_out_and_in_again_makes_one_take_of_two_segments(box: Box) -> None:
    box.ready(VCR, CAMERA)
    box.record(10)
    box.watcher.pull(VCR)
    away = box.until_state(S.INTERRUPTED)
    assert "tape-lost" in codes(away)
    assert "Plug it in again" in away.sentence
    box.watcher.plug(VCR)
    back = box.until_state(S.RECORDING)
    assert "tape-lost" not in codes(back)
    box.until(lambda s: len(s.devices) == 2, "both again")
    box.play(10)
    box.do(CommandName.STOP)
    take = load_take(box.takes()[0])
    assert take.interrupted
    tape = [s for s in take.segments if s.role is Role.TAPE]
    assert [(s.index, s.frames, s.complete) for s in tape] == [(0, 10, False), (1, 10, True)]


def test_a_tape_that_stays_away_ends_the_take_after_the_window(box: Box) -> None:
    box.ready(VCR)
    box.record(10)
    box.watcher.pull(VCR)
    box.until_state(S.INTERRUPTED)
    box.clock.time_s += 59
    box.ticked()
    assert box.now().state is S.INTERRUPTED
    box.clock.time_s += 2
    ended = box.until_state(S.WORKING)
    assert "tape-lost" not in codes(ended)
    assert load_take(box.takes()[0]).ended_by == "device lost"


def test_stop_ends_an_interrupted_take(box: Box) -> None:
    box.ready(VCR)
    box.record(10)
    box.watcher.pull(VCR)
    box.until_state(S.INTERRUPTED)
    box.do(CommandName.PRESS)
    assert box.until_state(S.WORKING).recording is None
    assert box.job_state() == "queued"


def test_a_camera_that_is_lost_leaves_the_tape_recording_and_no_trouble_behind(box: Box) -> None:
    box.ready(VCR, CAMERA)
    box.record(10)
    box.watcher.pull(CAMERA)
    lost = box.until_issue("camera-lost")
    assert lost.state is S.RECORDING
    assert lost.sentence == "Recording the tape."
    box.play(10)
    box.do(CommandName.STOP)
    assert codes(box.until_state(S.WORKING)) == set()
    take = load_take(box.takes()[0])
    assert {s.role: s.frames for s in take.segments} == {Role.TAPE: 20, Role.CAMERA: 10}


def test_a_device_that_fails_and_is_still_there_is_opened_again(box: Box) -> None:
    """No watcher announces it: the cable was never pulled."""
    box.ready(VCR)
    box.record(10)
    box.watcher.sources[VCR.id].unplug()
    box.until(lambda s: s.state is S.RECORDING and S.INTERRUPTED in box.states, "goes on by itself")
    assert box.watcher.opened == [VCR.id, VCR.id]


def test_the_loss_of_an_old_session_does_not_end_the_one_that_took_its_place(box: Box) -> None:
    """A dongle that resets comes back before its reader has noticed that it was gone."""
    box.ready(VCR)
    old = box.recorder.rack.session(Role.TAPE)
    assert old is not None
    box.watcher.pull(VCR)
    box.watcher.plug(VCR)
    box.until(lambda s: box.watcher.opened == [VCR.id, VCR.id] and s.state is S.READY, "the new session")
    new = box.recorder.rack.session(Role.TAPE)
    box.recorder._lost(Role.TAPE, old, Problem("device-lost", "late", "", ""))
    box.ticked()
    assert box.recorder.rack.session(Role.TAPE) is new


def test_a_second_vcr_takes_over_when_the_first_is_pulled(box: Box) -> None:
    other = DeviceInfo("vcr2", "Other VCR", Role.TAPE)
    box.ready(VCR)
    box.watcher.plug(other)
    box.ticked()
    assert [d.info for d in box.now().devices] == [VCR]
    box.watcher.pull(VCR)
    box.until(lambda s: [d.info for d in s.devices] == [other], "the other one")


def test_a_device_that_cannot_be_opened_is_told_once_and_forgotten_when_it_can(box: Box) -> None:
    box.watcher.refuses[CAMERA.id] = Problem("usb-bandwidth", "Too much", "", "")
    box.watcher.plug(CAMERA, told=False)
    box.start()
    box.until_issue("usb-bandwidth")
    box.do(CommandName.DISMISS, "usb-bandwidth")
    box.ticked(10)
    assert codes(box.now()) == set(), "trying again does not nag"
    del box.watcher.refuses[CAMERA.id]
    box.until(lambda s: len(s.devices) == 1, "opened")


def test_its_trouble_goes_with_the_device(box: Box) -> None:
    box.watcher.refuses[CAMERA.id] = Problem("usb-bandwidth", "Too much", "", "")
    box.watcher.plug(CAMERA, told=False)
    box.start()
    box.until_issue("usb-bandwidth")
    box.watcher.sources[CAMERA.id] = box.watcher.sources.get(CAMERA.id) or type("None", (), {"unplug": int})()
    box.watcher.pull(CAMERA)
    box.until(lambda s: not s.issues, "no trouble")


def test_too_little_space_is_refused_before_it_starts(make_box: Callable[..., Box]) -> None:
    box = make_box(min_minutes=1e9)
    box.ready(VCR)
    refused = box.ask(CommandName.RECORD)
    assert refused is not None
    assert refused.code == "space-low"
    assert box.takes() == []
    assert box.now().state is S.READY


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, float):
        yield value


def test_every_number_that_is_told_is_a_number(box: Box) -> None:
    box.ready(VCR, CAMERA)
    box.record(30)
    box.watcher.pull(VCR)
    box.until_state(S.INTERRUPTED)
    box.do(CommandName.STOP)
    box.until_state(S.WORKING)
    told = [number for snapshot in box.seen for number in numbers(asdict(snapshot))]
    assert told
    assert all(math.isfinite(number) for number in told)


class PreparedForEver:
    """A simulated world whose rendering never ends by itself."""

    def __init__(self, box: Box) -> None:
        self.watcher = box.watcher
        self.preparing, self.left = threading.Event(), threading.Event()

    def prepare(self, progress: Callable[[float], None]) -> None:
        try:
            while True:
                progress(0.25)
                self.preparing.set()
        finally:
            self.left.set()

    def recording_started(self) -> None: ...
    def recording_stopped(self) -> None: ...


def test_a_stop_while_the_simulated_world_is_prepared_ends_at_once(box: Box) -> None:
    box.simulation = PreparedForEver(box)
    box.start()
    assert box.simulation.preparing.wait(20)
    box.until(lambda s: "Preparing the simulated tape and camera: 25%" in s.sentence, "preparing")
    refused = box.ask(CommandName.RECORD)
    assert refused is not None
    assert refused.code == "starting"
    box.stop()
    assert box.simulation.left.is_set()


def test_a_simulated_world_that_cannot_be_prepared_leaves_a_box_that_says_why(box: Box) -> None:
    box.simulation = PreparedForEver(box)
    box.simulation.prepare = broken_world
    box.start()
    box.until_issue("simulation-no-space")
    assert box.until_state(S.ATTENTION).sentence.startswith("No room")


def broken_world(progress: object) -> None:
    raise Problem("simulation-no-space", "No room", "", "Make room.")


def test_the_takes_files_are_as_the_take_says(box: Box) -> None:
    box.ready(VCR)
    box.record(5)
    box.do(CommandName.STOP)
    folder = box.takes()[0]
    facts = json.loads((folder / "take.json").read_text())
    assert [s["path"] for s in facts["segments"]] == ["tape-00.mkv"]
    assert (folder / "tape-00.mkv").stat().st_size > 0


def test_a_device_that_fails_is_not_told_to_have_been_unplugged(box: Box) -> None:
    box.ready(VCR)
    box.record(5)
    session = box.recorder.rack.session(Role.TAPE)
    assert session is not None
    why = Problem("bus-full", "The USB connection has no room", "Another device.", "Another port.")
    box.recorder._lost(Role.TAPE, session, why)
    told = next(issue for issue in box.until_issue("tape-lost").issues if issue.code == "tape-lost")
    assert (told.title, told.remedy) == (why.issue.title, why.issue.remedy)
    back = box.until_state(S.RECORDING)  # it is still plugged in, and opened again
    assert "tape-lost" not in codes(back)
