"""Flashes: moments at which a whole picture is brighter, and no longer a moment later."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import median_filter

from appliance.sync.light_curve import COLUMNS, ROWS, Array, LightCurve

AROUND_S = 0.6  # the usual brightness is that of so many seconds around
LONGEST_S = 0.13
LEAST_LEVELS, LEAST_SHARE = 4.0, 0.04  # by which the picture is brighter: levels, and of what it was
CLEAR = 8.0  # times the usual unrest of the brightness
EDGE = 0.25  # of the brightest band: what is less belongs to the pictures around
DARK = 8.0  # levels: darker bands tell little


@dataclass(frozen=True)
class Flashes:
    """``time_s``: the middle of the light, to a fraction of a picture; ``height``: levels above the usual.

    ``row`` is the middle of the rows that it lit, from -0.5 at the top to 0.5 at the bottom: a camera that
    reads one row after the other shows a flash in a part of a picture. ``span_s`` is the time that was
    looked at, a moment every ``apart_s``.
    """

    time_s: Array
    height: Array
    row: Array
    span_s: tuple[float, float]
    apart_s: float

    def __len__(self) -> int:
        return len(self.time_s)


def find_flashes(curve: LightCurve) -> Flashes:
    """A camera may see a flash in two pictures, or in a part of one: the middle of its light counts."""
    if len(curve.time_s) < 5:
        return Flashes(np.zeros(0), np.zeros(0), np.zeros(0), (0.0, 0.0), 0.0)
    level = curve.level.mean(axis=1, dtype=np.float64)
    excess = level - usual(level, curve.time_s)
    least = np.maximum(LEAST_LEVELS, LEAST_SHARE * level)
    # Even and odd fields differ steadily where the picture is fine; that is unrest too.
    unrest = 1.4826 * np.median(np.abs(np.diff(excess))) if len(excess) > 1 else 0.0
    bright = excess > np.maximum(least, CLEAR * unrest)
    share = lit_share(curve)
    found = [
        middle(curve.time_s, share, around, float(excess[around].max()))
        for first, last in runs(bright)
        if (around := short(curve.time_s, excess, first, last)) is not None
    ]
    table = np.array(found, np.float64).reshape(-1, 3)
    apart_s = float(np.median(np.diff(curve.time_s)))
    time_s, height, row = table.T
    return Flashes(time_s, height, row, (float(curve.time_s[0]), curve.duration_s), apart_s)


def lit_share(curve: LightCurve) -> Array:
    """(moments, ROWS): by which share of the usual each band of the picture is brighter."""
    bands = curve.level.reshape(-1, ROWS, COLUMNS).mean(axis=2, dtype=np.float64)
    before = np.stack([usual(band, curve.time_s) for band in bands.T], axis=1)
    return np.asarray((bands - before) / (before + DARK), np.float64)


def usual(level: Array, time_s: Array) -> Array:
    """The median around each moment: a flash does not move it, a cut does."""
    apart_s = float(np.median(np.diff(time_s)))
    size = max(5, round(AROUND_S / apart_s) | 1)
    return np.asarray(median_filter(level, size, mode="nearest"), np.float64)


def runs(bright: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """First and last index of every unbroken run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], bright.astype(np.int8), [0]])))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def short(time_s: Array, excess: Array, first: int, last: int) -> slice | None:
    """The run and a moment around; None for what lasts longer, lies at an edge, or rises and stays."""
    top = float(excess[first : last + 1].max())
    before, after = first - 1, last + 1
    if before < 1 or after > len(excess) - 2 or time_s[after] - time_s[before] > LONGEST_S + 0.04:
        return None
    if max(excess[before - 1], excess[after + 1]) > top / 3:
        return None
    return slice(before, after + 1)


def middle(time_s: Array, share: Array, around: slice, height: float) -> tuple[float, float, float]:
    """Time, height and row of a flash: the mean of all bands of all pictures that it lit."""
    light = np.where(share[around] > EDGE * share[around].max(), share[around], 0.0)
    row = (np.arange(ROWS) + 0.5) / ROWS - 0.5
    time = float(np.average(time_s[around], weights=light.sum(axis=1)))
    return time, height, float(np.average(row, weights=light.sum(axis=0)))


def without_flashes(curve: LightCurve, flashes: Flashes) -> LightCurve:
    """The curve with a gap at every flash: what is left are the things that move."""
    level = away(curve.time_s, flashes.time_s, LONGEST_S / 2)
    motion = away(curve.motion_s, flashes.time_s, LONGEST_S)
    return replace(
        curve,
        time_s=curve.time_s[level],
        level=curve.level[level],
        motion_s=curve.motion_s[motion],
        motion=curve.motion[motion],
    )


def away(time_s: Array, moments_s: Array, reach_s: float) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    if not len(moments_s):
        return np.ones(len(time_s), bool)
    after = np.clip(np.searchsorted(moments_s, time_s), 0, len(moments_s) - 1)
    before = np.maximum(after - 1, 0)
    near_s = np.minimum(np.abs(time_s - moments_s[before]), np.abs(moments_s[after] - time_s))
    return np.asarray(near_s > reach_s)
