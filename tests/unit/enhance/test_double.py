"""Twice the size: nothing moves, and the camera adds what the film cannot hold only where it is believed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.enhance.double import Fine, doubled, halved, halved_picture

ROWS, COLUMNS = 288, 384


@pytest.fixture(scope="module")
def sharp() -> Picture:
    """A scene at twice the size, with detail that half of it cannot hold, but for its calm left."""
    rng = np.random.default_rng(3)
    coarse, fine = (
        cv2.GaussianBlur(rng.normal(0, 1, (2 * ROWS, 2 * COLUMNS)), (0, 0), sigma) for sigma in (5.0, 0.8)
    )
    fine[:, : COLUMNS * 2 // 3] = 0
    y = 128 + 40 * coarse / coarse.std() + 12 * fine / fine.std()
    u, v = (np.full((ROWS, COLUMNS), level, np.uint8) for level in (110, 150))
    return Picture(y.clip(0, 255).astype(np.uint8), u, v, 2.5)


def fine(sharp: Picture, coverage: int = 255, strength: float = 1.0, alone: np.ndarray | None = None) -> Fine:
    film = halved(sharp.y) if alone is None else alone
    return Fine(sharp, film, np.full((ROWS, COLUMNS), coverage, np.uint8), strength)


def error(one: np.ndarray, other: np.ndarray) -> float:
    return float(((one.astype(float) - other)[16:-16, 16:-16] ** 2).mean())


def test_a_ramp_stays_in_its_place() -> None:
    """Light is centred; colour of 4:2:0 sits on the left of its pair of pixels, at both sizes."""
    light, colour = (
        np.tile(np.arange(10, 250, step, np.uint8), (rows, 1)) for step, rows in ((8, 32), (16, 16))
    )
    large = doubled(Picture(light, colour, colour, 0.0), None)
    for plane, step, first_px in ((large.y, 8, 0.5), (large.u, 16, 0.25), (large.v, 16, 0.25)):
        wanted = 10 + step * (np.arange(plane.shape[1]) - first_px) / 2
        assert np.abs(plane[8, 6:-6] - wanted[6:-6]).max() < 0.9
    back = halved_picture(large)
    for plane, was in ((back.y, light), (back.u, colour)):
        assert np.abs(plane[:, 4:-4].astype(int) - was[:, 4:-4]).max() <= 1


@pytest.mark.parametrize("size", [(64, 96), (61, 95)])
def test_any_size_is_doubled(size: tuple[int, int]) -> None:
    rows, columns = size
    small = np.zeros((-(-rows // 2), -(-columns // 2)), np.uint8)
    large = doubled(Picture(np.zeros(size, np.uint8), small, small, 1.5), None)
    assert large.y.shape == (2 * rows, 2 * columns)
    assert large.u.shape == large.v.shape == (rows, columns)
    assert large.time_s == 1.5


def test_the_camera_gives_what_the_film_cannot_hold(sharp: Picture) -> None:
    film = halved_picture(sharp)
    plain, helped = doubled(film, None), doubled(film, fine(sharp))
    assert error(helped.y, sharp.y) < error(plain.y, sharp.y) / 4
    assert np.array_equal(plain.u, helped.u)


def test_what_the_camera_gave_already_does_not_speak_for_it(sharp: Picture) -> None:
    """The film is what a wrong camera made of it; what the tape alone gave knows better."""
    stranger = Picture(np.ascontiguousarray(sharp.y[::-1, ::-1]), sharp.u, sharp.v, 2.5)
    film, own = halved_picture(stranger), halved(sharp.y)
    assert np.array_equal(doubled(film, fine(stranger, alone=own)).y, doubled(film, None).y)


def test_where_the_camera_is_not_believed_no_byte_changes(sharp: Picture) -> None:
    film = halved_picture(sharp)
    stranger = Picture(np.ascontiguousarray(sharp.y[::-1, ::-1]), sharp.u, sharp.v, 2.5)
    plain = doubled(film, None)
    for given in (fine(sharp, coverage=0), fine(sharp, strength=0.0), fine(stranger, alone=film.y)):
        assert np.array_equal(doubled(film, given).y, plain.y)
