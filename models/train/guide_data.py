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
from appliance.enhance.guided import SURE, match_low, pack_guide
from appliance.enhance.pack import fold
from appliance.enhance.pipeline import restore
from appliance.enhance.runtime import Runtime
from models.train.batches import Example
from models.train.evaluate import pictures_of
from models.train.prepare import TARGETS, Pieces

SIDE, MARGIN = 128, 16
ABSENT, WRONG = 0.30, 0.05
CLOSE, NEAR = 0.70, 0.92  # parts of the samples misplaced by up to the first and the second of these
MISPLACED_PX = ((0.0, 0.6), (0.6, 1.5), (1.5, 4.0))  # rms
BLOCKED = 0.15
Bytes = NDArray[np.uint8]
Planes = tuple[Bytes, Bytes, Bytes]
Floats = NDArray[np.float32]


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
    place = Place(top, left, SIDE, SIDE)
    film = place.cut(films.y[piece, target], films.c[piece, target])
    truth = place.cut(pieces.truth_y[piece, target], pieces.truth_c[piece, target])
    wide = place.widened(MARGIN, rows, columns)
    scene = int(rng.integers(len(films.y))) if rng.random() < WRONG else piece
    there = wide.cut(pieces.truth_y[scene, target], pieces.truth_c[scene, target])
    seen = see(block(there, rng), rng, draw_misplacement_px(rng))
    inner = Place(top - wide.top, left - wide.left, SIDE, SIDE)
    guide = match_low(as_picture(film), as_picture(inner.cut(seen[0], np.stack(seen[1:]))))
    packed = pack_guide(as_picture(film), guide, draw_trust(rng))
    parts = zip(truth, film, (4, 2, 2), strict=True)
    missing = [fold(t, k, k).astype(np.float32) - fold(f, k, k) for t, f, k in parts]
    return packed[0].astype(np.float32), np.concatenate(missing)


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

    def widened(self, by: int, rows: int, columns: int) -> Place:
        """As far as the picture goes."""
        top, left = max(0, self.top - by), max(0, self.left - by)
        bottom, right = min(rows, self.top + self.rows + by), min(columns, self.left + self.columns + by)
        return Place(top, left, bottom - top, right - left)


def draw_trust(rng: np.random.Generator) -> Bytes:
    """At a quarter of the size: all of it, or what a camera leaves that does not see the whole scene."""
    size = SIDE // 4
    trust = np.ones((size, size), np.float32)
    if rng.random() < ABSENT:
        angle, middle = rng.uniform(0, 2 * np.pi), rng.uniform(0, size, 2)
        row, column = np.mgrid[:size, :size]
        side = (row - middle[0]) * np.sin(angle) + (column - middle[1]) * np.cos(angle)
        trust = np.asarray(np.clip(side / 3 + 0.5, 0, 1), np.float32)
    return np.asarray(np.rint(trust * SURE), np.uint8)


def draw_misplacement_px(rng: np.random.Generator) -> float:
    chance = rng.random()
    return float(rng.uniform(*MISPLACED_PX[0 if chance < CLOSE else 1 if chance < NEAR else 2]))


def see(planes: Planes, rng: np.random.Generator, off_px: float) -> Planes:
    """The scene through a second camera, on the tape's raster again, ``off_px`` (rms) beside its place."""
    y, u, v = misplace(planes, rng, off_px)
    sigma = float(rng.uniform(0.2, 1.1))
    light = cv2.GaussianBlur(y.astype(np.float32), (0, 0), sigma) / 255
    light = np.clip(light, 0, 1) ** float(rng.uniform(0.8, 1.25))
    light = light * 255 * float(rng.uniform(0.75, 1.15)) + float(rng.uniform(-15, 15))
    noise = float(rng.uniform(0, 4))
    light += cv2.GaussianBlur(rng.standard_normal(light.shape, dtype=np.float32), (0, 0), 0.6) * 2 * noise
    mix = np.eye(2) * rng.uniform(0.6, 1.4, 2) + rng.normal(0, 0.1, (2, 2))
    colour = np.stack([u, v]).astype(np.float32) - 128
    colour = np.tensordot(mix.astype(np.float32), colour, 1) + 128 + rng.normal(0, 6, (2, 1, 1))
    colour = colour + rng.standard_normal(colour.shape) * noise / 2
    return compress(light, np.asarray(colour, np.float32), int(rng.integers(60, 97)))


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


def compress(light: NDArray[np.floating], colour: Floats, quality: int) -> Planes:
    bytes_ = [np.clip(np.rint(p), 0, 255).astype(np.uint8) for p in (light, *colour)]
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality]
    again = [cv2.imdecode(cv2.imencode(".jpg", p, settings)[1], cv2.IMREAD_GRAYSCALE) for p in bytes_]
    return tuple(np.asarray(p, np.uint8) for p in again)  # type: ignore[return-value]


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
