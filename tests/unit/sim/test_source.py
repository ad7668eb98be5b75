"""Delivery by the VCR and the camera: order, pace, rings, loss, and what they show when."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from appliance.core.clock import ScaledClock
from appliance.core.problems import DeviceLost
from appliance.core.types import AudioBlock, Signal, VideoFrame
from appliance.sim.cache import Reel
from appliance.sim.camera import CameraSource
from appliance.sim.deck import Deck
from appliance.sim.source import RING_FRAMES, Port, SimSource
from appliance.sim.trouble import PUMP_DEPTH, PUMP_S
from appliance.sim.vcr import VcrSource

from .conftest import ManualClock

Piece = VideoFrame | AudioBlock


@pytest.fixture
def deck(clock: ManualClock, tmp_path: Path) -> Deck:
    return Deck(clock, tmp_path / "deck.json", tape_s=1.6)


@pytest.fixture
def port() -> Port:
    port = Port()
    port.plug(True)
    return port


@pytest.fixture
def vcr(reel: Reel, deck: Deck, port: Port) -> VcrSource:
    source = VcrSource(reel, deck, port, "blue", speed=1.0)
    source.start()
    return source


@pytest.fixture
def camera(reel: Reel, deck: Deck, port: Port) -> CameraSource:
    source = CameraSource(reel, deck, port, speed=1.0)
    source.start()
    return source


def drain(source: SimSource) -> list[Piece]:
    pieces: list[Piece] = []
    while (piece := source.read(0.0)) is not None:
        pieces.append(piece)
    return pieces


def watch(source: SimSource, clock: ManualClock, seconds: float, step_s: float = 0.1) -> list[Piece]:
    """What comes while a reader is there all the time."""
    pieces: list[Piece] = []
    for _ in range(round(seconds / step_s)):
        clock.time_s += step_s
        pieces += drain(source)
    return pieces


def frames(pieces: list[Piece]) -> list[VideoFrame]:
    return [piece for piece in pieces if isinstance(piece, VideoFrame)]


def sound(pieces: list[Piece]) -> np.ndarray:
    return np.concatenate([piece.samples for piece in pieces if isinstance(piece, AudioBlock)])


def same(frame: VideoFrame, planes: tuple[np.ndarray, ...]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(frame.planes, planes, strict=True))


def test_pictures_and_sound_come_in_order_of_time_and_without_gaps(
    vcr: VcrSource, clock: ManualClock
) -> None:
    pieces = watch(vcr, clock, 1.0)
    stamps = [piece.timestamp_s for piece in pieces]
    assert stamps == sorted(stamps)
    assert [frame.sequence for frame in frames(pieces)] == list(range(24))
    np.testing.assert_allclose(np.diff([f.timestamp_s for f in frames(pieces)]), 0.04, atol=1e-9)
    blocks = [piece.timestamp_s for piece in pieces if isinstance(piece, AudioBlock)]
    np.testing.assert_allclose(np.diff(blocks), 0.02, atol=1e-9)


def test_nothing_comes_before_its_time(vcr: VcrSource, clock: ManualClock) -> None:
    assert vcr.read(0.0) is None
    clock.time_s += 0.039
    assert frames(drain(vcr)) == []


def test_until_play_the_tape_stands_and_only_hisses(vcr: VcrSource, clock: ManualClock, reel: Reel) -> None:
    pieces = watch(vcr, clock, 0.5)
    luma = [frame.planes[0].astype(int) for frame in frames(pieces)]
    assert all(np.abs(y - reel.tape_frame(0)[0]).max() == 1 for y in luma)
    assert not any(np.array_equal(*pair) for pair in zip(luma, luma[5:], strict=False)), "never to the bit"
    assert 5 < sound(pieces).std() < 200


def test_after_play_every_frame_comes_once_and_then_blue(
    vcr: VcrSource, clock: ManualClock, deck: Deck, reel: Reel
) -> None:
    watch(vcr, clock, 0.5)
    deck.play()
    seen = frames(watch(vcr, clock, 2.4))
    start = next(i for i, frame in enumerate(seen) if same(frame, reel.tape_frame(1))) - 1
    assert all(same(frame, reel.tape_frame(i)) for i, frame in enumerate(seen[start : start + 40]))
    after = seen[start + 40 :]
    assert len(after) > 10
    assert all(np.ptp(frame.planes[0]) == 0 and frame.planes[1][0, 0] > 200 for frame in after)
    assert vcr.signal() is Signal.OK


def test_sound_and_picture_of_the_tape_start_together(
    vcr: VcrSource, clock: ManualClock, deck: Deck, reel: Reel
) -> None:
    watch(vcr, clock, 0.5)
    deck.play()
    pieces = watch(vcr, clock, 1.5)
    first = next(f for f in frames(pieces) if same(f, reel.tape_frame(1))).timestamp_s - 0.04
    begin = round((first - next(p.timestamp_s for p in pieces if isinstance(p, AudioBlock))) * 48000)
    heard = sound(pieces)[begin : begin + 48000]
    np.testing.assert_array_equal(heard, reel.tape_sound[:48000])


@pytest.mark.parametrize(("ending", "signal"), [("noise", Signal.OK), ("none", Signal.NONE)])
def test_other_endings(
    reel: Reel, deck: Deck, port: Port, clock: ManualClock, ending: str, signal: Signal
) -> None:
    source = VcrSource(reel, deck, port, ending, speed=1.0)
    source.start()
    deck.play()
    last = frames(watch(source, clock, 2.2))[-2:]
    assert source.signal() is signal
    spread = [float(frame.planes[0].std()) for frame in last]
    assert min(spread) > 40 if ending == "noise" else max(spread) == 0
    assert ending != "noise" or not np.array_equal(last[0].planes[0], last[1].planes[0])


def test_no_signal_lasts_until_the_cable_is_back(vcr: VcrSource, clock: ManualClock, deck: Deck) -> None:
    watch(vcr, clock, 0.3)
    deck.change(signal=False)
    pieces = watch(vcr, clock, 0.3)
    assert vcr.signal() is Signal.NONE
    assert not sound(pieces[-4:]).any()
    deck.change(signal=True)
    watch(vcr, clock, 0.3)
    assert vcr.signal() is Signal.OK


def test_a_dongle_that_hangs_repeats_one_picture_and_says_nothing(
    vcr: VcrSource, clock: ManualClock, deck: Deck
) -> None:
    watch(vcr, clock, 0.5)
    deck.play()
    watch(vcr, clock, 0.5)
    deck.change(fault="freeze")
    pieces = watch(vcr, clock, 0.5)[5:]
    assert all(same(frame, frames(pieces)[0].planes) for frame in frames(pieces))
    assert not sound(pieces[-4:]).any()
    deck.change(fault="")
    first, *_, last = frames(watch(vcr, clock, 0.3)[5:])
    assert not same(first, last.planes)


def test_a_copy_protection_takes_a_third_of_the_light_and_gives_it_back(
    vcr: VcrSource, clock: ManualClock, deck: Deck
) -> None:
    deck.change(fault="pumping")
    seen = frames(watch(vcr, clock, PUMP_S))
    light = np.array([frame.planes[0].mean() - 16 for frame in seen])
    assert light.min() / light.max() == pytest.approx(1 - PUMP_DEPTH, abs=0.03)
    assert vcr.signal() is Signal.OK, "no driver of such a dongle knows of it"


def test_the_other_standard_rolls_in_grey_and_the_driver_says_so(
    vcr: VcrSource, clock: ManualClock, deck: Deck
) -> None:
    deck.change(fault="wrong-standard")
    first, *_, last = frames(watch(vcr, clock, 0.5))
    assert vcr.signal() is Signal.WRONG_STANDARD
    assert np.ptp(last.planes[1]) == np.ptp(last.planes[2]) == 0
    assert np.abs(first.planes[0].astype(int) - last.planes[0]).mean() > 10


def test_a_late_reader_loses_frames_and_sees_it_in_the_numbers(vcr: VcrSource, clock: ManualClock) -> None:
    watch(vcr, clock, 0.2)
    clock.time_s += 2.0
    late = [frame.sequence for frame in frames(drain(vcr))]
    assert late == list(range(4, 4 + RING_FRAMES))
    clock.time_s += 0.1
    assert frames(drain(vcr))[0].sequence > 50


def test_a_reader_within_the_ring_loses_nothing(vcr: VcrSource, clock: ManualClock) -> None:
    seen = frames(watch(vcr, clock, 3.0, step_s=(RING_FRAMES - 1) * 0.04))
    assert [frame.sequence for frame in seen] == list(range(len(seen)))


def test_a_faster_world_never_drops(reel: Reel, deck: Deck, port: Port, clock: ManualClock) -> None:
    source = VcrSource(reel, deck, port, "blue", speed=8.0)
    source.start()
    clock.time_s += 10.0
    assert [frame.sequence for frame in frames(drain(source))] == list(range(250))


def test_a_fast_clock_delivers_at_its_pace(reel: Reel, port: Port, tmp_path: Path) -> None:
    clock = ScaledClock(20.0)
    deck = Deck(clock, tmp_path / "fast.json", tape_s=1.6)
    source = VcrSource(reel, deck, port, "blue", speed=20.0)
    source.start()
    begun_s = deck.now_s()
    count = 0
    while count < 50:
        count += isinstance(source.read(5.0), VideoFrame)
    assert deck.now_s() - begun_s > 49 * 0.04


@pytest.mark.parametrize("action", ["unplug", "stop"])
def test_a_blocked_read_wakes_at_once(reel: Reel, deck: Deck, port: Port, action: str) -> None:
    """In a world this slow the next picture would be due in a minute and more."""
    vcr = VcrSource(reel, deck, port, "blue", speed=0.0005)
    vcr.start()
    outcome: list[object] = []
    reading = threading.Event()

    def read() -> None:
        reading.set()
        try:
            outcome.append(vcr.read(60.0))
        except DeviceLost as lost:
            outcome.append(lost)

    thread = threading.Thread(target=read)
    thread.start()
    reading.wait(5.0)
    act: Callable[[], object] = vcr.stop if action == "stop" else lambda: port.plug(False)
    act()
    thread.join(5.0)
    assert not thread.is_alive()
    assert outcome == [None] if action == "stop" else isinstance(outcome[0], DeviceLost)


def test_a_source_stays_lost_but_a_new_one_goes_on_with_the_tape(
    vcr: VcrSource, reel: Reel, deck: Deck, port: Port, clock: ManualClock
) -> None:
    deck.play()
    watch(vcr, clock, 0.4)
    port.plug(False)
    clock.time_s += 0.4
    port.plug(True)
    with pytest.raises(DeviceLost):
        vcr.read(0.0)
    again = VcrSource(reel, deck, port, "blue", speed=1.0)
    again.start()
    first = frames(watch(again, clock, 0.2))[0]
    assert first.sequence == 0
    assert same(first, reel.tape_frame(20))


def test_the_camera_sees_the_scene_stand_then_move_then_hold(
    camera: CameraSource, clock: ManualClock, deck: Deck, reel: Reel
) -> None:
    standing = frames(watch(camera, clock, 0.5))
    deck.play()
    moving = frames(watch(camera, clock, 2.0))
    assert {frame.data for frame in standing} == {reel.camera_frame(0)}
    shown = list(dict.fromkeys(frame.data for frame in moving))
    assert shown == [reel.camera_frame(number) for number in range(48)]
    assert moving[-1].data == reel.camera_frame(47)


def test_the_camera_stamps_with_its_own_slower_clock(
    reel: Reel, deck: Deck, port: Port, clock: ManualClock
) -> None:
    """After 1000 s of the world, 150 ppm are 150 ms; the next whole picture begins within a frame."""
    clock.time_s += 1000.0
    source = CameraSource(reel, deck, port, speed=1.0)
    source.start()
    stamp_s = frames(watch(source, clock, 0.1))[0].timestamp_s
    assert 0 <= stamp_s - (1000.0 - 0.150) <= 1 / 30 + 1e-3
