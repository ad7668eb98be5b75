"""What a tape shows again where nothing moves, and what a film lacks beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance.adapt.again import REACH_PX, Fit, again, left, places_of, still
from appliance.adapt.windows import Window, filtered, played, windows_of
from appliance.core.types import Picture
from appliance.sim.tape.parameters import TapeParameters

BLUR = np.array([0.0] * 10 + [0.1, 0.25, 0.3, 0.25, 0.1] + [0.0] * 10)


def noisy(plane: np.ndarray, seed: int, levels: float = 4) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, levels, plane.shape)
    return np.clip(np.rint(plane + noise), 0, 255).astype(np.uint8)


def test_what_moves_is_not_still() -> None:
    picture = np.full((80, 120), 100.0)
    moved = picture.copy()
    picture[20:40, 20:40] = moved[20:40, 60:80] = 200
    where = still(noisy(picture, 1), noisy(picture, 2), noisy(moved, 3))
    assert not where[24:36, 24:36].any()
    assert not where[24:36, 64:76].any()
    assert where[50:, 10:110].mean() > 0.8


def test_what_slowly_gets_lighter_is_not_still_either() -> None:
    """By less than the noise, so that no single place shows it."""
    plane = np.full((80, 120), 100.0)
    assert still(noisy(plane, 1), noisy(plane, 2), noisy(plane, 3)).mean() > 0.8
    assert still(noisy(plane, 1), noisy(plane + 2, 2), noisy(plane + 4, 3)).mean() < 0.2


@pytest.fixture
def windows(make_scene) -> list[Window]:
    return tape_of(make_scene(1)[0], luma_noise=4.0)


def tape_of(scene: Picture, **wear: float) -> list[Window]:
    tape = replace(TapeParameters(seed=2), **wear)  # type: ignore[arg-type]
    return list(windows_of(played([scene] * 14, tape, 0), "tff"))


def test_both_fields_are_shown_again_where_they_belong(make_scene) -> None:
    scene = make_scene(1)[0]
    windows = tape_of(scene)
    assert list(places_of(windows)) == [5, 6, 7, 8]
    for place in (6, 7):
        seen = again(windows, place)
        assert seen.still[:-16].mean() > 0.9
        assert not seen.still[-16:].any()
        assert np.abs(seen.shown - scene.y)[seen.still].max() <= 1


def test_the_noise_of_what_is_shown_is_no_fault_of_a_film(make_scene, windows: list[Window]) -> None:
    seen, truth, own = again(windows, 6), make_scene(1)[0].y, windows[6].plain.y
    assert left(seen, truth) < 1
    assert left(seen, own) == pytest.approx(13, rel=0.3), "half the rows are means of two"


def test_what_the_tape_itself_has_lost_is_none_either(make_scene) -> None:
    scene = make_scene(1)[0]
    soft = tape_of(scene, luma_cut_mhz=1.2)
    assert np.square(soft[6].plain.y - scene.y.astype(float))[:-16].mean() > 2
    assert left(again(soft, 6), scene.y) < 1


def test_a_response_is_found_whatever_the_noise() -> None:
    film = noisy(np.full((240, 300), 120.0), 2, 30)
    everywhere = np.ones(film.shape, bool)
    fit = Fit()
    fit.add(film, filtered(film, BLUR) + np.random.default_rng(3).normal(0, 5, film.shape), everywhere)
    assert fit.taps().sum() == pytest.approx(1)
    assert np.abs(fit.taps() - BLUR).max() < 0.02
    fit = Fit()
    fit.add(film, filtered(film, np.roll(BLUR, 2)), everywhere)
    assert np.argmax(fit.taps()) == REACH_PX + 2
    assert Fit().taps()[REACH_PX] == pytest.approx(1)
