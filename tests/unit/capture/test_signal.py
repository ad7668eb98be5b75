from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.capture.signal import TapeEndDetector, classify, combine
from appliance.core.types import Signal

HEIGHT, WIDTH = 576, 720
Planes = tuple[np.ndarray, np.ndarray, np.ndarray]


def noisy(y: np.ndarray, u: float | np.ndarray, v: float | np.ndarray, sigma: float, seed: int = 1) -> Planes:
    """The planes with a tape's noise: short along a line, different on every line."""
    rng = np.random.default_rng(seed)

    def plane(base: float | np.ndarray, width: int) -> np.ndarray:
        white = rng.normal(0, 1, (HEIGHT, width)).astype(np.float32)
        grain = cv2.GaussianBlur(white, (7, 1), 1.2)
        return np.clip(base + sigma * grain / grain.std(), 0, 255).astype(np.uint8)

    return plane(y, WIDTH), plane(u, WIDTH // 2), plane(v, WIDTH // 2)


ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
EVEN = np.ones((HEIGHT, WIDTH), np.float32)


def scene(sigma: float) -> Planes:
    return noisy(110 + 60 * np.sin(COLUMNS / 40) * np.cos(ROWS / 30), 128, 128, sigma)


def dark_room() -> Planes:
    return noisy(18 + 5 * np.exp(-((COLUMNS - 400) ** 2 + (ROWS - 300) ** 2) / 9000), 128, 128, 1.7)


def sky() -> Planes:
    return noisy(150 + ROWS / 12, 158 - ROWS[:, ::2] / 60, 112 + ROWS[:, ::2] / 90, 2)


def deep_sky() -> Planes:
    """Saturated and rather dark, yet shaded as skies are."""
    return noisy(70 + ROWS / 12, 178 - ROWS[:, ::2] / 20, 108 + ROWS[:, ::2] / 30, 2)


def title() -> Planes:
    """A camcorder's white letters on its blue."""
    y = 50 * EVEN
    for row in (200, 300, 400):
        y[row : row + 40, 120:600] = np.where((COLUMNS[row : row + 40, 120:600] // 12) % 2, 210, 50)
    return noisy(y, 190, 112, 2)


def meadow() -> Planes:
    """Fine detail everywhere, as near to snow as a picture gets."""
    rng = np.random.default_rng(5)
    detail = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 2.0)
    return noisy(100 + 45 * detail / detail.std(), 118, 122, 4)


PICTURES = {
    "film": scene(3),
    "worn tape": scene(18),
    "dark room": dark_room(),
    "black leader of a tape": noisy(17 * EVEN, 128, 128, 1.8),
    "sky": sky(),
    "deep sky": deep_sky(),
    "title on blue": title(),
    "meadow": meadow(),
}


@pytest.mark.parametrize("name", PICTURES)
def test_what_was_filmed_is_a_picture(name: str) -> None:
    assert classify(*PICTURES[name]) is Signal.OK


@pytest.mark.parametrize("colour", [(41, 240, 110), (35, 212, 114), (29, 210, 116), (60, 180, 105)])
@pytest.mark.parametrize("sigma", [0.0, 2.5])
def test_blue_of_a_vcr(colour: tuple[int, int, int], sigma: float) -> None:
    y, u, v = colour
    assert classify(*noisy(y * EVEN, u, v, sigma)) is Signal.BLUE


def test_blue_with_the_small_lettering_of_a_vcr() -> None:
    y = 41 * EVEN
    y[60:90, 80:200] = np.where((COLUMNS[60:90, 80:200] // 10) % 2, 200, 41)
    assert classify(*noisy(y, 220, 112, 1)) is Signal.BLUE


@pytest.mark.parametrize("colour", [(16, 128, 128), (0, 0, 0), (126, 128, 128), (0, 128, 128)])
def test_a_flat_picture_of_a_dongle_is_no_signal(colour: tuple[int, int, int]) -> None:
    y, u, v = colour
    assert classify(*noisy(y * EVEN, u, v, 0.5)) is Signal.NONE


@pytest.mark.parametrize("grain", [0.3, 1.5, 3.0])
def test_snow(grain: float) -> None:
    white = np.random.default_rng(2).normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32)
    snow = cv2.GaussianBlur(white, (15, 1), grain)
    planes = noisy(110 + 55 * snow / snow.std(), 128, 128, 5)
    assert classify(*planes) is Signal.NOISE


def test_small_pictures_are_understood_as_well() -> None:
    small = tuple(np.ascontiguousarray(plane[::4, ::4]) for plane in scene(3))
    assert classify(*small) is Signal.OK  # type: ignore[arg-type]


def test_a_black_scene_is_no_loss_where_the_driver_sees_a_signal() -> None:
    assert combine(Signal.OK, Signal.NONE) is Signal.OK
    assert combine(Signal.UNKNOWN, Signal.NONE) is Signal.NONE
    assert combine(Signal.NONE, Signal.OK) is Signal.NONE
    assert combine(Signal.OK, Signal.BLUE) is Signal.BLUE


def fed(detector: TapeEndDetector, *stretches: tuple[Signal, float], start_s: float = 0.0) -> bool:
    now_s = start_s
    for signal, duration_s in stretches:
        for _ in range(round(duration_s * 5)):
            detector.feed(signal, now_s)
            now_s += 0.2
    return detector.ended


def test_the_tape_has_ended_after_the_set_time_of_blue() -> None:
    detector = TapeEndDetector(8.0)
    assert not fed(detector, (Signal.OK, 5), (Signal.BLUE, 7.8))
    assert detector.remaining_s == pytest.approx(0.4, abs=0.25)
    assert fed(detector, (Signal.BLUE, 1), start_s=12.8)


def test_a_short_loss_ends_nothing() -> None:
    detector = TapeEndDetector(8.0)
    assert not fed(detector, *[(Signal.OK, 3), (Signal.NOISE, 6)] * 5, (Signal.OK, 2))
    assert detector.remaining_s is None


def test_blue_before_anybody_pressed_play_is_not_the_end() -> None:
    assert not fed(TapeEndDetector(8.0), (Signal.BLUE, 60))
    assert fed(TapeEndDetector(8.0, armed=True), (Signal.BLUE, 9))


def test_another_loss_counts_from_its_own_start() -> None:
    assert not fed(TapeEndDetector(8.0), (Signal.OK, 3), (Signal.NOISE, 5), (Signal.BLUE, 5))


def test_a_flicker_of_picture_within_snow_does_not_start_it_anew() -> None:
    assert fed(TapeEndDetector(8.0), (Signal.OK, 3), *[(Signal.NOISE, 2), (Signal.OK, 0.2)] * 5)


def test_a_clock_that_begins_anew_ends_nothing_and_holds_up_nothing() -> None:
    detector = TapeEndDetector(4.0, armed=True)
    detector.feed(Signal.NONE, 5000.0)
    detector.feed(Signal.NONE, 1.0)
    assert detector.remaining_s == 4.0
    assert detector.feed(Signal.NONE, 5.0)
