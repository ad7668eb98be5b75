"""Pictures become curves: fields at their own times, motion over the same time, and no picture is kept."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.sync.features import FRAMES_PER_S
from appliance.sync.light_curve import CELLS, COLUMNS, ROWS, LightCurve, read_light
from appliance.sync.light_features import light_features

GREY = np.full((2, 2), 128, np.uint8)


def picture(rows: np.ndarray, time_s: float) -> Picture:
    return Picture(np.asarray(rows, np.uint8), GREY, GREY, time_s)


def bar(place: float, height: int = 48) -> np.ndarray:
    rows = np.full((height, 64), 60, np.uint8)
    rows[:, round(place) : round(place) + 8] = 200
    return rows


def woven(first: np.ndarray, second: np.ndarray, parity: int) -> np.ndarray:
    rows = np.empty((96, 64), np.uint8)
    rows[parity::2], rows[1 - parity :: 2] = first, second
    return rows


def swept(parity: int) -> Iterator[Picture]:
    """A bar that goes on by a pixel with every field."""
    for k in range(20):
        yield picture(woven(bar(2 * k), bar(2 * k + 1), parity), k / 25)


@pytest.mark.parametrize(("order", "parity"), [("tff", 0), ("bff", 1)])
def test_each_field_is_a_moment_of_its_own(order, parity):
    curve = read_light(swept(parity), order, 25.0)
    np.testing.assert_allclose(curve.time_s, np.arange(40) / 50)
    middle = curve.level.astype(float).reshape(-1, ROWS, COLUMNS).mean(axis=1) @ np.arange(COLUMNS)
    assert np.all(np.diff(middle) > -1e-3)  # with the wrong order it would go to and fro
    assert curve.level.shape == (40, CELLS)


def test_motion_is_measured_over_the_same_time_whatever_the_rate_is():
    def moving(rate: float) -> float:
        pictures = (picture(bar(20 * k / rate), k / rate) for k in range(round(2 * rate)))
        return float(read_light(pictures, "progressive", rate).motion.mean())

    assert moving(25) == pytest.approx(moving(50), rel=0.25)
    assert moving(30) == pytest.approx(moving(60), rel=0.25)
    assert moving(10) == pytest.approx(moving(25), rel=0.25)


def test_lamps_exposure_and_noise_are_no_motion():
    rng = np.random.default_rng(6)

    def motion(noise: float, flicker: float, moves: bool) -> np.ndarray:
        lamp = 1 + flicker * np.sin(np.arange(50) * 2.1)
        rows = (lamp[k] * bar(20 + k * moves) + rng.normal(0, noise, (48, 64)) for k in range(50))
        pictures = (picture(np.clip(seen, 0, 255), k / 25) for k, seen in enumerate(rows))
        return read_light(pictures, "progressive", 25.0).motion.astype(float).mean(axis=1)

    alone = motion(0.0, 0.0, True).mean()
    assert motion(3.0, 0.05, False).mean() < 0.1 * alone
    assert motion(3.0, 0.05, True).mean() == pytest.approx(alone, rel=0.25)


def test_a_gap_shows_no_motion_and_no_features():
    times_s = [k / 25 for k in range(250) if not 100 <= k < 150]
    rng = np.random.default_rng(1)
    pictures = [picture(bar(rng.uniform(0, 50)), t) for t in times_s]
    curve = read_light(pictures, "progressive", 25.0)
    assert not np.any((curve.motion_s > 3.99) & (curve.motion_s < 5.99))
    features = light_features(curve)
    assert np.all(features[:, round(4.3 * FRAMES_PER_S) : round(5.7 * FRAMES_PER_S)] == 0)
    assert np.any(features[:, : 3 * FRAMES_PER_S] != 0)


def test_pictures_that_go_back_in_time_or_are_tiny_are_left_out():
    pictures = [picture(bar(0), t) for t in (0.0, 0.04, 0.04, 0.02, 0.08)]
    pictures.append(picture(np.zeros((2, 2)), 0.12))
    assert list(read_light(pictures, "progressive", 25.0).time_s) == [0.0, 0.04, 0.08]


def test_no_picture_is_kept():
    """An hour of curves stays below fifty megabytes."""
    curve = read_light((picture(bar(k % 50), k / 50) for k in range(1000)), "progressive", 50.0)
    kept = sum(part.nbytes for part in (curve.time_s, curve.level, curve.motion_s, curve.motion))
    assert kept / len(curve.time_s) * 50 * 3600 < 50e6


def test_reading_tells_how_far_it_is():
    told: list[float] = []
    read_light((picture(bar(k), k / 25) for k in range(10)), "tff", 25.0, told.append)
    assert told == pytest.approx([k / 25 for k in range(10)])


def test_brightness_and_exposure_do_not_count():
    rng = np.random.default_rng(2)
    places = np.cumsum(rng.normal(0, 3, 500)) % 50

    def seen(gain: float, lift: float) -> LightCurve:
        pictures = (picture(np.clip(gain * bar(p) + lift, 0, 255), k / 25) for k, p in enumerate(places))
        return read_light(pictures, "progressive", 25.0)

    one, other = (light_features(seen(*how)).ravel() for how in ((1.0, 0.0), (0.6, 40.0)))
    assert np.corrcoef(one, other)[0, 1] > 0.9


def test_an_empty_film_is_an_empty_curve():
    curve = read_light([], "tff", 25.0)
    assert (len(curve.time_s), curve.duration_s, curve.motion.shape) == (0, 0.0, (0, CELLS))
