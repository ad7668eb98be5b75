"""Flashes: moments at which a whole picture is brighter, and no longer a moment later."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import median_filter

from appliance.sync.light_curve import Array, LightCurve

AROUND_S = 0.6  # the usual brightness is that of so many seconds around
LONGEST_S = 0.13
LEAST_LEVELS, LEAST_SHARE = 4.0, 0.04  # by which the picture is brighter: levels, and of what it was
CLEAR = 8.0  # times the usual unrest of the brightness
EDGE = 0.1  # of the flash's peak: what is less belongs to the pictures around


@dataclass(frozen=True)
class Flashes:
    """``time_s``: the middle of the light, to a fraction of a picture; ``height``: levels above the usual.

    ``span_s`` is the time that was looked at.
    """

    time_s: Array
    height: Array
    span_s: tuple[float, float]

    def __len__(self) -> int:
        return len(self.time_s)


def find_flashes(curve: LightCurve) -> Flashes:
    """A camera may see a flash in two pictures, or in a part of one: the middle of its light counts."""
    if len(curve.time_s) < 5:
        return Flashes(np.zeros(0), np.zeros(0), (0.0, 0.0))
    level = curve.level.mean(axis=1, dtype=np.float64)
    excess = level - usual(level, curve.time_s)
    least = np.maximum(LEAST_LEVELS, LEAST_SHARE * level)
    # Even and odd fields differ steadily where the picture is fine; that is unrest too.
    unrest = 1.4826 * np.median(np.abs(np.diff(excess))) if len(excess) > 1 else 0.0
    bright = excess > np.maximum(least, CLEAR * unrest)
    found = [
        flash
        for first, last in runs(bright)
        if (flash := weigh(curve.time_s, excess, first, last)) is not None
    ]
    table = np.array(found, np.float64).reshape(-1, 2)
    return Flashes(table[:, 0], table[:, 1], (float(curve.time_s[0]), curve.duration_s))


def usual(level: Array, time_s: Array) -> Array:
    """The median around each moment: a flash does not move it, a cut does."""
    apart_s = float(np.median(np.diff(time_s)))
    size = max(5, round(AROUND_S / apart_s) | 1)
    return np.asarray(median_filter(level, size, mode="nearest"), np.float64)


def runs(bright: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """First and last index of every unbroken run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], bright.astype(np.int8), [0]])))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def weigh(time_s: Array, excess: Array, first: int, last: int) -> tuple[float, float] | None:
    """Middle and height; None for what lasts longer, lies at an edge, or rises and stays."""
    top = float(excess[first : last + 1].max())
    before, after = first - 1, last + 1
    if before < 1 or after > len(excess) - 2 or time_s[after] - time_s[before] > LONGEST_S + 0.04:
        return None
    if max(excess[before - 1], excess[after + 1]) > top / 3:
        return None
    inside = slice(before, after + 1)
    light = np.where(excess[inside] > EDGE * top, excess[inside], 0.0)
    return float(np.average(time_s[inside], weights=light)), top


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
