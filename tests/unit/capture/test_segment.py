from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from appliance.capture import segment as segment_module
from appliance.capture.frame_log import read_frame_log, summarise
from appliance.capture.matroska import MatroskaFile
from appliance.capture.segment import SegmentRecorder
from appliance.capture.tape_writer import TapeWriter
from appliance.core.config import CaptureConfig
from appliance.core.media import probe, read_pictures, read_sound_channels
from appliance.core.types import Role, VideoFrame

Recording = Callable[..., SegmentRecorder]


@pytest.fixture
def recording(kit: SimpleNamespace, folder: Path, config: CaptureConfig) -> Recording:
    def begin(role: Role = Role.TAPE, **changes: object) -> SegmentRecorder:
        style = kit.CAMERA if role is Role.CAMERA else kit.TAPE
        settings = config.model_copy(update=changes)
        return SegmentRecorder(style, folder, role, 0, settings, "Pattern VCR")

    return begin


def test_a_segment_holds_every_frame_and_says_so(
    recording: Recording, kit: SimpleNamespace, folder: Path
) -> None:
    recorder = recording()
    for number in range(30):
        recorder.write(kit.tone(number * 1920, start_s=100.0))
        recorder.write(kit.frame(number, timestamp_s=100.0 + number / 25))
    segment = recorder.close(complete=True, start_s=3.5)
    assert (segment.path, segment.frames, segment.lost_frames) == ("tape-00.mkv", 30, 0)
    assert (segment.start_s, segment.duration_s, segment.complete) == (3.5, 1.2, True)
    assert segment.device == "Pattern VCR"
    assert recorder.first_timestamp_s == 100.0
    assert recorder.bytes_written > 30 * 1000
    assert len(list(read_pictures(folder / segment.path))) == 30
    assert [entry.sequence for entry in read_frame_log(folder / "tape-00.csv")] == list(range(30))


def test_a_lost_frame_leaves_a_gap_and_later_frames_stay(
    recording: Recording, kit: SimpleNamespace, folder: Path
) -> None:
    recorder = recording()
    for number in (0, 1, 2, 6, 7):
        recorder.write(kit.frame(number))
    segment = recorder.close(complete=True)
    assert (segment.frames, segment.lost_frames) == (5, 3)
    assert segment.duration_s == pytest.approx(8 / 25)
    assert [round(p.time_s * 25) for p in read_pictures(folder / segment.path)] == [0, 1, 2, 6, 7]
    assert summarise(read_frame_log(folder / "tape-00.csv")).gaps == ((6 / 25, 3),)


@pytest.mark.parametrize("offset_s", [-0.1, 0.0, 0.1])
def test_sound_and_pictures_keep_step(
    recording: Recording, kit: SimpleNamespace, folder: Path, offset_s: float
) -> None:
    """A click at the start of frame 10 is found there, wherever the sound began."""
    recorder = recording()
    first_s = 5.0
    samples = np.zeros((48000, 2), np.int16)
    click = round((10 / 25 - offset_s) * 48000)
    samples[click : click + 20] = 20000
    for number in range(25):
        begin = number * 1920
        block = kit.tone(begin, start_s=first_s + offset_s)
        recorder.write(replace(block, samples=samples[begin : begin + 1920]))
        recorder.write(kit.frame(number, timestamp_s=first_s + number / 25))
    recorder.close(complete=True)
    sound = np.concatenate(list(read_sound_channels(folder / "tape-00.mkv", 48000)))
    assert np.flatnonzero(np.abs(sound[:, 0]) > 0.3)[0] == pytest.approx(0.4 * 48000, abs=48)


def test_without_any_sound_the_track_is_silent(
    recording: Recording, kit: SimpleNamespace, folder: Path
) -> None:
    recorder = recording()
    for number in range(75):
        recorder.write(kit.frame(number))
    recorder.close(complete=True)
    sound = np.concatenate(list(read_sound_channels(folder / "tape-00.mkv", 48000)))
    assert len(sound) == pytest.approx(48000, abs=2000)
    assert not sound.any()


def test_a_full_ring_loses_frames_counts_them_and_never_waits(
    recording: Recording, kit: SimpleNamespace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, reached = threading.Event(), threading.Event()
    write_picture = TapeWriter.write_picture

    def slow(self: TapeWriter, frame: VideoFrame, index: int) -> int:
        reached.set()
        assert disk.wait(10)
        return write_picture(self, frame, index)

    monkeypatch.setattr(TapeWriter, "write_picture", slow)
    recorder = recording(ring_s=0.4)  # ten frames
    recorder.write(kit.frame(0))
    assert reached.wait(10)
    for number in range(1, 16):
        recorder.write(kit.frame(number))
    assert recorder.lost_frames == 5
    disk.set()
    assert recorder.wait_for_room(10)
    recorder.write(kit.frame(16))
    segment = recorder.close(complete=True)
    assert (segment.frames, segment.lost_frames) == (12, 5)
    last = read_frame_log(folder / "tape-00.csv")[-1]
    assert (last.sequence, last.lost_before, last.flags) == (16, 5, ("overflow",))
    assert round([p.time_s for p in read_pictures(folder / segment.path)][-1] * 25) == 16


def test_the_ring_is_bounded_in_bytes_as_well(
    recording: Recording, kit: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, reached = threading.Event(), threading.Event()
    write_picture = TapeWriter.write_picture

    def slow(self: TapeWriter, frame: VideoFrame, index: int) -> int:
        reached.set()
        assert disk.wait(10)
        return write_picture(self, frame, index)

    monkeypatch.setattr(TapeWriter, "write_picture", slow)
    recorder = recording(ring_mb=1)  # 18 frames of 192 x 144
    recorder.write(kit.frame(0))
    assert reached.wait(10)
    for number in range(1, 31):
        recorder.write(kit.frame(number))
    lost = recorder.lost_frames
    assert 8 <= lost <= 12
    for number in range(2000):
        recorder.write(kit.tone(number * 1920))  # without a place it must not be kept either
    assert recorder.ring.held_bytes < 1.2 * (1 << 20)
    disk.set()
    assert recorder.wait_for_room(10)
    recorder.write(kit.frame(31))
    segment = recorder.close(complete=True)
    assert (segment.frames, segment.lost_frames) == (32 - lost, lost)
    assert recorder.ring.held_bytes == 0


def test_a_disk_is_never_owed_much(
    recording: Recording, kit: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed: list[int] = []
    sync = MatroskaFile.sync

    def watched(self: MatroskaFile) -> None:
        owed.append(self.size_bytes)
        sync(self)

    monkeypatch.setattr(MatroskaFile, "sync", watched)
    monkeypatch.setattr(segment_module, "SYNC_BYTES", 200_000)
    monkeypatch.setattr(segment_module, "SYNC_S", 3600.0)
    recorder = recording()
    for number in range(60):
        recorder.write(kit.frame(number))
    recorder.close(complete=True)
    steps = np.diff([0, *owed, recorder.bytes_written])
    assert len(owed) >= 3
    assert max(steps) < 300_000


def test_what_the_device_told_lies_beside_the_segment(
    kit: SimpleNamespace, folder: Path, config: CaptureConfig
) -> None:
    told = {"device": "Pattern VCR", "sound true rate": "not known yet"}
    recorder = SegmentRecorder(kit.TAPE, folder, Role.TAPE, 0, config, "Pattern VCR", lambda: dict(told))
    for number in (0, 1, 4):
        recorder.write(kit.frame(number))
    told["sound true rate"] = "47999.1 Hz"
    recorder.close(complete=True)
    kept = json.loads((folder / "tape-00.json").read_text(encoding="utf-8"))
    assert kept["device"] == "Pattern VCR"
    assert kept["sound true rate"] == "47999.1 Hz"
    assert (kept["frames"], kept["lost frames"]) == ("3", "2")


def test_a_device_that_cannot_say_anything_costs_no_recording(
    kit: SimpleNamespace, folder: Path, config: CaptureConfig
) -> None:
    def silent() -> dict[str, str]:
        raise OSError(19, "No such device")

    recorder = SegmentRecorder(kit.TAPE, folder, Role.TAPE, 0, config, "Pattern VCR", silent)
    recorder.write(kit.frame(0))
    segment = recorder.close(complete=True)
    assert (segment.frames, segment.complete) == (1, True)


def test_damaged_frames_are_kept_and_marked(recording: Recording, kit: SimpleNamespace, folder: Path) -> None:
    recorder = recording()
    recorder.write(replace(kit.frame(0), damaged=True))
    assert recorder.close(complete=True).frames == 1
    assert read_frame_log(folder / "tape-00.csv")[0].flags == ("damaged",)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this machine has no /dev/full")
def test_a_full_disk_has_a_name(recording: Recording, kit: SimpleNamespace, folder: Path) -> None:
    (folder / "tape-00.mkv").symlink_to("/dev/full")
    recorder = recording()
    for number in range(60):
        recorder.write(kit.frame(number))
    segment = recorder.close(complete=True)
    assert recorder.problem is not None
    assert recorder.problem.issue.code == "spool-full"
    assert not segment.complete


def test_a_disk_that_fails_has_another(
    recording: Recording, kit: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: TapeWriter, frame: VideoFrame, index: int) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(TapeWriter, "write_picture", broken)
    recorder = recording()
    recorder.write(kit.frame(0))
    assert recorder.wait_for_room(10)
    segment = recorder.close(complete=True)
    assert recorder.problem is not None
    assert recorder.problem.issue.code == "spool-failed"
    assert (segment.frames, segment.complete) == (0, False)


def test_nothing_comes_of_nothing(recording: Recording, kit: SimpleNamespace, folder: Path) -> None:
    recorder = recording()
    recorder.write(kit.tone(0))
    assert recorder.close(complete=True).frames == 0
    assert not list(folder.iterdir())


def test_a_camera_segment(recording: Recording, kit: SimpleNamespace, folder: Path) -> None:
    recorder = recording(Role.CAMERA)
    for number in range(10):
        recorder.write(kit.frame(number, kit.CAMERA))
    assert recorder.close(complete=True).path == "camera-00.mkv"
    assert probe(folder / "camera-00.mkv").codec == "mjpeg"


CHILD = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from conftest import TAPE, frame, tone
from appliance.capture.segment import SegmentRecorder
from appliance.core.config import CaptureConfig
from appliance.core.types import Role, VideoFrame
recorder = SegmentRecorder(TAPE, Path(sys.argv[1]), Role.TAPE, 0, CaptureConfig(threads=1, slices=4), "VCR")
planes = frame(0).planes
for number in range(90):
    recorder.write(tone(number * 1920))
    recorder.write(VideoFrame(number, number / 25, planes))
while recorder.frames < 90:
    time.sleep(0.01)
print(recorder.frames, flush=True)
time.sleep(60)
"""


def test_a_killed_process_leaves_all_but_the_last_second(folder: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), str(Path(__file__).parent)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert child.stdout is not None
    written = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    pictures = list(read_pictures(folder / "tape-00.mkv"))
    assert len(pictures) >= written - 25
    assert [round(p.time_s * 25) for p in pictures] == list(range(len(pictures)))
    assert probe(folder / "tape-00.mkv").field_order == "tff"
