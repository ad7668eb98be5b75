"""The last step by light: how likely each offset and drift near a clock is, by windows and flashes together.

A clock that is a few hundredths of a second off has its windows on the flanks of their peaks, and each
alone is doubtful. Added up along one clock they are not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import logsumexp

from appliance.sync.features import FRAMES_PER_S
from appliance.sync.fit import USUAL_DRIFT, Clock
from appliance.sync.flash_match import Pairs, pairs_of
from appliance.sync.flashes import Flashes
from appliance.sync.light_curve import Array
from appliance.sync.light_windows import Matcher, centres, frames_of
from appliance.sync.path import MAX_DRIFT

NEAR_S, STEP_S = 0.12, 0.002  # offsets that are asked about
BENT_S, BENDS = 0.06, 31  # drifts: how far they move the ends
READOUTS_S = np.linspace(0, 0.02, 5)  # between a camera's first row and its last; unknown, and all as likely
INDEPENDENT = 0.5  # windows overlap by half
STRONGEST = 6.0  # deviations that one window may count for
STRAY = 0.1  # of the pairs of flashes are two that have nothing to do with each other
STRAY_DENSITY = STRAY / 0.3  # a second: they lie anywhere near
OFFSETS_S: Array = np.arange(-NEAR_S, NEAR_S + STEP_S / 2, STEP_S)


@dataclass(frozen=True)
class Nearby:
    """What is asked about: every drift of ``drifts``, turned around ``middle_s`` of the camera's time."""

    middle_s: float
    drifts: Array

    def late_s(self, times_s: Array) -> Array:
        """(drifts, times): by how much later each drift puts a moment than the clock does."""
        return np.asarray(self.drifts[:, None] * (times_s - self.middle_s))


def exact(matcher: Matcher, flashes: tuple[Flashes, Flashes], clock: Clock) -> Clock:
    """The same clock with the likeliest offsets and drift within ``NEAR_S`` and ``BENT_S`` of its own."""
    times_s = centres(matcher, clock.points)
    pairs = pairs_of(*flashes, clock.lag_at)
    near = around(clock, np.concatenate([times_s, pairs.time_s]))
    seen = window_nats(matcher, clock, near, times_s)
    lit = flash_nats(pairs, clock, near)
    nats = seen[:, None] + lit  # (pieces, readouts, drifts, offsets)
    shared = logsumexp(nats, axis=3).sum(axis=0) - ((clock.drift + near.drifts) / USUAL_DRIFT) ** 2 / 2
    weight = np.exp(shared - logsumexp(shared))
    usual_s = (np.exp(nats - logsumexp(nats, axis=3, keepdims=True)) * OFFSETS_S).sum(axis=3)
    offset_s = (usual_s * weight).sum(axis=(1, 2))
    drift = float((weight.sum(axis=0) * near.drifts).sum())
    moved = clock.offsets_s + offset_s - drift * near.middle_s
    return replace(clock, offsets_s=moved, drift=clock.drift + drift)


def around(clock: Clock, times_s: Array) -> Nearby:
    middle_s = float(times_s.min() + times_s.max()) / 2
    half_s = max(float(np.ptp(times_s)) / 2, 1.0)
    drifts = np.linspace(-BENT_S, BENT_S, BENDS) / half_s
    allowed = np.clip(clock.drift + drifts, -MAX_DRIFT, MAX_DRIFT) - clock.drift
    return Nearby(middle_s, np.unique(allowed))


def window_nats(matcher: Matcher, clock: Clock, near: Nearby, times_s: Array) -> Array:
    """(pieces, drifts, offsets). A window counts for as much as it agrees at the best place of all."""
    heights = heights_along(matcher, clock, near, times_s)
    piece = clock.piece_at(times_s)
    nats = np.zeros((len(clock.offsets_s), len(near.drifts), len(OFFSETS_S)))
    for number in np.unique(piece):
        own = heights[piece == number]
        total = own.sum(axis=0)
        at = np.unravel_index(int(total.argmax()), total.shape)
        strength = np.clip(own[:, at[0], at[1]], 0, STRONGEST)
        nats[number] = INDEPENDENT * np.tensordot(strength, own, axes=1)
    return nats


def heights_along(matcher: Matcher, clock: Clock, near: Nearby, times_s: Array) -> Array:
    """(windows, drifts, offsets): how high each window stands at each of the clocks."""
    lags_s = clock.lag_at(times_s)
    reach_s = NEAR_S + BENT_S + 2 / FRAMES_PER_S
    rows = [matcher.heights(float(t), float(lag), reach_s) for t, lag in zip(times_s, lags_s, strict=True)]
    reach = frames_of(reach_s) + 1
    spline = CubicSpline(np.arange(-reach, reach + 1) / FRAMES_PER_S, np.array(rows, np.float64), axis=1)
    fine_s = np.arange(-reach * 20, reach * 20 + 1) / (20 * FRAMES_PER_S)
    fine = spline(fine_s)
    rounded = np.round(lags_s * FRAMES_PER_S) / FRAMES_PER_S
    asked_s = (lags_s - rounded)[:, None, None] + near.late_s(times_s).T[:, :, None] + OFFSETS_S
    return np.stack([np.interp(a, fine_s, row) for a, row in zip(asked_s, fine, strict=True)])


def flash_nats(pairs: Pairs, clock: Clock, near: Nearby) -> Array:
    """(pieces, readouts, drifts, offsets): a flash lights the rows that are open, the later the lower."""
    nats = np.zeros((len(clock.offsets_s), len(READOUTS_S), len(near.drifts), len(OFFSETS_S)))
    late_s = near.late_s(pairs.time_s)
    piece = clock.piece_at(pairs.time_s)
    for number, (beside_s, row) in enumerate(zip(pairs.beside_s, pairs.row, strict=True)):
        missed_s = beside_s - late_s[:, number, None] - OFFSETS_S - (READOUTS_S * row)[:, None, None]
        same = np.exp(-((missed_s / pairs.unsure_s) ** 2) / 2) / (np.sqrt(2 * np.pi) * pairs.unsure_s)
        nats[piece[number]] += np.log((1 - STRAY) * same + STRAY_DENSITY)
    return nats
