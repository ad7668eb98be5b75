from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from appliance.capture import session as session_module
from appliance.capture.segment import SegmentRecorder
from appliance.capture.session import DeviceSession
from appliance.core.config import CaptureConfig
from appliance.core.media import read_pictures, read_sound_channels
from appliance.core.problems import DeviceLost, Problem
from appliance.core.types import AudioBlock, Role, Signal, VideoFrame


class Desk:
    """A session on a pattern source, and what it called back."""

    def __init__(self, kit: SimpleNamespace, config: CaptureConfig, role: Role = Role.TAPE) -> None:
        self.source = kit.Source(kit.CAMERA if role is Role.CAMERA else kit.TAPE, role)
        self.previews: list[bytes] = []
        self.lost: list[Problem] = []
        self.previewed, self.was_lost = threading.Event(), threading.Event()
        self.session = DeviceSession(self.source, config, on_preview=self.preview, on_lost=self.lose)

    def preview(self, jpeg: bytes) -> None:
        self.previews.append(jpeg)
        self.previewed.set()

    def lose(self, problem: Problem) -> None:
        self.lost.append(problem)
        self.was_lost.set()

    def play(self, frames: int) -> None:
        self.source.allow(frames)
        assert self.source.drained()

    @staticmethod
    def wait(condition: object, timeout_s: float = 10) -> None:
        give_up_s = time.monotonic() + timeout_s
        pause = threading.Event()
        while not condition():  # type: ignore[operator]
            assert time.monotonic() < give_up_s, "it never happened"
            pause.wait(0.002)


@pytest.fixture
def desk(kit: SimpleNamespace, config: CaptureConfig) -> Iterator[Desk]:
    made = Desk(kit, config)
    made.session.start()
    yield made
    made.session.stop()


def test_picture_sound_and_signal_are_there_before_recording(desk: Desk) -> None:
    desk.play(10)
    status = desk.session.status()
    assert (status.signal, status.frames, status.lost_frames) == (Signal.OK, 10, 0)
    assert status.levels.peak_dbfs[0] == pytest.approx(-12.2, abs=0.3)
    assert status.format_text == "192 × 144, 25 frames/s, interlaced, 48 kHz"
    assert desk.previewed.wait(10)
    assert desk.previews[0].startswith(b"\xff\xd8")
    assert desk.session.recorder is None
    assert desk.session.end_segment(True) is None


def test_what_the_device_told_is_kept_with_the_segment(desk: Desk, folder: Path) -> None:
    desk.session.begin_segment(folder, 0)
    desk.play(3)
    assert desk.session.end_segment(complete=True) is not None
    kept = json.loads((folder / "tape-00.json").read_text(encoding="utf-8"))
    assert (kept["device"], kept["frames"]) == ("Pattern VCR", "3")


def test_a_segment_begins_with_the_next_frame(desk: Desk, folder: Path) -> None:
    desk.play(5)
    desk.session.begin_segment(folder, 3)
    desk.play(20)
    assert desk.session.recorder is not None
    desk.wait(lambda: desk.session.recorder.frames == 20)
    segment = desk.session.end_segment(complete=True)
    assert segment is not None
    assert (segment.path, segment.frames, segment.complete) == ("tape-03.mkv", 20, True)
    assert desk.session.recorder is None
    desk.play(5)
    pictures = list(read_pictures(folder / segment.path))
    assert len(pictures) == 20
    assert np.array_equal(pictures[0].y, desk.source.show(5)[0])


def test_sound_that_came_before_its_picture_is_in_the_segment(desk: Desk, folder: Path) -> None:
    desk.source.sound_lead = 3
    desk.play(5)
    desk.session.begin_segment(folder, 0)
    desk.play(20)
    desk.session.end_segment(complete=True)
    sound = np.concatenate(list(read_sound_channels(folder / "tape-00.mkv", 48000)))
    assert np.abs(sound[:960, 0]).max() > 0.1


def test_a_lost_device_closes_its_segment(desk: Desk, folder: Path) -> None:
    desk.session.begin_segment(folder, 0)
    desk.play(12)
    desk.source.unplug()
    assert desk.was_lost.wait(10)
    assert [problem.issue.code for problem in desk.lost] == ["device-lost"]
    segment = desk.session.end_segment(complete=True)
    assert segment is not None
    assert (segment.frames, segment.complete) == (12, False)
    assert len(list(read_pictures(folder / segment.path))) == 12
    assert desk.session.end_segment(complete=True) is None


def test_stopping_in_mid_take_keeps_the_file(desk: Desk, folder: Path) -> None:
    desk.session.begin_segment(folder, 0)
    desk.play(10)
    desk.session.stop()
    segment = desk.session.end_segment(complete=True)
    assert segment is not None
    assert (segment.frames, segment.complete) == (10, False)
    assert not desk.lost


def test_the_end_of_the_tape(desk: Desk, kit: SimpleNamespace, folder: Path) -> None:
    desk.source.show = lambda number: kit.picture(number) if 100 <= number < 150 else kit.blue()
    desk.session.begin_segment(folder, 0)
    desk.play(100)  # blue for as long as the limit, before anybody pressed play
    assert not desk.session.ended
    assert desk.session.tape_end_in_s is None
    desk.play(50)
    desk.play(50)  # two seconds of blue
    assert desk.session.status().signal is Signal.BLUE
    assert desk.session.tape_end_in_s == pytest.approx(2.0, abs=0.41)
    assert not desk.session.ended
    desk.play(60)
    assert desk.session.ended
    segment = desk.session.end_segment(complete=True)
    assert segment is not None
    assert segment.frames == 260
    assert desk.session.blank_tail_s == pytest.approx(110 / 25, abs=0.21)


def test_blue_without_recording_is_only_a_state(desk: Desk, kit: SimpleNamespace) -> None:
    desk.source.show = lambda number: kit.picture(number) if number < 50 else kit.blue()
    desk.play(160)
    assert desk.session.status().signal is Signal.BLUE
    assert not desk.session.ended


def test_what_the_driver_knows_counts(desk: Desk, folder: Path) -> None:
    desk.session.begin_segment(folder, 0)
    desk.play(50)
    desk.source.driver = Signal.NONE
    desk.play(110)
    assert desk.session.status().signal is Signal.NONE
    assert desk.session.ended


def test_a_camera_never_ends_a_take(kit: SimpleNamespace, config: CaptureConfig, folder: Path) -> None:
    desk = Desk(kit, config, Role.CAMERA)
    desk.session.start()
    desk.session.begin_segment(folder, 0)
    desk.play(40)
    assert desk.session.tape_end_in_s is None
    segment = desk.session.end_segment(complete=True)
    desk.session.stop()
    assert segment is not None
    assert (segment.path, segment.frames) == ("camera-00.mkv", 40)


def test_a_device_that_falls_silent_is_started_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.play(5)
    monkeypatch.setattr(session_module, "SILENT_S", 0.05)
    monkeypatch.setattr(session_module, "READ_S", 0.02)
    desk.wait(lambda: desk.source.starts >= 2)
    assert desk.session.status().signal is Signal.NONE
    monkeypatch.setattr(session_module, "SILENT_S", 60.0)
    desk.play(20)
    assert desk.session.status().signal is Signal.OK
    assert not desk.lost


def test_silence_without_a_signal_is_a_state(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that sends nothing while it has no lock is healthy; restarting it would help nobody."""
    desk.source.driver = Signal.NONE
    monkeypatch.setattr(session_module, "SILENT_S", 0.05)
    monkeypatch.setattr(session_module, "READ_S", 0.02)
    desk.wait(lambda: desk.session.status().signal is Signal.NONE)
    assert desk.source.starts == 1
    assert not desk.lost


def test_a_reader_that_breaks_is_a_lost_device(desk: Desk) -> None:
    desk.source.show = lambda number: ()  # no picture can be made of this
    desk.source.signal = lambda: 1 / 0
    desk.source.allow(1)
    assert desk.was_lost.wait(10)
    assert isinstance(desk.lost[0], DeviceLost)


def test_the_heart_beats_while_the_loop_goes_round(desk: Desk) -> None:
    before = desk.session.heartbeat()
    desk.wait(lambda: desk.session.heartbeat() > before)
    assert time.monotonic() - desk.session.heartbeat() < 5


class BeginsBetween(deque[AudioBlock]):
    """Somebody presses record at the very moment at which a block of sound is put by."""

    def __init__(self, press: Callable[[], object]) -> None:
        super().__init__(maxlen=10)
        self.press: Callable[[], object] | None = press

    def append(self, block: AudioBlock) -> None:
        super().append(block)
        if self.press is not None:
            presser, self.press = threading.Thread(target=self.press), None
            presser.start()
            presser.join(timeout=0.3)  # it waits for the reader, or does the harm that this test looks for


def test_a_block_is_recorded_once_though_recording_begins_as_it_comes(desk: Desk, folder: Path) -> None:
    written: list[float] = []
    begun = threading.Event()

    def press() -> None:
        desk.session.begin_segment(folder, 0)
        begun.set()

    desk.session._recent = BeginsBetween(press)
    real = SegmentRecorder.write

    def write(recorder: SegmentRecorder, piece: VideoFrame | AudioBlock) -> None:
        written.extend([piece.timestamp_s] if isinstance(piece, AudioBlock) else [])
        real(recorder, piece)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SegmentRecorder, "write", write)
        desk.play(20)
        assert begun.wait(10)
        desk.play(5)
    assert len(written) > 5
    assert written == sorted(set(written))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "SILENT_S", 0.05)
    monkeypatch.setattr(session_module, "READ_S", 0.02)


def keep_sound_only(desk: Desk) -> None:
    """As a dongle does whose pictures have stopped."""
    started = time.monotonic()

    def read(timeout_s: float) -> AudioBlock:
        desk.session._stopping.wait(0.005)
        return AudioBlock(time.monotonic() - started, np.zeros((240, 2), np.int16))

    desk.source.read = read


@pytest.mark.usefixtures("hasty")
def test_sound_alone_is_no_sign_that_pictures_come(desk: Desk, folder: Path) -> None:
    desk.play(50)
    desk.session.begin_segment(folder, 1)
    keep_sound_only(desk)
    desk.wait(lambda: desk.source.starts >= 2)
    assert desk.session.status().signal is Signal.NONE
    desk.wait(lambda: (desk.session.tape_end_in_s or 4.0) < 3.9)


@pytest.mark.usefixtures("hasty")
def test_a_device_that_never_gives_a_picture_is_started_less_and_less_often(desk: Desk) -> None:
    begun_s = time.monotonic()
    desk.wait(lambda: desk.source.starts >= 4)  # after 0.05, 0.1 and 0.2 s, and not after 0.15
    assert time.monotonic() - begun_s > 0.19
    assert not desk.lost


@pytest.mark.usefixtures("hasty")
def test_a_tape_that_comes_back_without_a_picture_has_not_ended_yet(desk: Desk, folder: Path) -> None:
    desk.session.begin_segment(folder, 1)  # it was playing in the segment before
    desk.wait(lambda: desk.session.status().signal is Signal.NONE)
    desk.wait(lambda: desk.session.tape_end_in_s is not None)
    assert desk.session.tape_end_in_s == pytest.approx(4.0, abs=0.5)
    assert not desk.session.ended
