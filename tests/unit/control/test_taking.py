"""The take in progress: segments in order, on the take's clock, and take.json true at every moment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.control.taking import Taking
from appliance.core.types import Role, Segment, Take, TakeState
from appliance.takes.store import load_take
from tests.unit.control.conftest import ManualClock


class Session:
    """A DeviceSession as far as a taking uses one: what it recorded is said beforehand."""

    blank_tail_s = 0.0
    began_s: float | None = None

    def __init__(self, role: Role, frames: int = 50) -> None:
        self.role, self.frames = role, frames
        self.begun: list[int] = []
        self.trouble: Exception | None = None

    def begin_segment(self, folder: Path, index: int) -> None:
        self.begun.append(index)

    def end_segment(self, complete: bool) -> Segment | None:
        if self.trouble is not None:
            raise self.trouble
        name = f"{self.role.value}-{self.begun[-1]:02d}.mkv"
        return Segment(self.role, self.begun[-1], name, 0.0, self.frames / 25, self.frames, 0, complete)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def taking(tmp_path: Path, clock: ManualClock) -> Taking:
    return Taking(Take("t", "2026-11-21T10:00:00+00:00", TakeState.RECORDING), tmp_path, clock)


@pytest.mark.parametrize(("stamp_s", "expected_s"), [(1003.04, 3.04), (2.0, 3.0), (None, 3.0)])
def test_a_stamp_on_the_boxs_clock_places_a_segment_exactly(
    taking: Taking, clock: ManualClock, stamp_s: float | None, expected_s: float
) -> None:
    clock.time_s += 3
    camera = Session(Role.CAMERA)
    taking.begin(Role.CAMERA, camera)
    camera.began_s = stamp_s
    taking.end(Role.CAMERA, complete=True)
    assert taking.take.segments[0].start_s == pytest.approx(expected_s)


def test_segments_lie_on_the_takes_clock(taking: Taking, clock: ManualClock, tmp_path: Path) -> None:
    tape, camera = Session(Role.TAPE), Session(Role.CAMERA)
    taking.begin(Role.TAPE, tape)
    clock.time_s += 3
    taking.begin(Role.CAMERA, camera)
    clock.time_s += 7
    taking.end(Role.TAPE, complete=False)
    clock.time_s += 5
    taking.begin(Role.TAPE, tape)
    taking.finish("button")
    assert load_take(tmp_path) == taking.take
    facts = {(s.role, s.index): (s.start_s, s.complete) for s in taking.take.segments}
    assert facts == {
        (Role.TAPE, 0): (0.0, False),
        (Role.CAMERA, 0): (3.0, True),
        (Role.TAPE, 1): (15.0, True),
    }
    assert (taking.take.interrupted, taking.take.state) == (True, TakeState.RECORDED)
    assert (taking.tape_frames, taking.tape_seconds, taking.has_camera) == (100, 4.0, True)


def test_every_closed_segment_is_on_the_disk_at_once(taking: Taking, tmp_path: Path) -> None:
    taking.begin(Role.TAPE, Session(Role.TAPE))
    taking.end(Role.TAPE, complete=False)
    assert [s.frames for s in load_take(tmp_path).segments] == [50]
    assert not taking.running(Role.TAPE)


def test_a_segment_without_a_frame_is_none_and_its_number_is_used_again(taking: Taking) -> None:
    empty, full = Session(Role.TAPE, frames=0), Session(Role.TAPE)
    taking.begin(Role.TAPE, empty)
    taking.end(Role.TAPE, complete=True)
    taking.begin(Role.TAPE, full)
    taking.finish("button")
    assert (empty.begun, full.begun) == ([0], [0])
    assert [s.index for s in taking.take.segments] == [0]


def test_a_take_that_goes_on_after_a_crash_continues_its_clock(clock: ManualClock, tmp_path: Path) -> None:
    done = Segment(Role.TAPE, 0, "tape-00.mkv", 2.0, 8.0, 200, 0, False)
    taking = Taking(replace(Take("t", "2026", TakeState.RECORDING), segments=(done,)), tmp_path, clock)
    assert taking.elapsed_s == 10.0
    session = Session(Role.TAPE)
    taking.begin(Role.TAPE, session)
    assert session.begun == [1]


def test_one_device_that_cannot_be_closed_keeps_no_other_from_it(taking: Taking, tmp_path: Path) -> None:
    tape, camera = Session(Role.TAPE), Session(Role.CAMERA)
    tape.trouble = RuntimeError("broken")
    taking.begin(Role.TAPE, tape)
    taking.begin(Role.CAMERA, camera)
    taking.finish("button")
    assert [s.role for s in load_take(tmp_path).segments] == [Role.CAMERA]


def test_what_the_disk_refuses_is_remembered_as_unsaved(taking: Taking, tmp_path: Path) -> None:
    taking.begin(Role.TAPE, Session(Role.TAPE))
    (tmp_path / ".take.json.new").mkdir()
    assert taking.finish("space").ended_by == "space"
    assert not taking.saved
    assert taking.tape_frames == 50
