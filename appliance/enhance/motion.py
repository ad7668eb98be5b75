"""Where things move between two pictures, and what the flow net is asked about it and answers.

Everything is looked for at a quarter of both sides. A first guess comes from optical flow and is tried
against standing still and against what its neighbours do. The net is shown how well the guess fits, and it
answers for every place how much of the later picture is to show, and what is to be added where neither fits.
Training uses these functions too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Picture, Plane
from appliance.enhance.pack import NOTHING, fold, unfold

Reals = NDArray[np.floating[Any]]

FLOW_CHANNELS = 56
LEAST_PX = 64  # of either side; in less there is nothing to follow
LIGHT = 16  # channels of the net's answer that are to be added; four more are shares
SHARE_STEPS = 64.0  # in the net's answer, from nothing to all of a picture
WAY_STEPS = 4.0  # in what the net is asked, of a quarter of a pixel's size
ASIDE_PX = 4  # from where neighbours' ways are tried, at a quarter of the size
LIT_LEVELS = 12.0  # by which the light may change before the search is told
STILL: Any = 9  # levels, of nine places, by which the flow's own way must fit better than none
DEARER: Any = 2  # levels, of nine places, by which a neighbour's way must fit better than that


@dataclass(frozen=True)
class Seen:
    """A picture in the stream; what is computed from it is computed once for both its neighbours."""

    picture: Picture

    @cached_property
    def half(self) -> Plane:
        rows, columns = quarter_size(self.picture.y.shape)
        size = (2 * columns, 2 * rows)
        return np.asarray(cv2.resize(self.picture.y, size, interpolation=cv2.INTER_AREA), np.uint8)

    @cached_property
    def quarter(self) -> Plane:
        rows, columns = quarter_size(self.picture.y.shape)
        return np.asarray(cv2.resize(self.half, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True)
class Ways:
    """For each place of a quarter of the size: how far aside it lies in either picture, in pixels of the
    quarter size, and the later picture's share, 0..1; ``more`` is what to add, at half size, around 128."""

    to_one: Reals  # (rows, columns, 2), x and y
    to_other: Reals
    share: Reals
    more: Plane | None = None


def quarter_size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Even both ways, for the net folds it once more; exact where the picture's sides divide by 8."""
    return 2 * -(-shape[0] // 8), 2 * -(-shape[1] // 8)


@dataclass(frozen=True)
class Pair:
    """Two pictures that follow each other, and how everything moves between them."""

    one: Seen
    other: Seen

    @property
    def step_s(self) -> float:
        return self.other.picture.time_s - self.one.picture.time_s

    @property
    def alike(self) -> bool:
        """Of one kind, and large enough for movement to be found in them."""
        one, other = self.one.picture, self.other.picture
        same = one.y.shape == other.y.shape and one.u.shape == other.u.shape
        return same and min(one.y.shape) >= LEAST_PX

    @cached_property
    def quarters(self) -> tuple[Plane, Plane]:
        """In one light: a flash or a shadow is no movement."""
        one, other = self.one.quarter, self.other.quarter
        if abs(float(one.mean()) - float(other.mean())) < LIT_LEVELS:
            return one, other
        (mean, spread), (mean_now, spread_now) = ((float(p.mean()), float(p.std())) for p in (one, other))
        gain = spread / max(spread_now, 1.0)
        return one, np.asarray(cv2.addWeighted(other, gain, other, 0, mean - gain * mean_now), np.uint8)

    @cached_property
    def moved(self) -> Reals:
        """From one to the other, where it lay in the one; in pixels of the quarter size."""
        return np.asarray(searcher().calc(*self.quarters, None), np.float32)

    @cached_property
    def halfway(self) -> Reals:
        return self.way_at(0.5)

    @cached_property
    def astray(self) -> float:
        """How unlike both are where the way brings them together, in levels."""
        unlike = self.misfit(self.halfway, 0.5).astype(np.float32)
        return float(np.sqrt(np.mean(unlike * unlike))) / 9

    def way_at(self, part: float) -> Reals:
        """The same where it lies ``part`` of the way: the best of a few guesses, of which standing still is
        the likeliest."""
        best = looked_up(self.moved, self.moved, -part)
        still = np.zeros_like(best)
        cost = cv2.subtract(self.misfit(best, part), DEARER)
        resting = cv2.subtract(self.misfit(still, part), STILL + DEARER)
        best = cv2.copyTo(still, cv2.compare(resting, cost, cv2.CMP_LT), best)
        cost = cv2.min(resting, cost)
        for tried in neighbours(best, ASIDE_PX):
            found = self.misfit(tried, part)
            best = cv2.copyTo(tried, cv2.compare(found, cost, cv2.CMP_LT), best)
            cost = cv2.min(found, cost)
        return np.asarray(cv2.merge([cv2.medianBlur(plane, 5) for plane in cv2.split(best)]))

    def misfit(self, way: Reals, part: float) -> Any:
        """How unlike the two pictures are that the way brings together: the sum of nine places' levels."""
        one, other = self.quarters
        unlike = cv2.absdiff(looked_up(one, way, -part), looked_up(other, way, 1 - part))
        return cv2.boxFilter(unlike, cv2.CV_16U, (3, 3), normalize=False)


def searcher() -> Any:
    """At the finest scale, where a coarser grid of patches costs little and halves the time. It keeps a work
    space, so that every search has one of its own."""
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    search.setFinestScale(0)
    search.setPatchStride(6)
    search.setGradientDescentIterations(12)
    search.setVariationalRefinementIterations(0)
    search.setUseMeanNormalization(False)
    return search


def neighbours(way: Reals, aside: int) -> list[Reals]:
    rows, columns = way.shape[:2]
    wide = cv2.copyMakeBorder(way, aside, aside, aside, aside, cv2.BORDER_REPLICATE)
    corners = ((0, aside), (2 * aside, aside), (aside, 0), (aside, 2 * aside))
    return [np.asarray(wide[top : top + rows, left : left + columns], np.float32) for top, left in corners]


def looked_up(plane: Any, way: Reals, part: float) -> Any:
    """``plane`` as it is found ``part`` of the way further at each place."""
    there = cv2.scaleAdd(way, part, places(*way.shape[:2]))
    border = cv2.BORDER_REPLICATE
    return cv2.remap(plane, there, None, cv2.INTER_LINEAR, borderMode=border)  # type: ignore[call-overload]


@lru_cache(maxsize=8)
def places(rows: int, columns: int) -> Reals:
    return np.dstack(np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)))


def pack_motion(pair: Pair, way: Reals, part: float) -> Plane:
    """What the net is asked: both pictures brought together, both as they are, and the ways."""
    rows, columns = pair.one.half.shape
    wide = np.asarray(2 * cv2.resize(way, (columns, rows)), np.float32)
    brought = [fold(looked_up(s.half, wide, p), 4, 4) for s, p in ((pair.one, -part), (pair.other, 1 - part))]
    still = [fold(s.quarter, 2, 2) for s in (pair.one, pair.other)]
    planes = [np.asarray(plane, np.float32) for plane in cv2.split(way)]
    ways = [fold(as_bytes(plane, WAY_STEPS * p), 2, 2) for p in (part, 1 - part) for plane in planes]
    return np.concatenate([*brought, *still, *ways])[None]


def as_bytes(values: Reals, steps: float) -> Plane:
    return np.asarray(cv2.addWeighted(values, steps, values, 0, NOTHING, dtype=cv2.CV_8U), np.uint8)


def ways_of(way: Reals, part: float, answer: Plane) -> Ways:
    """The way as the net judges it; an empty answer says nothing."""
    to_one, to_other = -np.float32(part) * way, np.float32(1 - part) * way
    if not answer.size:
        return Ways(to_one, to_other, np.full(way.shape[:2], part, np.float32))
    told = unfold(answer[LIGHT : LIGHT + 4], 2).astype(np.float32) - NOTHING
    share = np.clip(part + told / SHARE_STEPS, 0, 1)
    return Ways(to_one, to_other, share, unfold(answer[:LIGHT], 4))
