"""Which part of the camera's picture the tape shows, roughly: enough to compare the same things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from appliance.sync.features import FRAMES_PER_S
from appliance.sync.light_band import BROAD, Band
from appliance.sync.light_curve import Array, FloatArray, LightCurve
from appliance.sync.light_features import light_features
from appliance.sync.light_parts import WHOLE, Frame
from appliance.sync.light_windows import REACH_S, Matcher

STRETCH_S = 60.0  # of the camera's film is enough to tell
MOST_WINDOWS = 20
STARTS: tuple[Frame, ...] = (
    WHOLE,
    (0.125, 0.0, 0.875, 1.0),
    (0.0, -0.17, 1.0, 1.17),
)  # 4:3 in 16:9, and back
STEPS = (0.08, 0.04, 0.02)
NARROWEST, WIDEST = 0.4, 1.8


def find_frame(
    tape: FloatArray,
    camera: LightCurve,
    centres_s: Array,
    lag_s: Callable[[Array], Array],
    band: Band = BROAD,
) -> Frame:
    """The frame with which windows at ``centres_s`` agree best on some lag near ``lag_s``."""
    begin_s = stretch(centres_s)
    near = centres_s[(centres_s >= begin_s) & (centres_s <= begin_s + STRETCH_S)]
    near = near[:: max(1, len(near) // MOST_WINDOWS)]
    first = max(0, round((begin_s - 5) * FRAMES_PER_S))
    film = cut(camera, first / FRAMES_PER_S, begin_s + STRETCH_S + 5)
    lags = lag_s(near) + first / FRAMES_PER_S

    def agreement(frame: Frame) -> float:
        matcher = Matcher(tape, light_features(film, frame, band), band.independent)
        found = [
            matcher.heights(float(at), float(lag), REACH_S)
            for at, lag in zip(near - first / FRAMES_PER_S, lags, strict=True)
        ]
        return float(np.sum(found, axis=0).max())

    return climb(agreement)


def stretch(centres_s: Array) -> float:
    """Where the stretch with the most windows begins."""
    count = np.searchsorted(centres_s, centres_s + STRETCH_S) - np.arange(len(centres_s))
    return float(centres_s[int(count.argmax())])


def cut(curve: LightCurve, begin_s: float, end_s: float) -> LightCurve:
    """A part of the curve, with times from its beginning on."""
    level = (curve.time_s >= begin_s) & (curve.time_s < end_s)
    motion = (curve.motion_s >= begin_s) & (curve.motion_s < end_s)
    return replace(
        curve,
        time_s=curve.time_s[level] - begin_s,
        level=curve.level[level],
        motion_s=curve.motion_s[motion] - begin_s,
        motion=curve.motion[motion],
    )


def climb(agreement: Callable[[Frame], float]) -> Frame:
    """From the best start, step by step, as long as it gets better."""
    known = {start: agreement(start) for start in STARTS}
    best = max(known, key=lambda frame: known[frame])
    for step in STEPS:
        while True:
            for frame in neighbours(best, step):
                if frame not in known:
                    known[frame] = agreement(frame)
            better = max(known, key=lambda frame: known[frame])
            if better == best:
                break
            best = better
    return best


def neighbours(frame: Frame, step: float) -> Iterator[Frame]:
    """Moved a little, or made larger or smaller; the shape is that of the start."""
    left, top, right, bottom = frame
    wide, high = (right - left) / 2, (bottom - top) / 2
    for by in (-step, step):
        moved = (
            (left + by, top, right + by, bottom),
            (left, top + by, right, bottom + by),
            (left - by * wide, top - by * high, right + by * wide, bottom + by * high),
            (left - by * wide, top, right + by * wide, bottom + 2 * by * high),
            (left - by * wide, top - 2 * by * high, right + by * wide, bottom),
        )
        for a, b, c, d in moved:
            if NARROWEST <= c - a <= WIDEST and NARROWEST <= d - b <= WIDEST:
                yield round(a, 3), round(b, 3), round(c, 3), round(d, 3)
