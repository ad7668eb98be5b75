"""What a tape shows of a moment once more, where nothing moves: fields that the film of it has not seen.

Their noise is another one. So what they and a film have in common is the picture, and what they differ by
among themselves is noise, whatever the net has made of either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.adapt.estimate import FAR, calm, deviation
from appliance.adapt.windows import Window, filtered
from appliance.core.types import Plane

Reals = NDArray[np.floating[Any]]
Places = NDArray[np.bool_]

LATER = 4  # fields; the net sees three to each side
SWITCH_ROWS = 16  # below, where the heads change: nobody knows what was there
STILL_PX = 9  # around a place in which nothing may move
STILL = 1.2  # times what noise alone would change
REACH_PX = 12  # of the taps, to each side
THIN = 3  # rows to one that is fitted to
LITTLE = 0.5  # levels squared of detail in a place: from there on it is fitted to


@dataclass(frozen=True)
class Again:
    """Whole pictures, padded as fields are."""

    before: Reals
    after: Reals
    still: Places

    @property
    def shown(self) -> Reals:
        return np.asarray((self.before + self.after) / 2)

    @property
    def apart(self) -> Reals:
        return np.asarray(self.before - self.after)


def again(windows: Sequence[Window], place: int) -> Again:
    """For one of ``places_of``. The lines of the other field come from one field further away."""
    rows, columns = windows[place].field.field.y.shape
    one, other = (np.empty((2 * rows, columns), np.float32) for _ in range(2))
    where = np.zeros(one.shape, bool)
    for by in (LATER, LATER + 1):
        before, near, after = (windows[place + k].field.field for k in (-by, by - LATER, by))
        own = slice(int(after.bottom), None, 2)
        one[own], other[own] = before.y, after.y
        where[own] = still(before.y, near.y, after.y)
    where[-SWITCH_ROWS:] = False
    return Again(one, other, where)


def places_of(windows: Sequence[Window]) -> range:
    """Those that have enough around them."""
    return range(LATER + 1, len(windows) - LATER - 1)


def still(before: Plane, own: Plane, later: Plane) -> Places:
    """Where fields of the same lines differ by no more than their noise, and not all to one side."""
    off, also = later.astype(np.float32) - own, later.astype(np.float32) - before
    noise = deviation(off[calm(own.astype(np.float32))])
    around = (STILL_PX, STILL_PX)
    change = cv2.blur(np.abs(off) + np.abs(also), around)
    slow = np.maximum(np.abs(cv2.blur(off, around)), np.abs(cv2.blur(also, around)))
    expected = 2 * noise * np.sqrt(2 / np.pi)
    return np.asarray((change <= STILL * expected + 0.5) & (slow <= FAR * noise / STILL_PX + 0.5))


@dataclass
class Fit:
    """The taps that make the rows of a film most like what is shown; by their slopes, which are even."""

    power: Reals = field(default_factory=lambda: np.zeros((2 * REACH_PX + 1,) * 2))
    both: Reals = field(default_factory=lambda: np.zeros(2 * REACH_PX + 1))
    count: int = 0

    def add(self, film: Plane, shown: Reals, where: Places) -> None:
        slopes, wanted = (np.diff(rows[::THIN].astype(np.float32), axis=1) for rows in (film, shown))
        looks = np.lib.stride_tricks.sliding_window_view(slopes, 2 * REACH_PX + 1, axis=1)
        inner = where[::THIN, REACH_PX + 1 : -REACH_PX]
        seen = looks[inner][:, ::-1]
        self.power = self.power + seen.T @ seen
        self.both = self.both + seen.T @ wanted[:, REACH_PX:-REACH_PX][inner]
        self.count += len(seen)

    def taps(self) -> Reals:
        """They sum to one. Where too little is to be seen they change nothing."""
        trust = LITTLE * self.count + 1e-6
        plain = np.zeros(len(self.both))
        plain[REACH_PX] = 1
        found = np.linalg.solve(self.power + trust * np.eye(len(plain)), self.both + trust * plain)
        return np.asarray(found / found.sum())


def left(seen: Again, film: Plane) -> float:
    """The mean square between what is shown, less its noise, and a film as a tape would play it at best."""
    fit = Fit()
    fit.add(film, seen.shown, seen.still)
    error = filtered(film, fit.taps()) - seen.shown
    squares = np.square(error[seen.still]).mean() - np.square(seen.apart[seen.still]).mean() / 4
    return max(0.0, float(squares))
