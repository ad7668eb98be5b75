"""The camera's picture on the film's, field by field: followed, warped, in the film's light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import cv2
import numpy as np

from appliance.core.types import Picture, Plane, Registration
from appliance.register.follow import (
    Track,
    begun,
    blurred,
    due,
    fitted,
    followed,
    placing_of_track,
    rested,
    shows,
    strange,
)
from appliance.register.geometry import VIEW_ROWS, find
from appliance.register.light import (
    BLANK,
    Light,
    in_common_colours,
    learnt,
    lifted,
    light_of,
    matched,
    reduced,
)
from appliance.register.measure import Cells, Reals, compare, structure
from appliance.register.place import Placing, luma_raster, placing_of
from appliance.register.views import size_of, square_scale
from appliance.register.warp import SEEN, GuideWarper, coverage, warped

SIZE = 2  # tape pixels per pixel of the pictures that are compared
COARSER = (8, 4)
ROUNDS = 3  # over the pictures of a registration
INSIDE_PX = 9  # so near to the edge of what the camera sees its structure is not that of the scene
FIRST_WAIT, LONGEST_WAIT = 10, 100  # fields between two searches
LITTLE = 5.0  # what the mesh is worth when somebody has moved the camera
FAR_PX = 1.0  # a change from which the coarser sizes are asked


@dataclass(frozen=True)
class State:
    """Everything that a guide's track remembers: a run that is cut goes on from it as if it were not."""

    track: Track
    light: Reals = field(default_factory=BLANK.copy)


class GuideTrack:
    """``see`` is given every field's film and the camera's picture of its moment, in their order."""

    def __init__(
        self,
        registration: Registration,
        tape_size: tuple[int, int],
        sample_aspect: Fraction = Fraction(1),
        scale: int = 1,
        state: State | None = None,
    ) -> None:
        self.state = state or State(begun(placing_of(registration)))
        self._size, self._aspect = tape_size, sample_aspect
        self._warper = GuideWarper(tape_size, scale)
        self._colour = registration.colour
        self.light = light_of(self.state.light)  # of the picture that was seen last

    @property
    def placing(self) -> Placing:
        """Where the picture that was seen last lies."""
        return seen_by(self.state.track)

    def see(self, film: Picture, camera: Picture) -> tuple[Picture, Plane]:
        """The camera's picture as the film would show it, and 255 where it is believed at all.

        ``film`` has the tape's size, ``camera`` any; both are of one moment.
        """
        track = stepped(self.state.track, film.y, camera.y, self._size)
        if due(track):
            track = found_again(track, film.y, camera.y, self._size, self._aspect)
        picture, seen = self._warper.see(camera, seen_by(track))
        sums = self.state.light
        if not track.missed:
            sums, self.light = self._lit(film, picture, seen)
        self.state = State(track, sums)
        return matched(picture, self._colour, self.light), believed(seen, track)

    def _lit(self, film: Picture, picture: Picture, seen: Plane) -> tuple[Reals, Light]:
        small = reduced(film)
        size = small.shape[1], small.shape[0]
        guide = in_common_colours(reduced(picture, size), self._colour)
        there = (cv2.resize(seen, size, interpolation=cv2.INTER_AREA) == SEEN).astype(np.float32)
        sums = learnt(self.state.light, small, guide, there, light_of(self.state.light))
        return sums, lifted(light_of(sums), small, guide, there)


def believed(seen: Plane, track: Track) -> Plane:
    """Nothing where the camera was lost, nor where it is out of focus."""
    if track.missed:
        return np.zeros_like(seen)
    soft = blurred(track)
    if not soft.any():
        return seen
    sharp = cv2.resize(
        np.where(soft, 0, SEEN).astype(np.uint8), size_of(seen), interpolation=cv2.INTER_NEAREST
    )
    return np.asarray(cv2.min(seen, sharp), np.uint8)


def settled(registration: Registration, pairs: Sequence[tuple[Plane, Plane]]) -> Registration:
    """With the mesh that pictures (tape, camera) of the same moments want."""
    track = begun(placing_of(registration), 0.0)
    size = size_of(pairs[0][0])
    for number in range(ROUNDS * len(pairs)):
        tape, camera = pairs[number % len(pairs)]
        still = replace(track, gain=1 / (number + 1), speed=np.zeros((3, 2)))
        track = stepped(still, tape, camera, size)
    mesh = seen_by(track).mesh
    return replace(registration, mesh=tuple(tuple((float(x), float(y)) for x, y in row) for row in mesh))


def seen_by(track: Track) -> Placing:
    """Where the picture that was just seen lies."""
    return placing_of_track(replace(track, speed=np.zeros_like(track.speed)))


def stepped(track: Track, film: Plane, camera: Plane, tape_size: tuple[int, int]) -> Track:
    """After one more picture; where the two do not go together, what was known stays as it was."""
    before: Reals = np.zeros((3, 2))
    cells = compared(placing_of_track(track), film, camera, tape_size, SIZE)
    if not shows(cells):
        return rested(track)
    if track.fields < 2 or strange(track, cells) or far(cells):
        for size in COARSER:
            before = before + fitted(compared(placing_of_track(track, before), film, camera, tape_size, size))
        closer = compared(placing_of_track(track, before), film, camera, tape_size, SIZE)
        if closer.whole < cells.whole:
            before = np.zeros((3, 2))
        else:
            cells = closer
    return rested(track) if strange(track, cells) else followed(track, cells, before)


def far(cells: Cells) -> bool:
    return bool(np.abs(fitted(cells)).sum(axis=0).max() > FAR_PX)


def found_again(
    track: Track, film: Plane, camera: Plane, tape_size: tuple[int, int], aspect: Fraction
) -> Track:
    """By features, as at the start; what is known of lens and parallax is a help, no more."""
    matrix = find([(film, camera)], square_scale(film.shape[0], VIEW_ROWS, aspect), track.lens)
    longer = min(2 * track.waits, LONGEST_WAIT) if track.waits else FIRST_WAIT
    waiting = replace(track, waits=longer, searched=0)
    if matrix is None:
        return waiting
    fresh = begun(Placing(matrix, track.lens, track.mesh), LITTLE)
    tried = stepped(replace(fresh, usual=track.usual), film, camera, tape_size)
    return waiting if tried.missed else tried


def compared(placing: Placing, film: Plane, camera: Plane, tape_size: tuple[int, int], size: int) -> Cells:
    """At one pixel for every ``size`` of the tape's."""
    raster = luma_raster(tape_size, 1 / size)
    coarse = placing.places(tape_size, size_of(camera))
    guide = warped(camera, coarse, raster)
    columns, rows = raster.size
    small = cv2.resize(film[: rows * size, : columns * size], raster.size, interpolation=cv2.INTER_AREA)
    inside = cv2.erode(coverage(coarse, size_of(camera), raster), np.ones((INSIDE_PX, INSIDE_PX), np.uint8))
    return compare(
        structure(np.asarray(small, np.uint8)), structure(guide), (inside // 255).astype(np.float32), size
    )
