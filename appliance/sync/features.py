"""Sound as a slow picture: how each band swells and fades, fifty times a second.

Rooms, microphones and clock drift hardly change it, so it serves the long search; the exact time comes later.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import uniform_filter1d

from appliance.sync.track import FloatArray, Sound

FRAMES_PER_S = 50
LOW_HZ, HIGH_HZ = 300.0, 3400.0
BANDS = 16
WINDOW_S = 0.064
BLOCK_FRAMES = 4096
SWELL_FRAMES = 100  # slower changes than two seconds are the room, the level, the hiss


def band_features(sound: Sound, rate_hz: int) -> FloatArray:
    """(bands, frames), each band with mean 0 and deviation 1; steady sound gives zeros."""
    size, hop = round(WINDOW_S * rate_hz), rate_hz // FRAMES_PER_S
    count = max(0, (len(sound) - size) // hop + 1)
    power = np.empty((BANDS, count), np.float32)
    for first in range(0, count, BLOCK_FRAMES):
        last = min(count, first + BLOCK_FRAMES)
        block = np.nan_to_num(sound[first * hop : (last - 1) * hop + size])
        power[:, first:last] = _band_power(sliding_window_view(block, size)[::hop], rate_hz).T
    for band in power:
        _even_out(band)
    return power


def _even_out(band: FloatArray) -> None:
    """From power to how it swells and fades; in place, since hours of it are many."""
    np.log(band + 1e-4 * band.mean() + 1e-12, out=band)
    band -= uniform_filter1d(band, SWELL_FRAMES, mode="nearest")
    band /= band.std() + 1e-3
    np.clip(band, -3, 3, out=band)


def _band_power(frames: FloatArray, rate_hz: int) -> FloatArray:
    size = frames.shape[1]
    window = np.hanning(size).astype(np.float32)
    power = np.abs(scipy.fft.rfft(frames * window, axis=1)) ** 2
    edges = np.geomspace(LOW_HZ, HIGH_HZ, BANDS + 1) * size / rate_hz
    starts = np.round(edges).astype(int)
    return np.asarray(np.add.reduceat(power[:, : starts[-1]], starts[:-1], axis=1), np.float32)
