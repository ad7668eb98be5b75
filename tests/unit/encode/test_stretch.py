"""Sound that plays slower: longer, in step, at its own pitch."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.encode.stretch import stretched

HZ = 48000
LENGTH_S = 1.5


@pytest.fixture(scope="module")
def beeps() -> np.ndarray:
    """440 Hz, on for a quarter of a second from 0.25, 0.75 and 1.25 s on."""
    t = np.arange(round(LENGTH_S * HZ)) / HZ
    tone = 0.3 * np.sin(2 * np.pi * 440 * t) * (np.floor(t * 4) % 2)
    return np.stack([tone, tone], axis=1).astype(np.float32)


@pytest.mark.parametrize("times", [2, 4])
def test_the_pitch_stays_and_every_sound_is_where_it_belongs(beeps: np.ndarray, times: int) -> None:
    blocks = (beeps[start : start + 1000] for start in range(0, len(beeps), 1000))
    long = np.concatenate(list(stretched(blocks, times)))[:, 0]
    assert len(long) >= times * len(beeps)
    loud = np.convolve(np.abs(long), np.ones(480) / 480, "same") > 0.05
    begins = np.flatnonzero(np.diff(loud.astype(int)) == 1) / HZ
    assert begins == pytest.approx(times * np.array([0.25, 0.75, 1.25]), abs=0.05)
    heard = long[round(times * 0.3 * HZ) : round(times * 0.45 * HZ)]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert spectrum.argmax() * HZ / len(heard) == pytest.approx(440, abs=8)


def test_at_its_own_speed_nothing_is_touched(beeps: np.ndarray) -> None:
    assert np.array_equal(np.concatenate(list(stretched([beeps], 1))), beeps)
