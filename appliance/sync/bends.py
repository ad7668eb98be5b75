"""Wow followed: how far the tape is before or behind its own clock, moment by moment."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import gaussian_filter1d

from appliance.core.types import SyncBend
from appliance.sync.fit import Clock, evidence
from appliance.sync.path import Array, Points

WIDTHS = (0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 16.0, 32.0)  # of the mean, in windows
GAIN = 0.95  # of the error of no bend at all, at the moments left out; else there is none
SMALL_S = 1e-4
CHANCE = 5.0  # nats that the best of some fifty lags reaches without any sound in common
PRIOR = 2.0  # nats by which no bend is believed
FAR = 4.0  # deviations from its neighbours at which a window no longer counts


def follow(clock: Clock, fine: Points) -> tuple[SyncBend, ...]:
    """``fine``: evenly spaced windows, the lag of each (NaN where none was found), and its height."""
    bends: list[SyncBend] = []
    for piece in range(len(clock.offsets_s)):
        mine = clock.piece_at(fine.time_s) == piece
        time_s, lag_s = fine.time_s[mine], fine.lag_s[mine]
        late_s = lag_s - clock.offsets_s[piece] - clock.drift * time_s
        heard = np.maximum(0, evidence(fine.score[mine]) - CHANCE)
        smooth = smoothed(late_s, np.where(np.isnan(late_s), 0, heard))
        if smooth is not None and np.abs(smooth).max() > 2 * SMALL_S:
            bends += corners(time_s + lag_of(clock, piece, time_s), smooth)
        elif len(clock.offsets_s) > 1 and len(time_s):
            ends = time_s[[0, -1]]
            bends += [SyncBend(float(t), 0.0) for t in ends + lag_of(clock, piece, ends)]
    return tuple(bends) if any(bend.late_s for bend in bends) else ()


def lag_of(clock: Clock, piece: int, time_s: Array) -> Array:
    return np.asarray(clock.offsets_s[piece] + clock.drift * time_s)


def smoothed(late_s: Array, weight: Array) -> Array | None:
    """The running mean whose width foretells best what was left out of it; None where none does."""
    value = np.nan_to_num(late_s)
    if np.count_nonzero(weight) < 5:
        return None
    weight = weight * trusted(value, weight)
    plain = error(value, weight)
    found = [(error(value - left_out(value, weight, width), weight), width) for width in WIDTHS]
    least, width = min(found)
    if least > GAIN * plain:
        return None
    return mean_around(value, weight, width)


def error(missed: Array, weight: Array) -> float:
    return float((weight * np.abs(missed)).sum() / weight.sum())


def trusted(value: Array, weight: Array) -> Array:
    """0 for a window that heard something else than those around it."""
    around = mean_around(np.clip(value, -2e-3, 2e-3), weight, 2.0)
    apart = np.abs(value - around)
    usual = float(np.median(apart[weight > 0])) + 1e-5
    return np.asarray(np.clip(1 - (apart / (FAR * 1.4826 * usual)) ** 2, 0, 1) ** 2 + 1e-9)


def mean_around(value: Array, weight: Array, width: float) -> Array:
    above, below = (gaussian_filter1d(x, width, mode="constant") for x in (weight * value, weight))
    return np.asarray(above / (below + PRIOR / (2.5 * width)))


def left_out(value: Array, weight: Array, width: float) -> Array:
    """The mean around each window without the window itself."""
    own = 1 / gaussian_sum(width)
    above, below = (gaussian_filter1d(x, width, mode="constant") for x in (weight * value, weight))
    return np.asarray((above - own * weight * value) / (below - own * weight + PRIOR / (2.5 * width)))


def gaussian_sum(width: float) -> float:
    reach = int(4 * width + 0.5)
    return float(np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2).sum())


def corners(time_s: Array, late_s: Array) -> Iterator[SyncBend]:
    """The fewest points of the curve whose straight lines stay within a tenth of a millisecond of it."""
    kept, last = [0], len(time_s) - 1
    while kept[-1] < last:
        kept.append(furthest(time_s, late_s, kept[-1]))
    for i in kept:
        yield SyncBend(round(float(time_s[i]), 3), round(float(late_s[i]), 6))


def furthest(time_s: Array, late_s: Array, start: int) -> int:
    """The last point that one straight line reaches from ``start``: a cone that narrows."""
    lowest, highest = -np.inf, np.inf
    for end in range(start + 1, len(time_s)):
        span_s, rise_s = time_s[end] - time_s[start], late_s[end] - late_s[start]
        if not lowest <= rise_s / span_s <= highest:
            return max(start + 1, end - 1)
        lowest = max(lowest, (rise_s - SMALL_S) / span_s)
        highest = min(highest, (rise_s + SMALL_S) / span_s)
    return len(time_s) - 1
