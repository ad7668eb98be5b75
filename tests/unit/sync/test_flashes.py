"""Flashes are found to a fraction of a picture, and nothing else is taken for one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance.sync.flash_match import flash_places, match_flashes, pairs_of
from appliance.sync.flashes import Flashes, find_flashes, without_flashes
from appliance.sync.light_curve import CELLS, COLUMNS, ROWS, LightCurve


def curve_of(level: np.ndarray, rate: float) -> LightCurve:
    rng = np.random.default_rng(5)
    time_s = np.arange(len(level)) / rate
    rows = (level[:, None] + rng.normal(0, 0.3, (len(level), CELLS))).astype(np.float32)
    return LightCurve(time_s, rows, time_s[1:], np.abs(np.diff(rows, axis=0)))


def lit(moments_s: list[float], rate: float, gain: float = 60.0, seconds: float = 20.0) -> LightCurve:
    """A short flash lights the picture during whose exposure it falls, or two at their border."""
    centre = np.arange(round(seconds * rate)) / rate
    share = [np.clip(1.5 - np.abs(centre - moment) * rate, 0, 1) for moment in moments_s]
    return curve_of(100 + gain * np.sum(share, axis=0), rate)


def flashes_at(times_s: list[float], end_s: float = 60.0) -> Flashes:
    count = len(times_s)
    return Flashes(np.array(times_s), np.full(count, 50.0), np.zeros(count), (0.0, end_s), 0.02)


@pytest.mark.parametrize("rate", [25.0, 29.97, 50.0])
def test_the_middle_of_the_light_is_the_time(rate):
    moments_s = [2.013, 7.531, 12.4, 15.02]
    found = find_flashes(lit(moments_s, rate))
    assert found.time_s == pytest.approx(moments_s, abs=0.55 / rate)
    assert np.all(found.height > 20)


def test_a_flash_in_a_part_of_the_picture_tells_its_rows():
    """A camera that reads row by row: the lower rows of one picture, then the upper ones of the next."""
    curve = curve_of(np.full(500, 100.0), 25.0)
    rows = curve.level.reshape(-1, ROWS, COLUMNS)
    rows[100, ROWS // 2 :] += 50
    rows[200, -1] += 50
    rows[201, : ROWS - 1] += 50
    found = find_flashes(curve)
    assert found.time_s == pytest.approx([4.0, 8 + 0.04 * (ROWS - 1) / ROWS], abs=2e-3)
    assert found.row == pytest.approx([0.25, 0.0], abs=0.02)
    assert found.apart_s == pytest.approx(0.04)


def test_pairs_say_how_far_beside_the_clock_and_in_which_rows():
    tape, camera = flashes_at([5.03, 9.0]), flashes_at([2.0, 4.0])
    camera = replace(camera, row=np.array([0.3, -0.2]), apart_s=0.04)
    found = pairs_of(tape, camera, lambda t: np.full(len(t), 3.0))
    assert found.time_s == pytest.approx([2.0])
    assert (found.beside_s, found.row) == (pytest.approx([0.03]), pytest.approx([0.3]))
    assert found.unsure_s == pytest.approx(np.hypot(0.02, 0.04) / np.sqrt(12))


def test_cuts_lamps_and_noise_are_no_flashes():
    cut = np.where(np.arange(500) < 250, 60.0, 150.0)
    assert len(find_flashes(curve_of(cut, 25.0))) == 0
    assert len(find_flashes(curve_of(100 + 20 * np.sin(np.arange(500) / 25 * 6), 25.0))) == 0
    on_and_off = 80 + 60.0 * ((np.arange(500) // 10) % 9 == 4)
    assert len(find_flashes(curve_of(on_and_off, 25.0))) == 0


def test_fields_that_differ_steadily_are_no_flashes():
    assert len(find_flashes(curve_of(100 + 6.0 * (np.arange(1000) % 2), 50.0))) == 0


def test_a_picture_that_trembles_all_the_time_has_no_flashes():
    rng = np.random.default_rng(7)
    assert len(find_flashes(curve_of(100 + rng.normal(0, 4, 1000), 50.0))) == 0


def test_an_empty_curve_has_none():
    assert len(find_flashes(curve_of(np.full(3, 9.0), 25.0))) == 0


def test_what_moves_is_left_without_the_flash():
    curve = lit([5.0, 9.0], 25.0)
    rest = without_flashes(curve, find_flashes(curve))
    assert np.ptp(rest.level.mean(axis=1)) < 3
    assert len(curve.time_s) - len(rest.time_s) < 10


def test_the_lag_at_which_most_flashes_meet_comes_first():
    scene = [3.0, 8.1, 11.7, 19.2, 22.5]
    places = flash_places(flashes_at([t + 4.25 for t in scene]), flashes_at([*scene[:4], 30.0]))
    assert places.lag_s[int(places.score.argmax())] == pytest.approx(4.25, abs=0.01)
    assert not len(flash_places(flashes_at([1.0]), flashes_at([2.0])).time_s)


def test_pairs_beside_the_expected_lag_say_how_far():
    scene = [3.0, 8.1, 11.7, 19.2]
    found = match_flashes(
        flashes_at([t + 2.03 for t in scene]), flashes_at([*scene, 14.0]), lambda t: np.full(len(t), 2.0)
    )
    assert found.points.time_s == pytest.approx(scene)
    assert found.points.lag_s == pytest.approx(2.03)
    assert found.nats > 3


def test_flashes_of_another_event_prove_nothing():
    found = match_flashes(
        flashes_at([3.0, 9.0, 21.0, 33.3]), flashes_at([3.0, 14.0, 25.0]), lambda t: np.zeros(len(t))
    )
    assert len(found.points.time_s) == 1
    assert found.nats <= 0
