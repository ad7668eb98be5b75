"""What the camera saw at each field's moment: its pictures before and after, moved to where things were then.

The cheapest order is to put the camera's pictures into the tape's frame first and to come here then: there
are 25 or 30 of them a second and 50 or 60 fields, and they may be five times as large as a tape's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Picture, Plane

Reals = NDArray[np.floating[Any]]
Late = tuple[float, float]  # seconds, of the first and the last row

NEAREST_S = 0.05  # a camera picture further than this from the moment shows another one
EXACT_S = 0.0005
APART_S = 2 * NEAREST_S  # two pictures further apart than this have nothing between them
FLOW_COLUMNS = 180  # of the pictures in which movement is looked for
LEAST_PX = 192
THUMB = (45, 36)
CUT_LEVELS = 18.0  # mean change of a thumbnail from one scene to another
ASTRAY = 1.0  # what movement that does not lead back again says, against pictures that differ
DOUBT_LEVELS, GHOST_LEVELS = 8.0, 30.0  # half believed; half mixed: of two pictures less is seen than of one
SURE = 255


@dataclass(frozen=True)
class Moment:
    """``sure`` is of the luma's size: 255 where the picture shows the moment, less where that is a guess."""

    picture: Picture
    sure: Plane


def late_s(field_scan_s: float, readout_s: float, shown: tuple[float, float] = (0.0, 1.0)) -> Late:
    """How much later than the camera's the tape's rows were seen, at the top and at the bottom.

    A picture is stamped with the time of its first row; ``readout_s`` later the camera has read its last one.
    Tubes scan a field in about 0.02 s; chips see all of it at once. ``shown`` is where in the camera's
    picture, 0 at its top and 1 at its bottom, the first and the last row of the pictures given lie.
    """
    return -readout_s * shown[0], field_scan_s - readout_s * shown[1]


def moments(
    pictures: Iterator[Picture], times_s: Iterable[float], late: Late = (0.0, 0.0)
) -> Iterator[Moment | None]:
    """The camera's picture at each time of a rising series; None where it has none.

    Between two pictures everything is moved along its way; a picture that lies at the moment keeps its bytes.
    Where the way is in doubt the nearer picture shows, and nothing is mixed across a cut or a longer gap.
    Goes forward only and holds two pictures, however long the film.
    """
    current, following = next(pictures, None), next(pictures, None)
    pair: Pair | None = None
    middle_s = sum(late) / 2
    mixer = lru_cache(maxsize=4)(Mixer)
    for time_s in times_s:
        while current and following and following.time_s <= time_s + middle_s + EXACT_S:
            current, following, pair = following, next(pictures, None), None
        if pair is None and current and following:
            pair = Pair(current, following)
        rows_s = (time_s + late[0], time_s + late[1])
        if pair and pair.whole and rows_s[0] + rows_s[1] > 2 * pair.one.time_s - EXACT_S:
            yield pair.at(rows_s, mixer)
        else:
            yield nearest([p for p in (current, following) if p], time_s + middle_s, pair)


def nearest(near: list[Picture], time_s: float, pair: Pair | None) -> Moment | None:
    """One picture as it is: the less sure the longer before or after, and not at all beside a cut."""
    if not near:
        return None
    picture = min(near, key=lambda p: abs(p.time_s - time_s))
    off_s = abs(picture.time_s - time_s)
    if off_s > NEAREST_S:
        return None
    torn = off_s > EXACT_S and pair is not None and pair.near and pair.one.time_s < time_s
    sure = 0.0 if torn else 1 - max(0.0, off_s - EXACT_S) / NEAREST_S
    return Moment(picture, np.full(picture.y.shape, round(SURE * sure), np.uint8))


@dataclass(frozen=True)
class Pair:
    """Two pictures that follow each other; how things move from one to the other is computed once."""

    one: Picture
    other: Picture

    @cached_property
    def near(self) -> bool:
        same = self.one.y.shape == self.other.y.shape and self.one.u.shape == self.other.u.shape
        large = min(self.one.y.shape) >= LEAST_PX
        return same and large and 0 < self.other.time_s - self.one.time_s <= APART_S

    @cached_property
    def whole(self) -> bool:
        """Both show one scene, and soon after one another."""
        if not self.near:
            return False
        one, other = (cv2.resize(p, THUMB, interpolation=cv2.INTER_AREA) for p in self.smalls)
        return float(cv2.absdiff(one, other).mean()) < CUT_LEVELS

    @cached_property
    def smalls(self) -> tuple[Plane, Plane]:
        rows, columns = self.one.y.shape
        step = max(2, round(columns / FLOW_COLUMNS))
        size = max(8, columns // step), max(8, rows // step)
        one, other = (cv2.resize(p.y, size, interpolation=cv2.INTER_AREA) for p in (self.one, self.other))
        return np.asarray(one, np.uint8), np.asarray(other, np.uint8)

    @cached_property
    def flows(self) -> tuple[Reals, Reals]:
        """Pixels of the small pictures, from one to the other and back."""
        one, other = self.smalls
        search = searcher()
        return search.calc(one, other, None), search.calc(other, one, None)

    def at(self, rows_s: Late, mixer: Callable[[int, int], Mixer]) -> Moment:
        length_s = self.other.time_s - self.one.time_s
        first, last = ((time_s - self.one.time_s) / length_s for time_s in rows_s)
        exact = max(abs(first), abs(last)) * length_s <= EXACT_S
        if exact:
            return Moment(self.one, np.full(self.one.y.shape, SURE, np.uint8))
        rows = self.smalls[0].shape[0]
        part = np.linspace(first, last, rows, dtype=np.float32).clip(-0.5, 1.5)[:, None]
        from_one, from_other, sure, shown = between(self.smalls, self.flows, part)
        # In doubt the nearer picture shows as it is: its pixels do not move and the other has no weight.
        share = np.asarray(shown * part.clip(0, 1) + (1 - shown) * (part > 0.5), np.float32)
        one, other = self.one, self.other
        light, colour = (mixer(*plane.shape) for plane in (one.y, one.u))
        light.follow(from_one, from_other, share)
        y = light.mixed(one.y, other.y, first + last > 1)
        colour.follow(from_one, from_other, share)
        u, v = colour.mixed(one.u, other.u), colour.mixed(one.v, other.v)
        told = cv2.resize(np.rint(SURE * sure).astype(np.uint8), (y.shape[1], y.shape[0]))
        return Moment(Picture(y, u, v, (rows_s[0] + rows_s[1]) / 2), np.asarray(told, np.uint8))


def between(
    smalls: tuple[Plane, Plane], flows: tuple[Reals, Reals], part: Reals
) -> tuple[Reals, Reals, Reals, Reals]:
    """How far what shows at each place, ``part`` of the way, has come from either picture.

    Then, 0..1, how sure that is, and how far both pictures may be moved and mixed there.
    """
    there, back = flows
    from_one, from_other = along(there, part[..., None]), along(back, 1 - part[..., None])
    seen_one, way_there = (looked_up(plane, from_one) for plane in (smalls[0], there))
    seen_other, way_back = (looked_up(plane, from_other) for plane in (smalls[1], back))
    astray = np.hypot(*cv2.split(way_there + way_back)) * steepness(seen_one)
    unlike = cv2.blur(cv2.subtract(seen_one, seen_other, dtype=cv2.CV_32F), (3, 3))
    doubt = cv2.blur(unlike * unlike + ASTRAY * astray * astray, (3, 3))
    sure, shown = (1 / (1 + (doubt / limit**2) ** 2) for limit in (DOUBT_LEVELS, GHOST_LEVELS))
    return from_one * shown[..., None], from_other * shown[..., None], sure, shown


def steepness(plane: Plane) -> Reals:
    """Levels a pixel, around each place: where all is flat it does not matter where it comes from."""
    across, down = (cv2.Sobel(plane, cv2.CV_32F, *axis, scale=0.125) for axis in ((1, 0), (0, 1)))
    return np.asarray(cv2.blur(cv2.magnitude(across, down), (3, 3)))


def along(flow: Reals, part: Reals) -> Reals:
    """The way so far of what is there now: what left from there went elsewhere, so it is looked up again."""
    return np.asarray(part * looked_up(flow, part * flow), np.float32)


def looked_up(plane: Any, way: Reals) -> Any:
    x, y = (place - way[..., k] for k, place in enumerate(places(*way.shape[:2])))
    return cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


class Mixer:
    """Takes planes of one size to the moment. It keeps its work space: fresh memory of that size costs more
    than the arithmetic."""

    def __init__(self, rows: int, columns: int) -> None:
        self._size = columns, rows
        self._places = places(rows, columns)
        self._ways = np.empty((2, 2, rows, columns), np.float32)
        self._shares = np.empty((2, rows, columns), np.float32)
        self._brought = np.empty((2, rows, columns), np.uint8)

    def follow(self, from_one: Reals, from_other: Reals, share: Reals) -> None:
        """The ways and the other picture's share are those of the small pictures."""
        larger = self._size[0] / share.shape[1], self._size[1] / share.shape[0]
        for way, targets in zip((from_one, from_other), self._ways, strict=True):
            for axis, (place, target) in enumerate(zip(self._places, targets, strict=True)):
                cv2.resize(way[..., axis] * larger[axis], self._size, dst=target)
                cv2.subtract(place, target, dst=target)
        for part, target in zip((1 - share, share), self._shares, strict=True):
            cv2.resize(part, self._size, dst=target)

    def mixed(self, one: Plane, other: Plane, later: bool | None = None) -> Plane:
        """Of light the nearer picture is taken as sharply as can be; that is half of all the work."""
        sharp = (later is False, later is True)
        for plane, way, target, cubic in zip((one, other), self._ways, self._brought, sharp, strict=True):
            method = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
            cv2.remap(plane, way[0], way[1], method, dst=target, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cv2.blendLinear(*self._brought, *self._shares), np.uint8)


@lru_cache(maxsize=8)
def places(rows: int, columns: int) -> list[Reals]:
    return list(np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)))


def searcher() -> Any:
    """Between OpenCV's presets "fast" and "medium": 1 dB nearer to the truth than the one, twice as fast as
    the other. It keeps a work space, so every pair has one of its own."""
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    search.setFinestScale(1)
    search.setGradientDescentIterations(12)
    search.setVariationalRefinementIterations(0)
    return search
