"""A copy protection makes the dongle's gain go up and down, seconds long, in the whole picture at once.

A scene becomes lighter in one place and darker in another; a gain moves every part by the same factor. So
what all parts do together from look to look is added up, and a rise and fall that repeats is the gain's.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

BLACK = 16.0
BRIGHT = 14.0  # above black; a darker part says little of the gain
LIGHT = 215.0  # a lighter part may be cut off at white
PARTS = 40  # of 192 must be bright enough
TOGETHER = 0.035  # half of the parts agree within this on by how much the gain changed
WINDOW_S = 30.0
ENOUGH_S = 18.0
SWING = 0.16  # between the lighter and the darker moments, as a share
COHERENT = 0.7  # of the looks must show one and the same change everywhere
PERIOD_S = (1.8, 13.0)
EVEN = 1.5  # the longest period against the shortest
MISSING_S = 1.0  # between two looks that belong together

HOLD_S = 12.0  # it is not over because one look was not sure
ALIKE = (0.6, 1.5)

Blocks = NDArray[np.float32]
Track = NDArray[np.float64]


class PumpWatch:
    """``feed`` says whether the brightness pumps; it takes half a minute to know, and to know it is over."""

    def __init__(self) -> None:
        self._last: Blocks | None = None
        self._gains = np.zeros(0, np.float32)  # of every part, added up as logarithms
        self._looks: deque[tuple[float, bool, Blocks]] = deque()  # time, told by all parts, gains
        self._seen_s = float("-inf")

    def feed(self, blocks: Blocks, timestamp_s: float) -> bool:
        if self._looks and not 0 <= timestamp_s - self._looks[-1][0] <= MISSING_S:
            self._looks.clear()
            self._last, self._seen_s = None, float("-inf")
        changes = common_changes(self._last, blocks) if self._last is not None else None
        self._last = blocks
        self._gains = np.zeros(blocks.size, np.float32) if not self._looks else self._gains
        self._gains = self._gains if changes is None else self._gains + changes
        self._looks.append((timestamp_s, changes is not None, self._gains))
        while timestamp_s - self._looks[0][0] > WINDOW_S:
            self._looks.popleft()
        if timestamp_s - self._looks[0][0] >= ENOUGH_S and self._pumps():
            self._seen_s = timestamp_s
        return timestamp_s - self._seen_s < HOLD_S

    def _pumps(self) -> bool:
        told = np.array([told for _, told, _ in self._looks])
        if told.mean() < COHERENT:
            return False
        times = np.array([time_s for time_s, _, _ in self._looks])
        gains = np.array([gains for _, _, gains in self._looks])
        level = level_of(times, np.median(gains, axis=1))
        return swings(times, level) and shared(gains, level)


def common_changes(before: Blocks, now: Blocks) -> Blocks | None:
    """The logarithm of each part's change; None where the bright parts did not change by one factor.

    Parts that are too dark or too light to tell are taken to have changed like the others.
    """
    usable = (before > BLACK + BRIGHT) & (now > BLACK + BRIGHT) & (before < LIGHT) & (now < LIGHT)
    if usable.sum() < PARTS:
        return None
    ratios = np.log((now[usable] - BLACK) / (before[usable] - BLACK))
    low, middle, high = np.percentile(ratios, (25, 50, 75))
    if high - low > TOGETHER:
        return None
    changes = np.full(now.shape, middle, np.float32)
    changes[usable] = ratios
    return changes.ravel()


def level_of(times: Track, gains: Track) -> Track:
    """Without what only rises or falls."""
    return np.asarray(gains - np.polyval(np.polyfit(times, gains, 1), times), np.float64)


def shared(gains: Blocks, level: Track) -> bool:
    """Whether most parts swing as far as the middle one: a lamp lights some of a scene more than the rest."""
    slopes = level @ (gains - gains.mean(axis=0)) / (level @ level)
    low, high = np.percentile(slopes, (25, 75))
    return bool(low > ALIKE[0] and high < ALIKE[1])


def swings(times: Track, level: Track) -> bool:
    """Whether it goes up and down at least twice, far enough and evenly."""
    low, high = np.percentile(level, (5, 95))
    if high - low < SWING:
        return False
    rises = crossings(times, level, (low + high) / 2, (high - low) / 5)
    periods = np.diff(rises)
    if len(periods) < 2 and not (len(periods) == 1 and times[-1] - rises[-1] > periods[0] * 0.6):
        return False
    within = PERIOD_S[0] <= periods.min() and periods.max() <= PERIOD_S[1]
    return bool(within and periods.max() <= EVEN * periods.min())


def crossings(times: Track, level: Track, middle: float, slack: float) -> Track:
    """When it rose through the middle, having been well below it."""
    found, below = [], False
    for time_s, value in zip(times, level, strict=True):
        if value < middle - slack:
            below = True
        elif below and value > middle + slack:
            found.append(time_s)
            below = False
    return np.array(found)
