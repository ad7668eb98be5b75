"""What the box makes of driver, pictures and silence together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import count

import cv2
import numpy as np
import pytest

from appliance.capture.jpeg import JpegEye
from appliance.capture.standard import StandardWatch
from appliance.capture.watch import Sight, SignalWatch
from appliance.core.types import BT601_625, JPEG_FULL, Role, Signal, StreamFormat, VideoFrame

TAPE = StreamFormat(360, 288, Fraction(25), "yuv422p", "tff", BT601_625)
DONGLE = StreamFormat(360, 288, Fraction(25), "mjpeg", "progressive", JPEG_FULL)
LOOK_S = 0.2
RNG = np.random.default_rng(3)
GRAIN = [RNG.normal(0, 3, (288, 360)).astype(np.float32) for _ in range(5)]
SCENE = cv2.GaussianBlur(RNG.uniform(0, 255, (288, 360)).astype(np.float32), (0, 0), 25)
SCENE = 40 + 150 * (SCENE - SCENE.min()) / np.ptp(SCENE)
Picture = Callable[[int], np.ndarray]


def planes(luma: np.ndarray, u: int = 120, v: int = 134) -> tuple[np.ndarray, ...]:
    chroma = np.full((288, 180), u, np.uint8), np.full((288, 180), v, np.uint8)
    return np.clip(luma + 0.5, 0, 255).astype(np.uint8), *chroma


def playing(look: int) -> np.ndarray:
    return np.roll(SCENE, look * 3, 1) + GRAIN[look % 5]


def paused(look: int) -> np.ndarray:
    return SCENE + GRAIN[look % 5]


def hanging(look: int) -> np.ndarray:
    return SCENE


class Viewer:
    """Looks as the reader of a device does; ``see`` says what it made of the last look."""

    def __init__(self, style: StreamFormat = TAPE, role: Role = Role.TAPE) -> None:
        self.watch, self._looks = SignalWatch(style, role), count()

    def see(
        self, picture: Picture, seconds: float, driver: Signal = Signal.UNKNOWN, silent: bool = False
    ) -> Sight:
        sight = Sight()
        for _ in range(round(seconds / LOOK_S)):
            look = next(self._looks)
            frame = VideoFrame(look * 5, look * LOOK_S, planes=planes(picture(look)))
            sight = self.watch.look(frame, driver, silent)
        return sight


def test_a_tape_that_plays() -> None:
    assert Viewer().see(playing, 15) == Sight(Signal.OK, Signal.OK)


def test_a_dongle_that_repeats_its_picture_is_frozen_and_in_silence_it_is_a_loss() -> None:
    viewer = Viewer()
    viewer.see(playing, 3)
    assert viewer.see(hanging, 2.8) == Sight(Signal.OK, Signal.OK)
    sight = viewer.see(hanging, 4, silent=True)
    assert (sight.signal, sight.evidence) == (Signal.FROZEN, Signal.FROZEN)
    assert sight.dead_s == pytest.approx(6.6, abs=0.01)
    assert viewer.see(hanging, 1).evidence is Signal.OK, "while something is heard the tape goes on"
    assert viewer.see(playing, 0.4) == Sight(Signal.OK, Signal.OK)


def test_a_pause_and_a_title_stand_still_and_are_pictures() -> None:
    viewer = Viewer()
    assert viewer.see(paused, 9.8, silent=True).signal is Signal.OK
    assert viewer.see(paused, 60, silent=True) == Sight(Signal.FROZEN, Signal.OK)
    assert viewer.see(playing, 0.4).signal is Signal.OK


def test_a_small_hand_that_moves_is_no_still_picture() -> None:
    def waving(look: int) -> np.ndarray:
        luma = paused(look).copy()
        luma[100:140, 100 + look % 40 : 130 + look % 40] += 40
        return luma

    assert Viewer().see(waving, 20).signal is Signal.OK


@pytest.mark.parametrize("driver", [Signal.UNKNOWN, Signal.OK])
def test_a_black_leader_is_not_called_still(driver: Signal) -> None:
    signal = Viewer().see(lambda look: np.full((288, 360), 16.0), 20, driver, silent=True)
    assert signal.signal is (Signal.OK if driver is Signal.OK else Signal.NONE)


@pytest.mark.parametrize("driver", [Signal.WRONG_STANDARD, Signal.PUMPING])
def test_what_a_driver_knows_is_told_and_ends_no_take(driver: Signal) -> None:
    assert Viewer().see(playing, 1, driver) == Sight(driver, Signal.OK)


def test_snow_and_blue_come_before_the_standard() -> None:
    snow = Viewer().see(lambda look: RNG.normal(110, 55, (288, 360)), 1, Signal.WRONG_STANDARD)
    assert snow == Sight(Signal.NOISE, Signal.NOISE)


def test_a_dongle_that_compresses_is_looked_into() -> None:
    viewer, lost = Viewer(DONGLE), VideoFrame(0, 0.0, data=b"torn")

    def see(luma: np.ndarray, u: int = 120, v: int = 134, seconds: float = 0.2) -> Signal:
        sight = Sight()
        for _ in range(round(seconds / LOOK_S)):
            data = jpeg(*planes(luma, u, v))
            stamp_s = next(viewer._looks) * LOOK_S
            sight = viewer.watch.look(replace(lost, timestamp_s=stamp_s, data=data), Signal.UNKNOWN, True)
        return sight.signal

    flat = np.ones((288, 360))
    assert see(playing(0)) is Signal.OK
    assert see(41 * flat, 220, 112) is Signal.BLUE
    assert see(16 * flat, 128, 128) is Signal.NONE
    assert see(cv2.GaussianBlur(RNG.normal(0, 130, (288, 360)), (15, 1), 1.0) + 110) is Signal.NOISE
    assert see(SCENE, seconds=4) is Signal.FROZEN
    assert viewer.watch.look(lost, Signal.UNKNOWN, True).signal is Signal.FROZEN, "a torn one tells nothing"


def jpeg(y: np.ndarray, u: np.ndarray, v: np.ndarray) -> bytes:
    full = cv2.merge([y, np.repeat(v, 2, 1), np.repeat(u, 2, 1)])
    return cv2.imencode(".jpg", cv2.cvtColor(full, cv2.COLOR_YCrCb2BGR))[1].tobytes()


def test_an_eye_for_jpeg_gives_half_the_size_and_nothing_for_rubbish() -> None:
    eye = JpegEye()
    seen = eye.look(jpeg(*planes(SCENE)))
    assert seen is not None
    assert seen[0].shape == (144, 180)
    half = cv2.resize(SCENE, (180, 144), interpolation=cv2.INTER_AREA)
    assert np.abs(seen[0] - half).mean() < 3
    grey = eye.look(cv2.imencode(".jpg", SCENE)[1].tobytes())
    assert grey is not None, "some cameras send pictures without colour"
    assert (grey[0].shape, grey[1].min(), grey[2].max()) == ((144, 180), 128, 128)
    assert eye.look(b"no picture") is None
    assert eye.look(b"") is None


def test_a_camera_may_stand_still_and_its_jpegs_are_not_opened() -> None:
    assert Viewer(role=Role.CAMERA).see(hanging, 20, silent=True) == Sight(Signal.OK, Signal.OK)
    viewer = Viewer(DONGLE, Role.CAMERA)
    sight = viewer.watch.look(VideoFrame(0, 0.0, data=b"anything"), Signal.OK, True)
    assert sight == Sight(Signal.OK, Signal.OK)


def counted(style: StreamFormat, periods: list[float]) -> bool:
    watch, now_s = StandardWatch(style), 5.0
    for period_s in periods:
        watch.count(now_s)
        now_s += period_s
    return watch.wrong


@pytest.mark.parametrize(("mine", "other"), [(Fraction(25), 29.97), (Fraction(30000, 1001), 25.0)])
def test_fields_of_the_other_rate_are_of_the_other_standard(mine: Fraction, other: float) -> None:
    style, jitter = replace(TAPE, rate=mine), np.random.default_rng(1).normal(0, 0.004, 100)
    assert counted(style, [1 / other + j for j in jitter])
    assert not counted(style, [float(1 / mine) + j for j in jitter])
    assert not counted(style, [1 / other] * 70), "not before three seconds have been seen"
    assert not counted(replace(style, field_order="progressive"), [1 / other] * 100)


def test_lost_frames_are_not_another_standard() -> None:
    ntsc = replace(TAPE, rate=Fraction(30000, 1001))
    assert not counted(ntsc, [0.03337, 0.03337, 0.03337, 0.03337, 0.06673] * 20), "25 a second, with gaps"


def test_the_rate_that_comes_is_told_like_a_drivers_word() -> None:
    viewer = Viewer()
    for number in range(80):
        viewer.watch.count(VideoFrame(number, number / 29.97))
    assert viewer.see(playing, 0.4, Signal.OK).signal is Signal.WRONG_STANDARD
    assert viewer.see(playing, 0.4, Signal.NONE).signal is Signal.NONE
