"""Doubtful windows and single flashes, taken together, give the exact clock."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import fourier_shift, gaussian_filter1d

from appliance.sync.features import FRAMES_PER_S
from appliance.sync.fit import Clock
from appliance.sync.flashes import Flashes
from appliance.sync.light_exact import READOUTS_S, exact
from appliance.sync.light_stack import best_lag
from appliance.sync.light_windows import Matcher
from appliance.sync.path import Points

CHANNELS = 20
NONE = Flashes(np.zeros(0), np.zeros(0), np.zeros(0), (0.0, 60.0), 0.02)


def noise(rng: np.random.Generator, seconds: float) -> np.ndarray:
    found = gaussian_filter1d(rng.normal(size=(CHANNELS, round(seconds * FRAMES_PER_S))), 1.5, axis=1)
    return found / found.std()


def matcher(lag_s: float, strength: float, seconds: float = 20.0, seed: int = 1) -> Matcher:
    """Both see the same thing, the camera ``lag_s`` earlier on its own clock, each with noise of its own."""
    rng = np.random.default_rng(seed)
    scene = strength * noise(rng, seconds)
    seen = np.fft.ifft(fourier_shift(np.fft.fft(scene, axis=1), (0, -lag_s * FRAMES_PER_S))).real
    return Matcher(*((part + noise(rng, seconds)).astype(np.float32) for part in (scene, seen)))


def clock(offset_s: float, drift: float = 0.0, seconds: float = 20.0) -> Clock:
    times_s = np.array([2.0, seconds - 2.0])
    points = Points(times_s, offset_s + drift * times_s, np.full(2, 5.0))
    return Clock(np.array([offset_s]), drift, points, np.zeros(2, np.intp), np.zeros(2), 20.0)


def flashes(times_s: list[float], rows: list[float], apart_s: float = 0.02) -> Flashes:
    return Flashes(np.array(times_s), np.full(len(times_s), 50.0), np.array(rows), (0.0, 60.0), apart_s)


@pytest.mark.parametrize("off_s", [-0.05, 0.0, 0.06])
def test_windows_add_up_to_a_place_between_two_frames(off_s):
    found = exact(matcher(0.313, 0.7), (NONE, NONE), clock(0.313 + off_s))
    assert found.offsets_s[0] + found.drift * 10 == pytest.approx(0.313, abs=0.006)


def test_a_drift_is_found_where_the_film_is_long_enough_to_show_it():
    rng, seconds, ppm = np.random.default_rng(3), 240.0, 180.0
    scene = noise(rng, seconds)
    steady_s = np.arange(scene.shape[1]) / FRAMES_PER_S
    seen = np.array([np.interp(steady_s * (1 + ppm * 1e-6) + 0.1, steady_s, row) for row in scene])
    both = Matcher(scene.astype(np.float32), seen.astype(np.float32))
    found = exact(both, (NONE, NONE), clock(0.1, seconds=seconds))
    assert found.drift * 1e6 == pytest.approx(ppm, abs=15)
    assert found.lag_at(np.array([120.0]))[0] == pytest.approx(0.1 + ppm * 1e-6 * 120, abs=0.004)


def test_each_piece_has_an_offset_of_its_own():
    one, other = matcher(0.31, 1.0, seed=1), matcher(0.75, 1.0, seed=2)
    both = Matcher(
        *(np.concatenate([a, b], axis=1) for a, b in ((one.tape, other.tape), (one.camera, other.camera)))
    )
    times_s = np.arange(2.0, 39.0, 2.0)
    piece = (times_s > 20).astype(np.intp)
    points = Points(times_s, np.where(piece, 0.71, 0.33), np.full(len(times_s), 5.0))
    begun = Clock(np.array([0.33, 0.71]), 0.0, points, piece, np.zeros(len(times_s)), 20.0)
    found = exact(both, (NONE, NONE), begun)
    assert found.lag_at(np.array([10.0, 30.0])) == pytest.approx([0.31, 0.75], abs=0.008)


def test_rows_that_a_flash_lit_tell_how_late_they_were_read():
    """Read in 20 ms, a flash at the bottom seems 10 ms earlier than in the middle; together they tell it."""
    rows = [0.1, 0.4, 0.3, 0.0, 0.2, 0.45]
    scene_s = np.array([3.0, 5.1, 8.3, 11.7, 14.2, 16.9])
    camera_s = scene_s - 0.5 - READOUTS_S[-1] * np.array(rows)
    lit = flashes(scene_s.tolist(), [0.0] * 6, 0.004), flashes(camera_s.tolist(), rows, 0.004)
    still = Matcher(*np.zeros((2, CHANNELS, 1000), np.float32))
    found = exact(still, lit, clock(0.53))
    assert found.lag_at(np.array([10.0]))[0] == pytest.approx(0.5, abs=0.0015)


def test_one_pair_of_strange_flashes_does_not_draw_the_clock_away():
    scene_s = np.array([3.0, 5.1, 8.3, 11.7])
    tape_s = scene_s + 0.5 + np.array([0.0, 0.0, 0.12, 0.0])
    lit = flashes(tape_s.tolist(), [0.0] * 4), flashes(scene_s.tolist(), [0.0] * 4)
    still = Matcher(*np.zeros((2, CHANNELS, 1000), np.float32))
    assert exact(still, lit, clock(0.52)).lag_at(np.array([8.0]))[0] == pytest.approx(0.5, abs=0.003)


def test_a_flash_and_windows_are_weighed_by_what_they_know():
    """Windows that know little yield to a flash; windows that know it well hold against one."""
    lit = flashes([10.34], [0.0]), flashes([10.0], [0.0])
    weak, strong = (exact(matcher(0.31, strength), lit, clock(0.32)) for strength in (0.2, 3.0))
    assert strong.lag_at(np.array([10.0]))[0] == pytest.approx(0.31, abs=0.006)
    assert weak.lag_at(np.array([10.0]))[0] > strong.lag_at(np.array([10.0]))[0] + 0.005


def test_all_windows_together_prove_what_none_does_alone():
    lags_s = np.array([-3.0, 0.0, 1.0, 2.05])
    related = best_lag(matcher(2.08, 0.45, 24.0), lags_s)
    one, other = (matcher(2.08, 0.45, 24.0, seed=seed) for seed in (1, 9))
    strange = best_lag(Matcher(one.tape, other.camera), lags_s)
    assert related is not None
    assert strange is not None
    assert related.offsets_s[0] == pytest.approx(2.08, abs=0.05)
    assert related.nats > 20 > 12 > strange.nats


def test_no_place_is_no_clock():
    assert best_lag(matcher(0.0, 1.0, 8.0), np.zeros(0)) is None
