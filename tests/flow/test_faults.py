"""One whole take for every fault: nothing is lost, the trouble has a name, the box goes on."""

import contextlib
import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

from appliance.core.snapshot import BoxState, CommandName
from appliance.core.types import Severity, Stage
from tests.flow.conftest import PATIENCE_S, Box
from tests.flow.test_whole_take import check_receipt

SHORT = {"camera": "none", "seconds": 2}  # where the tape's content does not matter


def take_facts(box: Box) -> dict:
    return json.loads((box.take_folder() / "take.json").read_text())


def frames(box: Box, role: str = "tape") -> list[int]:
    return [s["frames"] for s in take_facts(box)["segments"] if s["role"] == role]


def test_tape_cable_pulled_and_put_back(start_box: Callable[..., Box]) -> None:
    box = start_box(speed=2)
    box.record()
    box.until_recorded(25)
    box.hand("unplug-tape")
    away = box.until(lambda s: s.state is BoxState.INTERRUPTED, "interrupted")
    assert any(issue.code == "tape-lost" for issue in away.issues)
    box.hand("plug-tape")
    box.until(lambda s: s.state is BoxState.RECORDING and len(s.devices) == 2, "goes on")
    done = box.until_delivered()
    assert done.takes[0].interrupted
    assert len(frames(box)) == 2
    assert not take_facts(box)["segments"][0]["complete"]
    check_receipt(box)


def test_tape_cable_pulled_for_good(start_box: Callable[..., Box]) -> None:
    box = start_box(resume_window_s=1)
    box.record()
    box.until_recorded(25)
    box.hand("unplug-tape")
    done = box.until_delivered()
    assert done.takes[0].interrupted
    assert take_facts(box)["ended_by"] == "device lost"
    assert sum(frames(box)) >= 25


def test_camera_pulled_the_tape_goes_on(start_box: Callable[..., Box]) -> None:
    box = start_box()
    box.record()
    box.until_recorded(40)
    box.hand("unplug-camera")
    lost = box.until(lambda s: any(i.code == "camera-lost" for i in s.issues), "camera-lost")
    assert lost.state is BoxState.RECORDING
    box.until_delivered()
    assert sum(frames(box)) >= 4 * 25
    assert len(frames(box)) == 1


def test_no_signal_for_a_moment_does_not_end_the_take(start_box: Callable[..., Box]) -> None:
    box = start_box(faults=("no-signal@1.5", "signal@2.5"))
    box.record()
    box.until_delivered()
    assert sum(frames(box)) >= 4 * 25
    assert not take_facts(box)["interrupted"]


def test_no_signal_for_long_ends_it(start_box: Callable[..., Box]) -> None:
    box = start_box(faults=("no-signal@1.5",))
    box.record()
    box.until_delivered()
    assert take_facts(box)["ended_by"] == "end of tape"
    assert sum(frames(box)) < 5 * 25


def test_no_stick_then_one(start_box: Callable[..., Box]) -> None:
    box = start_box(**SHORT, stick_mb=0)
    box.record()
    waiting = box.until_attention("stick-absent")
    assert waiting.takes[0].state.value == "finished"
    assert (box.take_folder() / "film.mp4").is_file()
    box.hand("plug-stick")
    box.until_delivered()
    check_receipt(box)


def test_a_full_stick_then_room(start_box: Callable[..., Box]) -> None:
    box = start_box(**SHORT)
    box.until(lambda s: s.stick, "stick")
    box.hand("fill-stick")
    box.record()
    box.until_attention("stick-full")
    box.hand("empty-stick")
    box.until_delivered()
    check_receipt(box)


def test_a_read_only_stick_then_a_good_one(start_box: Callable[..., Box]) -> None:
    box = start_box(**SHORT, stick_read_only=True)
    box.record()
    box.until_attention("stick-read-only")
    box.hand("unlock-stick")
    box.until_delivered()


def until_written_to(media: Path) -> None:
    """The first moment of a delivery; snapshots are too rare for it, a small film is there sooner."""
    give_up_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_s:
        with contextlib.suppress(OSError):  # folders come and go meanwhile
            if any(media.rglob("*.part")):
                return
        time.sleep(0.001)
    raise AssertionError("nothing was ever written to the stick")


def test_stick_pulled_in_mid_write(start_box: Callable[..., Box]) -> None:
    box = start_box(**SHORT)
    box.record()
    until_written_to(box.paths.media)
    box.hand("unplug-stick")
    box.until(lambda s: s.stick is None, "stick is gone")
    box.hand("plug-stick")
    box.until_delivered()
    check_receipt(box)


def test_worker_killed_in_mid_job(start_box: Callable[..., Box]) -> None:
    box = start_box(**SHORT)
    box.record()
    box.until(lambda s: s.job and s.job.stage is Stage.ENHANCE and s.job.fraction > 0.3, "in mid-job")
    os.kill(int((box.paths.run / "worker.pid").read_text()), signal.SIGKILL)
    box.until_delivered()
    assert box.processes.restarts["worker"] == 1
    check_receipt(box)


def test_recorder_killed_in_mid_take(start_box: Callable[..., Box]) -> None:
    box = start_box(speed=2)
    box.record()
    before = box.until_recorded(50)
    os.kill(box.processes.pids["record"], signal.SIGKILL)
    box.forget()
    box.until(
        lambda s: s.state is BoxState.RECORDING and s.recording.take_id == before.recording.take_id, "goes on"
    )
    done = box.until_delivered()
    assert done.takes[0].interrupted
    counted = frames(box)
    assert len(counted) == 2
    assert counted[0] >= 25, "at most the last second may be missing"


def test_a_damaged_model_is_refused_and_the_recording_is_safe(
    start_box: Callable[..., Box], tmp_path: Path
) -> None:
    models = tmp_path / "models"
    shutil.copytree(
        Path(__file__).parents[2] / "models", models, ignore=shutil.ignore_patterns("train", "__pycache__")
    )
    weights = models / "live.onnx"
    damaged = bytearray(weights.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    weights.write_bytes(damaged)
    box = start_box(**SHORT, models=models)
    box.record()
    refused = box.until_attention("model-damaged")
    assert refused.takes[0].state.value == "failed"
    assert sum(frames(box)) >= 2 * 25
    shutil.copy(Path(__file__).parents[2] / "models/live.onnx", weights)
    box.do(CommandName.RETRY, refused.takes[0].id)
    box.until_delivered()


def test_too_little_space_is_refused_before_it_starts(start_box: Callable[..., Box]) -> None:
    box = start_box(**SHORT, min_minutes=10_000_000)
    box.until(lambda s: s.state is BoxState.READY, "ready")
    issue = box.ask(CommandName.RECORD)
    assert issue.code == "space-low"
    assert issue.severity is Severity.ERROR
    assert not list(box.paths.takes.iterdir())


def test_record_without_a_tape_device(start_box: Callable[..., Box]) -> None:
    box = start_box()
    box.until(lambda s: s.state is BoxState.READY, "ready")
    box.hand("unplug-tape")
    box.until(lambda s: s.state is BoxState.WAITING, "waiting")
    assert box.ask(CommandName.PRESS).code == "no-tape-device"


def test_eject_and_pull(start_box: Callable[..., Box]) -> None:
    box = start_box(**SHORT)
    box.record()
    box.until_delivered()
    box.do(CommandName.EJECT)
    released = box.until(lambda s: s.state is BoxState.EJECTED, "ejected")
    assert released.stick is None or released.stick.safe_to_remove
    box.hand("unplug-stick")
    box.until(lambda s: s.state in (BoxState.WAITING, BoxState.READY), "back to ready")
