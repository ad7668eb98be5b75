"""Where the signal is missing: tracking bands, dropouts, rows without colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.sim.tape.chance import Figures, chance
from appliance.sim.tape.kit import Array, Kit, Planes
from appliance.sim.tape.parameters import TapeParameters
from appliance.sim.tape.shot import GREY
from appliance.sim.tape.timing import tracking_band

SNOW_PX = 10  # length of the streaks in a tracking band
COVERED = 0.5  # part of the dropouts that the player fills with the row before
SHORTEST_PX = 8.0 / 720  # of the row


def spoil_tracking(planes: Planes, tape: TapeParameters, start: int, kit: Kit) -> Planes:
    """Inside the band the picture drowns in bright streaks and the colour is lost."""
    y, u, v = planes
    for number in range(y.shape[0] if tape.tracking_rows >= 2 else 0):
        band = tracking_band(y.shape[1], tape, start + number)
        rows = np.flatnonzero(band)
        if len(rows):
            rng = chance(tape, start + number, "snow")
            weight = kit.load((band[rows] * rng.uniform(0.1, 0.9, len(rows)))[:, None])
            part = slice(int(rows[0]), int(rows[-1]) + 1)  # a band is in one piece
            y[number, part] += weight * (kit.load(snow((len(rows), y.shape[2]), rng)) - y[number, part])
            for plane in (u, v):
                plane[number, part] += weight * (GREY - plane[number, part])
    return planes


def snow(shape: tuple[int, int], rng: np.random.Generator) -> Figures:
    rows, columns = shape
    knots = rng.standard_normal((rows, columns // SNOW_PX + 1), dtype=np.float32)
    return np.asarray(np.repeat(knots, SNOW_PX, axis=1)[:, :columns] * 60 + 140, np.float32)


@dataclass(frozen=True)
class Holes:
    """The rows with dropouts; what is left of each sample, what comes from the row before, what is added."""

    frame: NDArray[np.int64]
    row: NDArray[np.int64]
    keep: Figures
    cover: Figures
    add: Figures


def drop_out(planes: Planes, tape: TapeParameters, start: int, kit: Kit) -> Planes:
    """White or dark with a comet's tail, or, where the player covers it, the row before of the same field."""
    y, u, v = planes
    if tape.dropouts_per_frame == 0:
        return planes
    frames, rows, columns = y.shape
    holes = draw_holes(tape, start, frames, rows, columns)
    if not len(holes.row):
        return planes
    place, above = (holes.frame, holes.row), (holes.frame, holes.row - 2)
    keep, cover, add = (kit.load(weight) for weight in (holes.keep, holes.cover, holes.add))
    y[place] = keep * y[place] + cover * y[above] + add
    keep, cover = (weight[:, : 2 * u.shape[2] : 2] for weight in (keep, cover))
    for plane in (u, v):
        plane[place] = keep * plane[place] + cover * plane[above] + (1 - keep - cover) * GREY
    return planes


def draw_holes(tape: TapeParameters, start: int, frames: int, rows: int, columns: int) -> Holes:
    found: dict[tuple[int, int], Figures] = {}
    for number in range(frames):
        rng = chance(tape, start + number, "dropouts")
        for _ in range(rng.poisson(tape.dropouts_per_frame)):
            top, height = int(rng.integers(2, rows)), 2 * int(rng.integers(1, 3))
            weights = one_hole(tape, columns, rng)
            for row in range(top, min(rows, top + height), 2):
                merge(found.setdefault((number, row), untouched(columns)), weights)
    places = np.array(list(found), np.int64).reshape(-1, 2)
    stack = np.array(list(found.values()), np.float32).reshape(-1, 3, columns)
    return Holes(places[:, 0], places[:, 1], *(np.ascontiguousarray(stack[:, k]) for k in range(3)))


def untouched(columns: int) -> Figures:
    return np.stack([np.ones(columns, np.float32), *np.zeros((2, columns), np.float32)])


def one_hole(tape: TapeParameters, columns: int, rng: np.random.Generator) -> Figures:
    """Keep, cover and add along one row."""
    drawn = max(columns * SHORTEST_PX, rng.exponential(tape.dropout_px))
    length = int(np.ceil(min(columns, drawn)))
    left = int(rng.integers(-length // 2, columns - 4))
    covered, level = rng.random() < COVERED, rng.uniform(150, 255)
    along = np.arange(columns) - left
    hole = (along >= 0) & (along < length)
    weights = untouched(columns)
    weights[0, hole] = 0.0
    weights[1, hole] = float(covered)
    if not covered:
        tail = (along >= length) & (along < 2 * length)
        weights[2, tail] = (level - 90) * np.exp(-(along[tail] - length) * (4 / length))
        weights[2, hole] = level
    return weights


def merge(first: Figures, second: Figures) -> None:
    """The second hole of a row over the first. In place."""
    first *= second[0]
    first[1:] += second[1:]


def lose_chroma(u: Array, v: Array, tape: TapeParameters, start: int, kit: Kit) -> tuple[Array, Array]:
    """Whole rows without colour."""
    for number in range(u.shape[0] if tape.chroma_loss else 0):
        drawn = chance(tape, start + number, "colour").random(u.shape[1])
        for row in np.flatnonzero(drawn < tape.chroma_loss).tolist():
            u[number, row] = v[number, row] = GREY
    return u, v
