"""Which field of a frame came first, told by the pictures themselves: what a file says of it is often wrong.

Between two frames there are three steps in time from a field to one of the other parity: within a frame,
from the bottom field to the next top one, and from the top field to the next bottom one. Things move
furthest over the longest of them: over the last where the top field comes first, over the second where the
bottom one does, and within the frame not at all where both were taken at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import FieldOrder, Picture

Floats = NDArray[np.floating[Any]]

ACROSS, DOWN = 4, 2  # pixels and field rows that are averaged, against noise
MOVING = 85  # percentile of motion above which a place is looked at
CUT_LEVELS = 30.0
LEAST_PX = 32
PAIRS = 10  # fewer pairs of frames say nothing
SURE = 4.0  # standard errors
AGREE = 0.85  # share of the pairs that must lean the same way
CLEAR = 0.04  # the least difference of the steps, as a share of their mean
AT_MOST = 0.35  # share of the one difference up to which the other counts as none


@dataclass(frozen=True)
class Steps:
    """Mean change over the three steps, where something moves."""

    within: float
    to_top: float
    to_bottom: float

    @property
    def later(self) -> float:
        """Above 0 the top field is first, below 0 the bottom field; about -1..1."""
        return (self.to_bottom - self.to_top) / self.mean

    @property
    def apart(self) -> float:
        """Above 0 when even the nearest fields of two frames are further apart than those of one."""
        return (min(self.to_top, self.to_bottom) - self.within) / self.mean

    @property
    def mean(self) -> float:
        return (self.within + self.to_top + self.to_bottom) / 3 + 1e-6


def detect_order(windows: Iterable[Sequence[Picture]]) -> FieldOrder | None:
    """The order seen in runs of following pictures from several places of a film; None when not sure.

    Sure is: many moving pairs agree by far, and no place of the film says otherwise.
    """
    places = [[s for pair in pairwise(pictures) if (s := steps(*pair))] for pictures in windows]
    everywhere = verdict([pair for place in places for pair in place])
    if everywhere is None:
        return None
    leaning = {lean(place) for place in places if place} - {None}
    return everywhere if leaning <= {everywhere} else None


def steps(one: Picture, other: Picture) -> Steps | None:
    """None over a cut or a flash, and for pictures that are too small to tell."""
    if min(one.y.shape) < LEAST_PX or one.y.shape != other.y.shape:
        return None
    top, bottom, next_top, next_bottom = (
        thumb(picture, parity) for picture in (one, other) for parity in (0, 1)
    )
    if float(np.abs(next_top - top).mean()) > CUT_LEVELS:
        return None
    motion = cv2.blur(np.abs(next_top - top) + np.abs(next_bottom - bottom), (5, 5))
    moving = motion >= np.percentile(motion, MOVING)

    def change(a: Floats, b: Floats) -> float:
        return float(np.abs(a - b)[moving].mean())

    within = (change(top, bottom) + change(next_top, next_bottom)) / 2
    return Steps(within, change(bottom, next_top), change(top, next_bottom))


def thumb(picture: Picture, parity: int) -> Floats:
    """A field, small; of an odd number of rows the last is left out."""
    rows, columns = picture.y.shape[0] // 2, picture.y.shape[1]
    size = max(1, columns // ACROSS), max(1, rows // DOWN)
    field = picture.y[parity : 2 * rows : 2]
    return cv2.resize(field, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def verdict(pairs: Sequence[Steps]) -> FieldOrder | None:
    if len(pairs) < PAIRS:
        return None
    later, apart = (np.array([getattr(pair, name) for pair in pairs]) for name in ("later", "apart"))
    if sure(apart) and abs(np.median(later)) < AT_MOST * np.median(apart):
        return "progressive"
    if sure(later * np.sign(np.median(later))) and np.median(apart) < AT_MOST * abs(np.median(later)):
        return "tff" if np.median(later) > 0 else "bff"
    return None


def sure(values: Floats) -> bool:
    """By the median, since one odd pair (a lost frame, a jump of the tape) may be as large as all others."""
    middle = np.median(values)
    spread = 1.48 * np.median(np.abs(values - middle))
    clear = middle > max(CLEAR, SURE * spread / np.sqrt(len(values)))
    return bool(clear and np.mean(values > 0) >= AGREE)


def lean(place: Sequence[Steps]) -> FieldOrder | None:
    """What one place alone would say, if it says anything."""
    later, apart = (float(np.median([getattr(s, name) for s in place])) for name in ("later", "apart"))
    if max(abs(later), apart) < 2 * CLEAR:
        return None
    return "progressive" if apart > abs(later) else "tff" if later > 0 else "bff"
