"""What two films have in common is let through, what only one of them shows is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from appliance.sync.features import FRAMES_PER_S
from appliance.sync.light_band import BROAD, Band, common_band, likeness, piece, steps_hz

CHANNELS, FRAMES = 12, 30 * FRAMES_PER_S


def white(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(CHANNELS, FRAMES)).astype(np.float32)


def slow(seed: int) -> np.ndarray:
    """Nothing above 1.5 Hz or so."""
    found = gaussian_filter1d(white(seed), 0.15 * FRAMES_PER_S, axis=1)
    return found / found.std()


def pair(lag: int = 0) -> tuple[np.ndarray, np.ndarray]:
    return slow(1) + 0.3 * white(2), np.roll(slow(1), -lag, axis=1) + 0.3 * white(3)


def gain(band: Band, *frequencies_hz: float) -> list[float]:
    return [float(band.at(np.array(hz))) for hz in frequencies_hz]


def test_what_is_slow_in_both_counts_and_the_noise_of_each_does_not():
    moves, noise = gain(common_band(*pair(), np.zeros_like), 0.5, 3.5)
    assert moves > 0.7
    assert noise < 0.3
    assert noise < 0.5 * gain(BROAD, 3.5)[0]


def test_a_clock_a_tenth_of_a_second_off_serves_and_one_ten_seconds_off_does_not():
    tape, camera = pair(50)
    near, far = (
        common_band(tape, camera, lambda t, lag_s=lag_s: np.full(len(t), lag_s)) for lag_s in (1.1, 11.0)
    )
    assert gain(near, 0.5)[0] > 0.6
    assert np.mean(far.gain**2) < 0.3 * np.mean(near.gain**2)


def test_films_that_never_meet_have_nothing_in_common():
    assert not common_band(*pair(), lambda t: np.full(len(t), 500.0)).gain.any()


def test_fewer_frames_tell_something_of_their_own_in_a_narrow_band():
    narrow = Band(np.where(steps_hz() < 1.0, 1.0, 0.0))
    assert narrow.independent == pytest.approx(narrow.gain.mean(), rel=0.01)
    assert narrow.independent < BROAD.independent < 1


def test_channels_that_are_alike_tell_less():
    assert likeness(white(1), white(2)) == pytest.approx(1 / CHANNELS, rel=0.1)
    same = np.repeat(white(1)[:1], CHANNELS, axis=0)
    assert likeness(same, same) == pytest.approx(1.0, rel=1e-3)


def test_a_piece_beyond_the_end_is_empty():
    assert piece(white(1), -2, 4)[:, :2].any() == np.False_
    assert piece(white(1), FRAMES - 1, 4).shape == (CHANNELS, 4)
