"""What one pair of pictures says of place, likeness and focus."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.core.types import Plane
from appliance.register.follow import basis, fitted
from appliance.register.measure import Cells, compare, structure
from appliance.register.place import NODES

ROWS, COLUMNS = 288, 360
EVERYWHERE = np.ones((ROWS, COLUMNS), np.float32)


def blots(seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    fine, coarse = (
        cv2.GaussianBlur(rng.standard_normal((ROWS, COLUMNS)), (0, 0), s) * 25 * s for s in (1.6, 4.0)
    )
    return 120 + fine + coarse


def levels(values: np.ndarray, noise: float = 0.0) -> Plane:
    grain = np.random.default_rng(9).normal(0, noise, values.shape)
    return np.clip(np.rint(values + grain), 0, 255).astype(np.uint8)


def moved(values: np.ndarray, x: float, y: float) -> np.ndarray:
    """Exactly, and round the edges."""
    turns = np.fft.fftfreq(ROWS)[:, None] * y + np.fft.fftfreq(COLUMNS)[None] * x
    return np.fft.ifft2(np.fft.fft2(values) * np.exp(-2j * np.pi * turns)).real


def cells(film: np.ndarray, guide: np.ndarray, noise: float = 4.0) -> Cells:
    return compare(structure(levels(film, noise)), structure(levels(guide)), EVERYWHERE, 2.0)


def test_the_shift_is_found_in_tape_pixels_whatever_noise_and_contrast():
    scene = blots()
    found = basis() @ fitted(cells(0.6 * moved(scene, -0.3, 0.15) + 40, scene))
    assert found[2:-2, 2:-2].mean((0, 1)) == pytest.approx((0.6, -0.3), abs=0.1)


def test_a_cell_that_shows_something_else_has_no_say():
    film = moved(blots(), -0.3, 0.0)
    film[60:200, 60:250] = blots(7)[60:200, 60:250]
    told = cells(film, blots())
    assert told.alike[4, 5] < 0.3 < 0.9 < told.alike[0, 0]
    assert (basis() @ fitted(told))[..., 0].mean() == pytest.approx(0.6, abs=0.12)


@pytest.mark.parametrize(
    ("on_film", "on_camera", "soft"), [(1.2, 0.0, False), (0.0, 1.5, True), (1.2, 2.5, True)]
)
def test_a_camera_out_of_focus_is_told_from_a_soft_tape(on_film, on_camera, soft):
    film, camera = (cv2.GaussianBlur(blots(), (0, 0), s) if s else blots() for s in (on_film, on_camera))
    told = cells(film, 1.4 * camera - 50)
    assert (float(np.median(told.sharper)) > 1.1) == soft


def test_what_the_camera_does_not_see_counts_for_nothing():
    scene, half = blots(), EVERYWHERE.copy()
    half[:, COLUMNS // 2 :] = 0
    told = compare(structure(levels(scene)), structure(levels(scene)), half, 2.0)
    assert told.info[:, : NODES[1] // 2 - 1, (0, 2)].min() > 0
    assert not told.info[:, NODES[1] // 2 + 1 :].any()


def test_flat_grey_says_nothing():
    grey = np.full((ROWS, COLUMNS), 90.0)
    told = cells(grey, grey, 0.0)
    assert told.film_power < 0.01
    assert not told.info.any()
