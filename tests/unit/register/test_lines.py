"""Lines that stray are found by the camera's picture; the camera's own error is not taken for theirs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.register.lines import LineShifts, far_shifts, line_shifts

ROWS, COLUMNS = 288, 480
SEEN = np.full((ROWS, COLUMNS), 255, np.uint8)
Floats = NDArray[np.floating]


def scene(seed: int = 3) -> Floats:
    rng = np.random.default_rng(seed)
    layers = [
        cv2.GaussianBlur(rng.standard_normal((ROWS, COLUMNS)), (0, 0), s) * s * 45 for s in (1.5, 4.0, 12.0)
    ]
    return np.clip(125 + np.asarray(sum(layers)), 20, 230)


def displaced(picture: Floats, x: Floats | float, y: Floats | float = 0.0) -> Floats:
    """To the right and down."""
    down, across = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    places = (across - x).astype(np.float32), (down - y).astype(np.float32)
    return cv2.remap(picture.astype(np.float32), *places, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def tape_field(picture: Floats, px: Floats, bottom: bool = False, noise: float = 5.0) -> NDArray[np.uint8]:
    """Narrower than the camera's picture, noisy, each line a little aside."""
    soft = cv2.GaussianBlur(picture, (0, 0), sigmaX=1.5, sigmaY=0.01)
    strayed = displaced(soft[int(bottom) :: 2], px[:, None])
    return eight(strayed + np.random.default_rng(7).normal(0, noise, strayed.shape))


def eight(picture: Floats) -> NDArray[np.uint8]:
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def strays(px: float = 1.0) -> Floats:
    """With no straight line in it, for that could as well be the camera's."""
    drawn, line = np.random.default_rng(5).normal(0, px, ROWS // 2), np.arange(ROWS // 2)
    return drawn - np.polyval(np.polyfit(line, drawn, 1), line)


def rms(values: Floats) -> float:
    return float(np.sqrt(np.mean((values - values.mean()) ** 2)))


@pytest.mark.parametrize("bottom", [False, True])
def test_lines_that_stray_are_found(bottom: bool) -> None:
    px = strays()
    found = line_shifts(tape_field(scene(), px, bottom), eight(scene() * 0.9 + 20), SEEN, bottom)
    assert rms(found.px - px) < 0.15
    assert float(np.sqrt(np.median(found.variance))) < 0.2


def test_a_camera_that_lies_a_little_beside_its_place_does_little_harm() -> None:
    px = strays()
    grid = np.random.default_rng(2).standard_normal((2, 4, 5)).astype(np.float32)
    error = [cv2.resize(plane, (COLUMNS, ROWS), interpolation=cv2.INTER_CUBIC) for plane in grid]
    error = [0.25 * plane / plane.std() for plane in error]
    found = line_shifts(tape_field(scene(), px), eight(displaced(scene(), *error)), SEEN, False)
    assert rms(found.px - px) < 0.3


@pytest.mark.parametrize("slant_px", [0.0, 1.0])
def test_a_whole_picture_that_lies_aside_or_aslant_is_not_the_tapes_doing(slant_px: float) -> None:
    px = strays(0.5)
    aside = 2.5 + slant_px * np.linspace(-1, 1, ROWS)[:, None]
    found = line_shifts(tape_field(scene(), px), eight(displaced(scene(), aside)), SEEN, False)
    assert abs(float(found.px.mean())) < 0.2
    assert rms(found.px - px) < 0.2


def test_slanted_edges_of_a_camera_that_lies_too_high_are_not_taken_for_shifts() -> None:
    down, across = np.mgrid[:ROWS, :COLUMNS]
    roof = 40 * np.sin((across + 3 * np.abs(down - ROWS / 2)) / 5)
    picture = np.clip(125 + roof + 0.6 * (scene() - 125), 20, 230)
    px = strays(0.5)
    found = line_shifts(tape_field(picture, px), eight(displaced(picture, 0, 0.4)), SEEN, False)
    assert rms(found.px - px) < 0.25


def nothing(found: LineShifts) -> bool:
    return bool((found.px == 0).all() and np.isinf(found.variance).all())


def test_a_camera_that_shows_something_else_or_lies_too_high_moves_nothing() -> None:
    field = tape_field(scene(), strays())
    assert nothing(line_shifts(field, eight(scene(4)), SEEN, False))
    assert nothing(line_shifts(field, eight(displaced(scene(), 0, 3.0)), SEEN, False))
    assert nothing(line_shifts(field, eight(scene()), np.zeros_like(SEEN), False))


def test_lines_after_the_change_of_heads_are_found_far_off() -> None:
    px = strays(0.3)
    px[-6:] = [34, 21, 14, 9, 6, 4]
    found = line_shifts(tape_field(scene(), px), eight(scene()), SEEN, False)
    assert np.abs(found.px - px)[-6:].max() < 0.8
    assert rms((found.px - px)[:-6]) < 0.15


def test_lines_with_nothing_on_them_stay_and_are_told() -> None:
    plain = scene()
    plain[120:200] = 130
    px = strays()
    found = line_shifts(tape_field(plain, px), eight(displaced(plain, 2.0)), SEEN, False)
    empty = slice(64, 96)
    assert float(np.abs(found.px[empty]).max()) < 1.0
    assert abs(float(found.px[empty].mean())) < 0.5
    assert found.variance[empty].min() > 10 * found.variance[:50].max()
    assert rms((found.px - px)[:56]) < 0.15


def test_what_the_camera_does_not_show_has_no_say() -> None:
    px = strays()
    hidden, seen = scene(), SEEN.copy()
    hidden[:, 200:] = scene(9)[:, 200:]
    seen[:, 200:] = 0
    hidden[:60], seen[:60] = hidden[60], 0
    found = line_shifts(tape_field(scene(), px), eight(hidden), seen, False)
    assert rms((found.px - px)[32:]) < 0.25
    assert found.variance[:28].min() > 100 * found.variance[32:].max()


@pytest.mark.parametrize("size", [(4, 4), (8, 16), (64, 20), (96, 128)])
def test_very_small_pictures_pass(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 255, size).astype(np.uint8)
    found = line_shifts(picture[::2], picture, np.full(size, 255, np.uint8), False)
    assert found.px.shape == (size[0] // 2,)
    assert np.isfinite(found.px).all()


def test_what_strays_less_than_a_registration_errs_is_left_to_the_tape() -> None:
    found = far_shifts(LineShifts(np.array([0.0, 1.5, -2.5, 30.0]), np.full(4, 0.01)))
    assert found.px.tolist() == [0.0, 0.0, -2.5, 30.0]
    assert found.variance.tolist() == [np.inf, np.inf, 0.01, 0.01]
