from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from appliance.core.clock import ScaledClock
from appliance.core.config import SimConfig
from appliance.core.paths import Paths
from appliance.core.problems import DeviceLost, Problem
from appliance.core.types import AudioBlock, VideoFrame
from appliance.devices.base import DeviceChange, MediaSource
from appliance.sim import faults
from appliance.sim.cache import Reel
from appliance.sim.card import SimCard
from appliance.sim.stick import SimStick
from appliance.sim.world import SimWorld

from .conftest import ManualClock

MakeWorld = Callable[..., SimWorld]


@pytest.fixture
def paths(tmp_path: Path, cache: Path) -> Paths:
    paths = Paths(tmp_path, cache)
    paths.make()
    return paths


@pytest.fixture
def make_world(sim_config: SimConfig, paths: Paths, clock: ManualClock, reel: Reel) -> MakeWorld:
    """The session's reel is in the cache, so that preparing takes no time."""

    def make(**changes: object) -> SimWorld:
        world = SimWorld(sim_config.model_copy(update=changes), paths, clock)
        world.prepare(lambda part: None)
        return world

    return make


def take_in(source: MediaSource, clock: ManualClock, seconds: float) -> list[VideoFrame | AudioBlock]:
    pieces: list[VideoFrame | AudioBlock] = []
    for _ in range(round(seconds / 0.1)):
        clock.time_s += 0.1
        while (piece := source.read(0.0)) is not None:
            pieces.append(piece)
    return pieces


def test_devices_appear_once_the_world_is_prepared(
    sim_config: SimConfig, paths: Paths, clock: ManualClock, reel: Reel
) -> None:
    world = SimWorld(sim_config, paths, clock)
    changes: list[DeviceChange] = []
    world.watcher.subscribe(changes.append)
    assert world.watcher.devices() == ()
    world.prepare(lambda part: None)
    assert [info.id for info in world.watcher.devices()] == ["sim-vcr", "sim-camera"]
    assert [(change.info.id, change.present) for change in changes] == [
        ("sim-vcr", True),
        ("sim-camera", True),
    ]


def test_the_stick_of_the_configuration_is_plugged_in(make_world: MakeWorld, paths: Paths) -> None:
    make_world(stick_mb=0)
    assert SimStick(paths).drives() == ()
    world = make_world(stick_mb=64, stick_read_only=True)
    assert SimStick(paths).drives()[0].status().read_only
    world.hand("unplug-stick")
    assert SimStick(paths).drives() == ()


def test_the_cameras_card_is_plugged_and_pulled_by_hand(make_world: MakeWorld, paths: Paths) -> None:
    world = make_world()
    for _ in range(2):
        world.hand("plug-card")
        assert [drive.name for drive in SimCard(paths).drives()] == ["Card"]
        world.hand("unplug-card")
        assert SimCard(paths).drives() == ()


def test_without_a_camera_there_is_no_card(
    sim_config: SimConfig, paths: Paths, clock: ManualClock, make_world: MakeWorld
) -> None:
    for world in (SimWorld(sim_config, paths, clock), make_world(camera="none")):
        with pytest.raises(Problem, match="camera's card") as caught:
            world.hand("plug-card")
        assert caught.value.issue.code == "no-such-device"


def test_a_hand_that_nobody_knows_is_told_the_known_ones(make_world: MakeWorld) -> None:
    world = make_world()
    with pytest.raises(Problem) as caught:
        world.hand("dance")
    assert all(action in caught.value.issue.remedy for action in world.actions())


def test_every_action_has_words_for_the_page(make_world: MakeWorld) -> None:
    assert set(make_world().actions()) == set(faults.ACTIONS)


def test_plugging_twice_is_heard_once(make_world: MakeWorld) -> None:
    world = make_world()
    changes: list[bool] = []
    world.watcher.subscribe(lambda change: changes.append(change.present))
    for action in ("plug-tape", "unplug-tape", "unplug-tape", "plug-tape"):
        world.hand(action)
    assert changes == [False, True]


def test_an_unplugged_device_cannot_be_opened_and_an_open_one_is_lost(
    make_world: MakeWorld, clock: ManualClock
) -> None:
    world = make_world()
    source = world.watcher.open("sim-camera")
    source.start()
    world.hand("unplug-camera")
    with pytest.raises(DeviceLost):
        source.read(1.0)
    with pytest.raises(DeviceLost):
        world.watcher.open("sim-camera")
    world.hand("plug-camera")
    again = world.watcher.open("sim-camera")
    again.start()
    assert take_in(again, clock, 0.2)


def test_there_is_no_camera_where_none_was_wanted(
    sim_config: SimConfig, paths: Paths, clock: ManualClock, tmp_path: Path
) -> None:
    config = sim_config.model_copy(update={"camera": "none", "seconds": 0.08})
    world = SimWorld(config, Paths(tmp_path / "box", tmp_path / "cache"), clock)
    world.prepare(lambda part: None)
    assert [info.id for info in world.watcher.devices()] == ["sim-vcr"]
    with pytest.raises(Problem) as caught:
        world.hand("plug-camera")
    assert caught.value.issue.code == "no-such-device"


@pytest.mark.parametrize("autoplay", [False, True])
def test_record_presses_play_only_when_told_to(
    make_world: MakeWorld, clock: ManualClock, reel: Reel, autoplay: bool
) -> None:
    world = make_world(autoplay=autoplay)
    source = world.watcher.open("sim-vcr")
    source.start()
    world.recording_started()
    last = [piece for piece in take_in(source, clock, 0.4) if isinstance(piece, VideoFrame)][-1]
    still = np.abs(last.planes[0].astype(int) - reel.tape_frame(0)[0]).max() <= 1
    assert bool(still) is not autoplay


def test_every_recording_begins_at_the_first_picture(
    make_world: MakeWorld, clock: ManualClock, reel: Reel
) -> None:
    world = make_world()
    for _ in range(2):
        source = world.watcher.open("sim-vcr")
        world.recording_started()
        source.start()
        first = next(p for p in take_in(source, clock, 0.2) if isinstance(p, VideoFrame))
        world.recording_stopped()
        assert any(np.array_equal(first.planes[0], reel.tape_frame(n)[0]) for n in (0, 1))
        clock.time_s += 0.7


@pytest.mark.parametrize("standing_s", [0.0, 0.33])
def test_the_truth_is_what_the_two_sounds_say(
    make_world: MakeWorld, clock: ManualClock, standing_s: float
) -> None:
    """Record both, lay the sounds on one another by correlation, and compare with the world's truth."""
    world = make_world()
    tape, camera = (world.watcher.open(name) for name in ("sim-vcr", "sim-camera"))
    tape.start()
    clock.time_s += 0.17
    camera.start()
    clock.time_s += standing_s
    world.recording_started()
    both: list[list[VideoFrame | AudioBlock]] = [[], []]
    for _ in range(18):
        clock.time_s += 0.1
        for source, pieces in zip((tape, camera), both, strict=True):
            while (piece := source.read(0.0)) is not None:
                pieces.append(piece)
    starts = [next(p.timestamp_s for p in pieces if isinstance(p, VideoFrame)) for pieces in both]
    sounds = [[p for p in pieces if isinstance(p, AudioBlock)] for pieces in both]
    offset_s, drift_ppm = world.truth(*starts)
    heard, camera_heard = (np.concatenate([b.samples[:, 0] for b in blocks]) for blocks in sounds)
    leads = [start - blocks[0].timestamp_s for start, blocks in zip(starts, sounds, strict=True)]
    measured_s = whitened_lag_s(heard, camera_heard) - leads[0] + leads[1]
    assert drift_ppm == 150.0
    assert offset_s == pytest.approx(measured_s, abs=0.0015)


def whitened_lag_s(late: np.ndarray, early: np.ndarray) -> float:
    size = 1 << 18
    spectrum = np.fft.rfft(late, size) * np.fft.rfft(early, size).conj()
    spectrum /= np.abs(spectrum) + 1e-9
    pitch = np.fft.rfftfreq(size, 1 / 48000)
    spectrum[(pitch < 300) | (pitch > 5000)] = 0
    peak = int(np.fft.irfft(spectrum).argmax())
    return (peak if peak < size / 2 else peak - size) / 48000


def test_the_faults_of_the_configuration_happen_during_the_recording(
    sim_config: SimConfig, paths: Paths, reel: Reel
) -> None:
    config = sim_config.model_copy(update={"faults": ("unplug-tape@1", "plug-tape@2"), "speed": 20.0})
    clock = ScaledClock(20.0)
    world = SimWorld(config, paths, clock)
    world.prepare(lambda part: None)
    changes: list[tuple[bool, float]] = []
    done = threading.Event()

    def on_change(change: DeviceChange) -> None:
        changes.append((change.present, clock.now_s()))
        if change.present:
            done.set()

    world.watcher.subscribe(on_change)
    begun_s = clock.now_s()
    world.recording_started()
    assert done.wait(10.0)
    assert [present for present, _ in changes] == [False, True]
    assert changes[0][1] >= begun_s + 1.0
    assert changes[1][1] >= begun_s + 2.0


def test_a_mistaken_fault_is_refused_at_the_start(
    sim_config: SimConfig, paths: Paths, clock: ManualClock
) -> None:
    with pytest.raises(Problem):
        SimWorld(sim_config.model_copy(update={"faults": ("melt@1",)}), paths, clock)


def test_a_recorder_that_died_finds_the_tape_playing(
    make_world: MakeWorld, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a second later; and the fault that killed it does not come a second time."""
    planned: list[list[str]] = []
    monkeypatch.setattr(
        faults.Agenda, "schedule", lambda self, due: planned.append([name for _, name in due])
    )
    configured = {"faults": ("kill-recorder@0.2", "no-signal@9")}
    before = make_world(**configured)
    before.recording_started()
    began_s = before.truth(0.0, 0.0)[0]
    note = paths.run / "simulated-deck.json"
    saved = json.loads(note.read_text())
    note.write_text(json.dumps({**saved, "real_s": saved["real_s"] - 0.5}))
    after = make_world(**configured)
    after.recording_started()
    assert planned == [["kill-recorder", "no-signal"], ["no-signal"]]
    assert after.truth(0.0, 0.0)[0] == pytest.approx(began_s, abs=1e-6)
