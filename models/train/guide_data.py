"""Samples for the guide's net: a restored film, what a second camera saw of the moment, and the truth.

The camera's picture is made anew for every sample: other colours, softer or noisier, and misplaced by what a
registration really leaves. Some of them are of something else, and some do not see the whole scene.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import FieldOrder, Picture
from appliance.enhance.guide import SEEN, carry
from appliance.enhance.guided import believed, freedom, match_low, pack_guide
from appliance.enhance.pack import fold
from appliance.enhance.pipeline import restore
from appliance.enhance.runtime import Runtime
from appliance.register.colour import match_colours
from appliance.register.warp import ColourTable
from appliance.sim.tape import second_camera
from models.train.batches import Example
from models.train.evaluate import pictures_of
from models.train.prepare import TARGETS, Pieces

SIDE, MARGIN = 128, 32
ABSENT, WRONG = 0.30, 0.05
CLOSE, NEAR = 0.70, 0.92  # parts of the samples misplaced by up to the first and the second of these
MISPLACED_PX = ((0.0, 0.6), (0.6, 1.5), (1.5, 4.0))  # rms
BLOCKED = 0.15
Bytes = NDArray[np.uint8]
Planes = tuple[Bytes, Bytes, Bytes]


@dataclass(frozen=True)
class Films:
    """Restored 4:2:0 pictures of the pieces' targets: (n, targets, rows, columns), (n, targets, 2, ...)."""

    y: Bytes
    c: Bytes

    def save(self, path: Path) -> None:
        np.savez(path, y=self.y, c=self.c)

    @staticmethod
    def load(path: Path) -> Films:
        with np.load(path) as file:
            return Films(file["y"], file["c"])

    @staticmethod
    def joined(films: list[Films]) -> Films:
        return Films(np.concatenate([f.y for f in films]), np.concatenate([f.c for f in films]))


def make_films(pieces: Pieces, runtime: Runtime) -> Films:
    films = []
    for number in range(len(pieces.tape_y)):
        order: FieldOrder = "tff" if pieces.top_first[number] else "bff"
        made = list(restore(pictures_of(pieces, number), order, runtime))
        films.append([made[t] for t in TARGETS])
    luma = np.stack([[p.y for p in film] for film in films])
    return Films(luma, np.stack([[np.stack([p.u, p.v]) for p in film] for film in films]))


def draw_guided(pieces: Pieces, films: Films, rng: np.random.Generator) -> Example:
    """The packed input (49, ...) and the residual that is missing from the film (24, ...), both in levels."""
    piece, target = int(rng.integers(len(films.y))), int(rng.integers(len(TARGETS)))
    rows, columns = films.y.shape[2:]
    top, left = (int(rng.integers((size - SIDE) // 4 + 1)) * 4 for size in (rows, columns))
    wide = Place(top, left, SIDE, SIDE).widened(MARGIN, rows, columns)
    inner = Place(top - wide.top, left - wide.left, SIDE, SIDE)
    film = as_picture(wide.cut(films.y[piece, target], films.c[piece, target]))
    scene = int(rng.integers(len(films.y))) if rng.random() < WRONG else piece
    there = wide.cut(pieces.truth_y[scene, target], pieces.truth_c[scene, target])
    guide = matched(film, see(misplace(block(there, rng), rng, draw_misplacement_px(rng)), rng))
    trust, worth = believed(film.y, guide.y, draw_coverage(rng, film.y.shape))
    by_rule = carry(film, guide, worth * trust)
    given, helped = inner.of(by_rule), inner.of(match_low(by_rule, guide))
    free = np.ascontiguousarray(freedom(trust, 1.0)[inner.quarter])
    packed = pack_guide(as_picture(given), as_picture(helped), free)
    truth = inner.of(as_picture(wide.cut(pieces.truth_y[piece, target], pieces.truth_c[piece, target])))
    parts = zip(truth, given, (4, 2, 2), strict=True)
    missing = [fold(t, k, k).astype(np.float32) - fold(f, k, k) for t, f, k in parts]
    return packed[0].astype(np.float32), np.concatenate(missing)


def matched(film: Picture, seen: Planes) -> Picture:
    """In the film's colours, as the product makes the camera's."""
    colour = ColourTable(match_colours([(film, as_picture(seen))], np.eye(3)))
    return as_picture(colour.apply(*seen))


def as_picture(planes: Planes) -> Picture:
    return Picture(*planes, 0.0)


@dataclass(frozen=True)
class Place:
    """A part of a picture, in pixels of luma, all even."""

    top: int
    left: int
    rows: int
    columns: int

    def cut(self, y: Bytes, c: Bytes) -> Planes:
        luma = y[self.top : self.top + self.rows, self.left : self.left + self.columns]
        rows = slice(self.top // 2, (self.top + self.rows) // 2)
        u, v = c[:, rows, self.left // 2 : (self.left + self.columns) // 2]
        return np.ascontiguousarray(luma), np.ascontiguousarray(u), np.ascontiguousarray(v)

    def of(self, picture: Picture) -> Planes:
        return self.cut(picture.y, np.stack([picture.u, picture.v]))

    @property
    def quarter(self) -> tuple[slice, slice]:
        """Of a map that has a place for every 4 x 4 pixels."""
        rows = slice(self.top // 4, (self.top + self.rows) // 4)
        return rows, slice(self.left // 4, (self.left + self.columns) // 4)

    def widened(self, by: int, rows: int, columns: int) -> Place:
        """As far as the picture goes."""
        top, left = max(0, self.top - by), max(0, self.left - by)
        bottom, right = min(rows, self.top + self.rows + by), min(columns, self.left + self.columns + by)
        return Place(top, left, bottom - top, right - left)


def draw_coverage(rng: np.random.Generator, shape: tuple[int, ...]) -> Bytes:
    """All of it, or what a camera leaves that does not see the whole scene."""
    seen = np.full(shape, SEEN, np.uint8)
    if rng.random() < ABSENT:
        angle, middle = rng.uniform(0, 2 * np.pi), rng.uniform(0, shape)
        row, column = np.mgrid[: shape[0], : shape[1]]
        seen[(row - middle[0]) * np.sin(angle) + (column - middle[1]) * np.cos(angle) < 0] = 0
    return seen


def draw_misplacement_px(rng: np.random.Generator) -> float:
    chance = rng.random()
    return float(rng.uniform(*MISPLACED_PX[0 if chance < CLOSE else 1 if chance < NEAR else 2]))


def see(planes: Planes, rng: np.random.Generator) -> Planes:
    """4:2:0 through the simulator's second camera."""
    y, u, v = planes
    doubled = (np.repeat(plane, 2, axis=0)[None] for plane in (u, v))
    y, u, v = (
        plane[0] for plane in second_camera.see((y[None], *doubled), second_camera.draw_camera(rng), 0)
    )
    return y, half_rows(u), half_rows(v)


def half_rows(plane: Bytes) -> Bytes:
    size = (plane.shape[1], plane.shape[0] // 2)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)


def block(planes: Planes, rng: np.random.Generator) -> Planes:
    """Now and then somebody stands before the camera."""
    if rng.random() >= BLOCKED:
        return planes
    y, u, v = (plane.copy() for plane in planes)
    rows, columns = y.shape
    centre = int(rng.integers(columns)), int(rng.integers(rows))
    axes = int(rng.integers(15, 80)), int(rng.integers(15, 80))
    for plane, part in ((y, 1), (u, 2), (v, 2)):
        place, size = (centre[0] // part, centre[1] // part), (axes[0] // part, axes[1] // part)
        cv2.ellipse(plane, place, size, 0, 0, 360, float(rng.uniform(60, 200)), -1, cv2.LINE_AA)
    return y, u, v


def misplace(planes: Planes, rng: np.random.Generator, off_px: float) -> Planes:
    """A whole shift and a slow bend."""
    y, u, v = planes
    coarse = rng.normal(0, 0.5, (3, 3, 2)) + rng.normal(0, 1, 2)
    bend = cv2.resize(coarse.astype(np.float32), (y.shape[1], y.shape[0]), interpolation=cv2.INTER_CUBIC)
    bend *= off_px / float(np.sqrt((bend**2).sum(2).mean()) + 1e-6)
    half = cv2.resize(bend, (u.shape[1], u.shape[0])) / 2
    return shifted(y, bend), shifted(u, half), shifted(v, half)


def shifted(plane: Bytes, bend: NDArray[np.floating]) -> Bytes:  # type: ignore[type-arg]
    row, column = np.mgrid[: plane.shape[0], : plane.shape[1]].astype(np.float32)
    x, y = (np.asarray(column + bend[..., 0], np.float32), np.asarray(row + bend[..., 1], np.float32))
    return np.asarray(cv2.remap(plane, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.uint8)
