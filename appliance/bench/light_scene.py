"""A small world to film with two cameras: people who walk and wave, lamps, cuts and flashes, at any moment.

Everything is a formula of time, so that each camera sees it at its own times, through its own frame, and the
truth is exact. Pictures are as small as what sync by light looks at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates

from appliance.core.types import FieldOrder, Picture

Array = NDArray[np.float64]
Small = NDArray[np.float32]
Frame = tuple[float, float, float, float]  # left, top, right, bottom; the whole stage is 0, 0, 1, 1

STEP_S = 0.02
MARGIN_S = 20.0
PEOPLE, HANDS = 4, 2
BACKDROP = 160  # points across the stage and its surroundings
FLASH_S = 0.002
FLASH_GAIN = 0.5
ROWS, COLUMNS = 48, 64  # of a picture; a field has half the rows
BATCH = 50  # pictures: within so few nobody goes far
EDGE = 1.1  # of their size, beyond which nothing of a person is seen


@dataclass(frozen=True)
class Walker:
    """An ellipse with a stripe across it, on its way over the stage."""

    x: Array
    y: Array
    size: tuple[float, float]
    levels: float


@dataclass(frozen=True)
class Eye:
    """A camera: when each picture is exposed (its middle), what it sees, and how.

    ``readout_s`` is how much later the last row of a picture is exposed than the first.
    """

    rate: float
    frame: Frame = (0.0, 0.0, 1.0, 1.0)
    order: FieldOrder = "progressive"
    exposure_s: float = 0.016
    readout_s: float = 0.0
    gain: float = 1.0
    gamma: float = 1.0
    noise: float = 1.0
    automatic: float = 0.0  # how much of a change of brightness its exposure takes back, within a second
    flicker: float = 0.0  # of lamps at 100 Hz
    seed: int = 0


class Stage:
    """``busy``: the share of the time that each person moves; flashes and cuts: so many a second."""

    def __init__(
        self, seed: int, seconds: float, busy: float = 0.4, flashes: float = 0.0, cuts: float = 0.0
    ) -> None:
        rng = np.random.default_rng([seed, 31])
        count = round((seconds + 2 * MARGIN_S) / STEP_S)
        self.walkers = [w for _ in range(PEOPLE) for w in person(rng, count, busy)]
        self.backdrops = [backdrop(rng) for _ in range(2)]
        slow = gaussian_filter1d(rng.normal(size=count), 2.0 / STEP_S)
        self.lamp = 1 + 0.05 * slow / slow.std()
        self.flashes = np.sort(rng.uniform(0, seconds, rng.poisson(flashes * seconds)))
        self.cuts = np.sort(rng.uniform(0, seconds, rng.poisson(cuts * seconds)))

    def see(self, rows_s: Array, frame: Frame, columns: int) -> Small:
        """(pictures, rows, columns) of levels, each row at its own moment ``rows_s``."""
        rows = rows_s.shape[1]
        across = steps(frame[0], frame[2], columns)
        down = steps(frame[1], frame[3], rows)
        after_cut = np.searchsorted(self.cuts, rows_s[:, 0]) % 2
        seen = np.array([painted(b, across, down) for b in self.backdrops])[after_cut]
        at = np.clip((rows_s + MARGIN_S) / STEP_S, 0, len(self.lamp) - 1.001)
        for number, walker in enumerate(self.walkers):
            aside = np.float32(0.37 if number % 2 else -0.37) * after_cut[:, None]
            x, y = between(walker.x, at) + aside, between(walker.y, at)
            add(seen, walker, (x, y), (across, down))
        return seen * between(self.lamp, at)[..., None]


def add(seen: Small, walker: Walker, place: tuple[Small, Small], points: tuple[Small, Small]) -> None:
    """Paint somebody, only where they are at any moment; ``place`` is x and y for each picture and row."""
    (x, y), (across, down) = place, points
    rows = reached(down, float(y.min()), float(y.max()), EDGE * walker.size[1])
    columns = reached(across, float(x.min()), float(x.max()), EDGE * walker.size[0])
    if rows.start == rows.stop or columns.start == columns.stop:
        return
    beside = (across[columns] - x[:, rows, None]) / np.float32(walker.size[0])
    above = (down[rows] - y[:, rows]) / np.float32(walker.size[1])
    within = np.clip(3.5 - 3 * (beside**2 + (above**2)[..., None]), 0, 1)
    stripe = np.where(np.abs(above) < 0.25, -0.5, 1.0).astype(np.float32)
    seen[:, rows, columns] += np.float32(walker.levels) * stripe[..., None] * within


def reached(points: Small, least: float, most: float, reach: float) -> slice:
    """The points from ``reach`` before the least to ``reach`` after the most."""
    begin, end = np.searchsorted(points, [least - reach, most + reach])
    return slice(int(begin), int(end))


def steps(begin: float, end: float, count: int) -> Small:
    """The middles of so many parts."""
    return (begin + (np.arange(count) + 0.5) / count * (end - begin)).astype(np.float32)


def person(rng: np.random.Generator, count: int, busy: float) -> Iterator[Walker]:
    """A body that goes and rests, and hands that wave now and then."""
    x, y = walk(rng, count, busy, 0.3), 0.6 + 0.3 * (walk(rng, count, busy, 0.1) - 0.5)
    levels = float(rng.uniform(25, 70) * rng.choice([-1, 1]))
    yield Walker(x, y, (0.07, 0.3), levels)
    for side in (-1, 1)[:HANDS]:
        wave = walk(rng, count, busy, 0.9) - 0.5
        yield Walker(x + side * 0.1 + 0.1 * wave, y - 0.1 + 0.15 * wave, (0.03, 0.05), -levels)


def walk(rng: np.random.Generator, count: int, busy: float, speed: float) -> Array:
    """A way to and fro between 0 and 1 with rests; ``speed`` in stages a second."""
    pace, done = np.zeros(count), 0
    while done < count:
        length = min(count - done, int(rng.uniform(0.3, 2.0) / STEP_S) + 2)
        if rng.random() < busy:
            pace[done : done + length] = rng.normal() * speed * np.hanning(length)
        done += length
    way = rng.uniform() + np.cumsum(pace) * STEP_S
    return np.asarray(np.abs((way + 1) % 2 - 1), np.float64)


def backdrop(rng: np.random.Generator) -> Array:
    rough = gaussian_filter(rng.normal(size=(BACKDROP, BACKDROP)), 2.5)
    return np.asarray(110 + 35 * rough / rough.std(), np.float64)


def painted(ground: Array, across: Small, down: Small) -> Small:
    points = np.meshgrid((down + 0.3) / 1.6 * BACKDROP, (across + 0.3) / 1.6 * BACKDROP, indexing="ij")
    return np.asarray(map_coordinates(ground, points, order=1, mode="nearest"), np.float32)


def between(path: Array, at: Array) -> Small:
    """The path at fractions of its steps."""
    first = at.astype(np.intp)
    part = at - first
    return np.asarray(path[first] * (1 - part) + path[first + 1] * part, np.float32)


def filmed(stage: Stage, eye: Eye, start_s: float, seconds: float, ppm: float = 0.0) -> Iterator[Picture]:
    """What a camera made of the stage that began at ``start_s`` of it; its clock runs by ``1 + ppm`` slow."""
    fields = 1 if eye.order == "progressive" else 2
    own_s = np.arange(round(seconds * eye.rate) * fields) / (eye.rate * fields)
    rng = np.random.default_rng([eye.seed, 77])
    held = None
    for first in range(0, len(own_s), BATCH):
        times_s = own_s[first : first + BATCH]
        seen = exposed(stage, eye, start_s + (1 + ppm * 1e-6) * times_s, ROWS // fields)
        seen, held = developed(seen, eye, times_s, held, fields)
        seen += rng.standard_normal(seen.shape, np.float32) * np.float32(eye.noise)
        yield from pictures_of(np.clip(np.rint(seen), 0, 255).astype(np.uint8), times_s, eye.order)


def exposed(stage: Stage, eye: Eye, scene_s: Array, rows: int) -> Small:
    """The mean over the exposure, and the flashes whose light came into each row."""
    late_s = scene_s[:, None] + eye.readout_s * ((np.arange(rows) + 0.5) / rows - 0.5)
    looks = [stage.see(late_s + part * eye.exposure_s, eye.frame, COLUMNS) for part in (-0.25, 0.25)]
    seen = (looks[0] + looks[1]) / 2
    for moment_s in stage.flashes[near(stage.flashes, late_s)]:
        lit = np.abs(late_s - moment_s) < (eye.exposure_s + FLASH_S) / 2
        seen *= np.where(lit, np.float32(1 + FLASH_GAIN), np.float32(1))[..., None]
    return np.asarray(seen, np.float32)


def near(flashes: Array, late_s: Array) -> NDArray[np.bool_]:
    return np.asarray((flashes > late_s.min() - 1) & (flashes < late_s.max() + 1))


def developed(
    seen: Small, eye: Eye, own_s: Array, held: float | None, fields: int
) -> tuple[Small, float | None]:
    """The camera's curve, its automatic exposure, and lamps; ``held`` goes on to the next batch."""
    bright = seen.mean(axis=(1, 2))
    quick = 1 / (eye.rate * fields)
    followed = np.empty(len(bright))
    for k, now in enumerate(bright):
        held = float(now) if held is None else held + (now - held) * quick
        followed[k] = held
    exposure = eye.gain * (110 / followed) ** eye.automatic
    exposure *= 1 + eye.flicker * np.sin(2 * np.pi * 100 * own_s)
    light = np.clip(seen * (exposure / 255).astype(np.float32)[:, None, None], 0, 1)
    return np.asarray(255 * light**eye.gamma, np.float32), held


def pictures_of(rows: NDArray[np.uint8], times_s: Array, order: FieldOrder) -> Iterator[Picture]:
    """Pictures, or frames of two fields each."""
    grey = np.full((2, 2), 128, np.uint8)
    if order == "progressive":
        yield from (Picture(y, grey, grey, float(t)) for y, t in zip(rows, times_s, strict=True))
        return
    parity = 0 if order == "tff" else 1
    for k in range(0, len(rows) - 1, 2):
        woven = np.empty((2 * rows.shape[1], rows.shape[2]), np.uint8)
        woven[parity::2], woven[1 - parity :: 2] = rows[k], rows[k + 1]
        yield Picture(woven, grey, grey, float(times_s[k]))
