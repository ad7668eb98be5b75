from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.core.types import Picture
from appliance.enhance.guide import inject

ROWS, COLUMNS = 288, 352
SEEN = np.full((ROWS, COLUMNS), 255, np.uint8)


def _scene(seed: int) -> Picture:
    rng = np.random.default_rng(seed)
    yuv = np.full((ROWS, COLUMNS, 3), 128, np.uint8)
    for _ in range(180):
        corner, size = rng.integers(0, (COLUMNS, ROWS)), rng.integers(6, 60, 2)
        colour = tuple(int(c) for c in rng.integers((40, 80, 80), (215, 176, 176)))
        cv2.rectangle(yuv, corner.tolist(), (corner + size).tolist(), colour, int(rng.choice([-1, 2])))
    u, v = (cv2.resize(yuv[..., i], (COLUMNS // 2, ROWS // 2), interpolation=cv2.INTER_AREA) for i in (1, 2))
    return Picture(yuv[..., 0].copy(), u, v, 0.5)


def _blurred(plane: NDArray[np.uint8], sideways_px: float, noise: float) -> NDArray[np.uint8]:
    soft = cv2.GaussianBlur(plane.astype(np.float32), (0, 0), sigmaX=sideways_px, sigmaY=0.8)
    return np.clip(soft + np.random.default_rng(9).normal(0, noise, plane.shape), 0, 255).astype(np.uint8)


def _as_film(truth: Picture) -> Picture:
    return Picture(_blurred(truth.y, 2.0, 3.0), _blurred(truth.u, 4.0, 2.0), _blurred(truth.v, 4.0, 2.0), 0.5)


def _as_guide(truth: Picture) -> Picture:
    """The camera: sharp, a little noisy, a little brighter than it should be."""
    return Picture(_blurred(truth.y, 0.6, 2.0) + np.uint8(4), truth.u, truth.v, 0.51)


def _psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(np.float64) - b) ** 2)))


def _gain_db(made: Picture, film: Picture, truth: Picture, plane: str = "y") -> float:
    after, before, goal = (getattr(picture, plane) for picture in (made, film, truth))
    return _psnr(after, goal) - _psnr(before, goal)


def _same(a: Picture, b: Picture) -> bool:
    return all(np.array_equal(getattr(a, plane), getattr(b, plane)) for plane in "yuv")


def test_a_right_guide_gives_detail_and_colour():
    truth = _scene(1)
    film = _as_film(truth)
    made = inject(film, _as_guide(truth), SEEN, 1.0)
    assert _gain_db(made, film, truth) > 2.0
    assert _gain_db(made, film, truth, "u") > 2.0
    assert made.time_s == film.time_s
    assert abs(float(made.y.mean()) - float(film.y.mean())) < 0.5  # the light stays the tape's


def test_half_the_strength_gives_part_of_the_gain():
    truth = _scene(1)
    film, guide = _as_film(truth), _as_guide(truth)
    half, whole = (_gain_db(inject(film, guide, SEEN, s), film, truth) for s in (0.5, 1.0))
    assert 0.3 < half < whole


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_a_wrong_guide_costs_nothing(seed):
    film = _as_film(_scene(1))
    assert _same(inject(film, _as_guide(_scene(seed)), SEEN, 1.0), film)


def test_no_strength_and_no_coverage_leave_the_bytes_alone():
    truth = _scene(1)
    film, guide = _as_film(truth), _as_guide(truth)
    assert _same(inject(film, guide, SEEN, 0.0), film)
    assert _same(inject(film, guide, np.zeros_like(SEEN), 1.0), film)


def test_what_the_camera_does_not_see_stays():
    truth = _scene(1)
    film = _as_film(truth)
    part = SEEN.copy()
    part[:, :150] = 0
    made = inject(film, _as_guide(truth), part, 1.0)
    assert np.array_equal(made.y[:, :140], film.y[:, :140])
    assert not np.array_equal(made.y[:, 170:], film.y[:, 170:])


@pytest.mark.parametrize(("down", "across"), [(0, 2), (2, 0), (5, 5)])
def test_a_misplaced_guide_is_not_believed(down, across):
    truth = _scene(1)
    film, guide = _as_film(truth), _as_guide(truth)
    moved = Picture(np.roll(guide.y, (down, across), (0, 1)), guide.u, guide.v, 0.5)
    assert _gain_db(inject(film, moved, SEEN, 1.0), film, truth) > -0.05


def test_a_hand_before_the_lens_stays_out_of_the_film():
    truth = _scene(1)
    film, guide = _as_film(truth), _as_guide(truth)
    hidden = guide.y.copy()
    hidden[90:190, 110:230] = np.random.default_rng(1).integers(60, 90, (100, 120))
    made = inject(film, Picture(hidden, guide.u, guide.v, 0.5), SEEN, 1.0)
    behind = np.s_[100:180, 120:220]
    assert _psnr(made.y[behind], truth.y[behind]) > _psnr(film.y[behind], truth.y[behind]) - 0.05
    assert _gain_db(made, film, truth) > 1.0
