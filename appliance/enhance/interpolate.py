"""Pictures between pictures: slow motion, and what capture has lost.

Flow finds where things move, both pictures are moved there, and a small net says how much of each shows in
every place, and what is missing. Across a cut nothing is mixed: the nearer picture is held.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from appliance.core.types import Picture, Plane
from appliance.enhance.cuts import torn, whole
from appliance.enhance.motion import Pair, Seen, Ways, pack_motion, places, ways_of
from appliance.enhance.pack import add_residual
from appliance.enhance.pipeline import Question, answered
from appliance.enhance.runtime import Runtime

TIER = "interpolate"
STEP_S = 0.04  # between two pictures where there is only one


def between(
    pictures: Iterable[Picture], times: int, runtime: Runtime | None
) -> Generator[Picture, None, None]:
    """``times`` pictures for each one given, evenly spaced: the first is that one itself, untouched.

    The last one of the film is held. Without ``runtime`` flow alone decides. Goes forward only and holds a
    few pictures, however long the film.
    """
    return answered(questions(pictures, times), runtime)


def fill(one: Picture, other: Picture, count: int, runtime: Runtime | None) -> list[Picture] | None:
    """``count`` pictures between these two, evenly spaced; None across a cut."""
    pair, mixer = Pair(Seen(one), Seen(other)), Mixer()
    if not whole(pair):
        return None
    parts = [(k + 1) / (count + 1) for k in range(count)]
    return list(answered((question(pair, part, mixer) for part in parts), runtime))


def questions(pictures: Iterable[Picture], times: int) -> Iterator[Question[Picture]]:
    parts = [k / times for k in range(1, times)]
    mixer, before, last = Mixer(), None, None
    for seen, pair, after in neighbours(pictures):
        yield kept(seen.picture)
        if pair is not None:
            yield from asked(before, pair, after, parts, mixer)
            before = pair
        last = seen
    if last is not None:
        step_s = before.step_s if before else STEP_S
        yield from (kept(replace(last.picture, time_s=last.picture.time_s + part * step_s)) for part in parts)


def neighbours(pictures: Iterable[Picture]) -> Iterator[tuple[Seen, Pair | None, Pair | None]]:
    """Every picture with the pair that it begins and the one after that, as far as they are there."""
    coming = map(Seen, pictures)
    one, other = next(coming, None), next(coming, None)
    pair = Pair(one, other) if one and other else None
    while one is not None:
        following = next(coming, None)
        after = Pair(other, following) if other and following else None
        yield one, pair, after
        one, other, pair = other, following, after


def asked(
    before: Pair | None, pair: Pair, after: Pair | None, parts: list[float], mixer: Mixer
) -> Iterator[Question[Picture]]:
    """About the pictures of a pair; across a cut the nearer one is held."""
    if not torn(before, pair, after):
        yield from (question(pair, part, mixer) for part in parts)
        return
    one, other = pair.one.picture, pair.other.picture
    for part in parts:
        yield kept(replace(other if part > 0.5 else one, time_s=one.time_s + part * pair.step_s))


def question(pair: Pair, part: float, mixer: Mixer) -> Question[Picture]:
    """What to ask about the picture ``part`` of the way from one to the other."""
    one, other = pair.one.picture, pair.other.picture
    way = pair.halfway if part == 0.5 else pair.way_at(part)

    def shown(answer: Plane) -> Picture:
        return mixer.mixed(one, other, ways_of(way, part, answer), one.time_s + part * pair.step_s)

    return Question(pack_motion(pair, way, part), shown)


def kept(picture: Picture) -> Question[Picture]:
    return Question(None, lambda _: picture)


class Mixer:
    """Moves the planes of two pictures and mixes them. It keeps its work space: fresh memory of that size
    costs more than the arithmetic. For one thread."""

    def __init__(self) -> None:
        self._spaces: dict[tuple[int, ...], Space] = {}

    def mixed(self, one: Picture, other: Picture, ways: Ways, time_s: float) -> Picture:
        light = self._space(one.y).follow(ways)
        y = light.mixed(one.y, other.y)
        if ways.more is not None:
            y = add_residual(y, np.asarray(cv2.resize(ways.more, y.shape[::-1]), np.uint8))
        colour = self._space(one.u).follow(ways)
        return Picture(y, colour.mixed(one.u, other.u), colour.mixed(one.v, other.v), time_s)

    def _space(self, plane: Plane) -> Space:
        if plane.shape not in self._spaces:
            self._spaces[plane.shape] = Space(*plane.shape)
        return self._spaces[plane.shape]


class Space:
    """For planes of one size."""

    def __init__(self, rows: int, columns: int) -> None:
        self._size = columns, rows
        self._maps = np.empty((2, 2, rows, columns), np.float32)
        self._shares = np.empty((2, rows, columns), np.float32)
        self._brought = np.empty((2, rows, columns), np.uint8)
        self._places = [np.ascontiguousarray(plane) for plane in cv2.split(places(rows, columns))]

    def follow(self, ways: Ways) -> Space:
        larger = self._size[0] / ways.share.shape[1], self._size[1] / ways.share.shape[0]
        for way, maps in zip((ways.to_one, ways.to_other), self._maps, strict=True):
            for axis, plane in enumerate(cv2.split(way)):
                cv2.resize(plane * np.float32(larger[axis]), self._size, dst=maps[axis])
                cv2.add(maps[axis], self._places[axis], dst=maps[axis])
        for share, space in zip((1 - ways.share, ways.share), self._shares, strict=True):
            cv2.resize(share, self._size, dst=space)
        return self

    def mixed(self, one: Plane, other: Plane) -> Plane:
        return np.asarray(cv2.blendLinear(*self.brought(one, other), *self._shares), np.uint8)

    def brought(self, one: Plane, other: Plane) -> Plane:
        """Both where the picture between has them; overwritten by the next call."""
        for plane, maps, space in zip((one, other), self._maps, self._brought, strict=True):
            across, down = maps
            cv2.remap(plane, across, down, cv2.INTER_LINEAR, dst=space, borderMode=cv2.BORDER_REPLICATE)
        return self._brought
