"""Sound as a slow picture: how each band swells and fades, fifty times a second.

Rooms, microphones and clock drift hardly change it, so it serves the long search; the exact time comes later.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

FloatArray = NDArray[np.float32]

FRAMES_PER_S = 50
LOW_HZ, HIGH_HZ = 300.0, 3400.0
BANDS = 16
WINDOW_S = 0.064
BLOCK_FRAMES = 4096
SWELL_FRAMES = 100  # slower changes than two seconds are the room, the level, the hiss


def band_features(sound: FloatArray, rate_hz: int) -> FloatArray:
    """(bands, frames), each band with mean 0 and deviation 1; steady sound gives zeros."""
    size, hop = round(WINDOW_S * rate_hz), rate_hz // FRAMES_PER_S
    frames = sliding_window_view(sound, size)[::hop]
    blocks = [_band_power(frames[i : i + BLOCK_FRAMES], rate_hz) for i in range(0, len(frames), BLOCK_FRAMES)]
    power = np.ascontiguousarray(np.concatenate(blocks).T)
    floor = 1e-4 * power.mean(axis=1, keepdims=True) + 1e-12
    level = np.log(power + floor)
    level -= uniform_filter1d(level, SWELL_FRAMES, axis=1, mode="nearest")
    level /= level.std(axis=1, keepdims=True) + 1e-3
    return np.asarray(np.clip(level, -3, 3), np.float32)


def _band_power(frames: FloatArray, rate_hz: int) -> FloatArray:
    size = frames.shape[1]
    window = np.hanning(size).astype(np.float32)
    power = np.abs(scipy.fft.rfft(frames * window, axis=1)) ** 2
    edges = np.geomspace(LOW_HZ, HIGH_HZ, BANDS + 1) * size / rate_hz
    starts = np.round(edges).astype(int)
    return np.asarray(np.add.reduceat(power[:, : starts[-1]], starts[:-1], axis=1), np.float32)
