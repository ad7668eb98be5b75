"""What of a light curve two cameras have in common: when it changes and moves, not how bright or how much.

Exposure, colours, fades and slow lamps are divided out; what repeats steadily (lamps that flicker, a
pendulum) is held down; no single moment, such as a cut, outweighs the rest.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from appliance.sync.features import FRAMES_PER_S
from appliance.sync.light_band import BROAD, Band
from appliance.sync.light_curve import Array, FloatArray, LightCurve
from appliance.sync.light_parts import WHOLE, Frame, parts_of

DARK, STILL = 8.0, 0.7  # levels below which brightness and motion are the camera's noise
SMOOTH_S = 0.02
SWELL_S = 3.0  # slower changes are exposure, lamps and fades
MOST = 3.0  # deviations; what is further out counts as this
LINE_HZ = 0.5  # wide: the spectrum is made flat, so that a narrow line in it loses its weight
LOUDEST = 1.5  # one moment may weigh so much, against a usual one
GAP_S = 0.2
BLOCK_FRAMES = FRAMES_PER_S * 1200  # the scene's spectrum is another one after twenty minutes


def light_features(curve: LightCurve, frame: Frame = WHOLE, band: Band = BROAD) -> FloatArray:
    """(channels, frames), ``FRAMES_PER_S`` from the file's time 0 on; all zero where nothing was recorded.

    ``frame`` is the part of the picture to look at; it may reach beyond it.
    """
    parts = parts_of(frame).T
    frames = np.arange(int(curve.duration_s * FRAMES_PER_S) + 1) / FRAMES_PER_S
    level = sampled(frames, curve.time_s, np.log(curve.level @ parts + DARK))
    motion = sampled(frames, curve.motion_s, np.log(curve.motion @ parts + STILL))
    # What lamps and an automatic exposure do to the whole picture is not the scene's.
    level = (level[1:] - level[:1]) * parts.any(axis=0)[:, None]
    level[:, 1:-1] = (level[:, 2:] - level[:, :-2]) / 2
    level[:, [0, -1]] = 0
    found = np.concatenate([steady(level), steady(motion)])
    for start in range(0, len(frames), BLOCK_FRAMES):
        block = found[:, start : start + BLOCK_FRAMES]
        block[:] = flat(block, band)
    norm = np.sqrt((found**2).sum(axis=0))
    most = LOUDEST * float(np.sqrt(np.mean(norm**2)))
    found *= np.minimum(1, most / (norm + 1e-9)) * recorded(frames, curve.time_s)
    return found


def sampled(frames: Array, time_s: Array, rows: FloatArray) -> FloatArray:
    """The mean of all parts of the picture, then each part, at steady times."""
    if not len(time_s):
        return np.zeros((rows.shape[1] + 1, len(frames)), np.float32)
    seen = rows.std(axis=0) > 0
    columns = [rows[:, seen].mean(axis=1) if seen.any() else rows[:, 0], *rows.T]
    return np.stack([np.interp(frames, time_s, column).astype(np.float32) for column in columns])


def steady(channels: FloatArray) -> FloatArray:
    """Deviations from what was usual in the seconds around."""
    smooth = gaussian_filter1d(channels, SMOOTH_S * FRAMES_PER_S, axis=1, mode="nearest")
    smooth -= uniform_filter1d(smooth, round(SWELL_S * FRAMES_PER_S), axis=1, mode="nearest")
    smooth /= smooth.std(axis=1, keepdims=True) + 1e-4
    return np.asarray(np.clip(smooth, -MOST, MOST), np.float32)


def flat(channels: FloatArray, band: Band) -> FloatArray:
    """The same with as much of every frequency as the band lets through."""
    count = channels.shape[1]
    size = scipy.fft.next_fast_len(count, real=True)
    spectrum = scipy.fft.rfft(channels, size, axis=1)
    power = np.abs(spectrum) ** 2
    width = max(3, round(LINE_HZ * size / FRAMES_PER_S))
    around = uniform_filter1d(power, width, axis=1, mode="nearest") + 1e-3 * power.mean() + 1e-12
    frequency_hz = np.arange(spectrum.shape[1]) * FRAMES_PER_S / size
    spectrum *= band.at(frequency_hz) / np.sqrt(around)
    found = scipy.fft.irfft(spectrum, size, axis=1)[:, :count]
    found /= found.std(axis=1, keepdims=True) + 1e-6
    return np.asarray(np.clip(found, -MOST, MOST), np.float32)


def recorded(frames: Array, time_s: Array) -> FloatArray:
    """1 where there is a picture nearby, 0 in a gap."""
    after = np.clip(np.searchsorted(time_s, frames), 0, len(time_s) - 1)
    before = np.maximum(after - 1, 0)
    near_s = np.minimum(np.abs(frames - time_s[before]), np.abs(time_s[after] - frames))
    return np.asarray(near_s < GAP_S, np.float32)
