"""A camera that stands elsewhere, of which every pixel's place on the tape is known.

It sees more or less than the tape, bends straight lines, and what is nearer lies elsewhere for it. It may be
held in a hand, and somebody may knock against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.bench.camera import draw_look, one_picture
from appliance.bench.clips import COLUMNS, Full, Standard
from appliance.core.types import Picture

Reals = NDArray[np.floating[Any]]  # places: (..., 2), x and y
CAMERA_SIZE = 1280, 720
STEP_PX = 8  # places are exact on such a grid and linear between
CORNER_PX = 30.0  # how far the tape's corners lie beside an upright view, rms, in camera pixels
SEES = 0.78, 1.12  # the height of the tape's picture in the camera's
BEND = -0.035, 0.035  # what the lens moves the corners by, of half the diagonal
PARALLAX_PX, PARALLAX_WAVES = 1.4, 4  # rms on the tape; few waves to a picture
HAND_PX, HAND_HZ = 5.0, (0.4, 2.5)
KNOCK_PX, KNOCK_TURN = 45.0, 0.035
SHADE, PUMPING = 0.12, 0.05  # light that falls off to the sides; an exposure that breathes


@dataclass(frozen=True)
class Wave:
    """A part of the parallax: ``push_px`` times a sine over the tape's picture."""

    across: float
    down: float
    phase: float
    push_px: tuple[float, float]


@dataclass(frozen=True)
class Stand:
    """Where the camera stands. ``sways`` are x, y and turn of each of a hand's slow waves."""

    to_tape: Reals
    bend: float
    waves: tuple[Wave, ...]
    tape_size: tuple[int, int]
    sways: tuple[tuple[float, float, float, float, float], ...] = ()  # Hz, phase, x, y, turn
    knocked_at: int | None = None  # a field
    knock: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def on_tape(self, places: Reals, field: int, rate: float) -> Reals:
        """Tape pixels of camera pixels in the picture of that field."""
        middle = (np.array(CAMERA_SIZE) - 1) / 2
        seen = (places - middle) / np.hypot(*middle)
        straight = seen * (1 + self.bend * np.sum(seen**2, axis=-1, keepdims=True)) * np.hypot(*middle)
        held = turned(straight, *self._held(field, rate)) + middle
        there = np.concatenate([held, np.ones_like(held[..., :1])], axis=-1) @ self.to_tape.T
        there = there[..., :2] / there[..., 2:]
        return np.asarray(there + self._parallax(there))

    def _held(self, field: int, rate: float) -> tuple[float, float, float]:
        x, y, turn = self.knock if self.knocked_at is not None and field >= self.knocked_at else (0, 0, 0)
        for hz, phase, by_x, by_y, by_turn in self.sways:
            swing = np.sin(2 * np.pi * (hz * field / rate + phase))
            x, y, turn = x + by_x * swing, y + by_y * swing, turn + by_turn * swing
        return float(x), float(y), float(turn)

    def _parallax(self, places: Reals) -> Reals:
        moved = np.zeros_like(places)
        for wave in self.waves:
            across, down = (places[..., k] / self.tape_size[k] for k in (0, 1))
            swing = np.sin(2 * np.pi * (wave.across * across + wave.down * down + wave.phase))
            moved += swing[..., None] * np.array(wave.push_px)
        return moved


def turned(places: Reals, x: float, y: float, turn: float) -> Reals:
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(places @ spin.T + (x, y))


def draw_stand(rng: np.random.Generator, standard: Standard, motion: str, fields: int) -> Stand:
    """``motion``: "still", "hand" or "knock"."""
    columns, rows = COLUMNS, standard.rows
    width, height = CAMERA_SIZE
    high = height * rng.uniform(*SEES)
    wide, middle = high * 4 / 3, np.array([width, height]) / 2 + rng.normal(0, [60.0, 15.0])
    upright = np.array([[-wide, -high], [wide, -high], [wide, high], [-wide, high]]) / 2 + middle
    corners = (upright + rng.normal(0, CORNER_PX / np.sqrt(2), (4, 2))).astype(np.float32)
    on_tape = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32) - 0.5
    strength = PARALLAX_PX / np.sqrt(PARALLAX_WAVES)
    waves = tuple(
        Wave(rng.uniform(-1.2, 1.2), rng.uniform(-1.2, 1.2), rng.random(), pair(rng.normal(0, strength, 2)))
        for _ in range(PARALLAX_WAVES)
    )
    turn = rng.choice([-1, 1]) * KNOCK_TURN
    knock = KNOCK_PX * rng.choice([-1, 1]), KNOCK_PX / 2 * rng.choice([-1, 1]), float(turn)
    sways = tuple(draw_sway(rng) for _ in range(5)) if motion == "hand" else ()
    return Stand(
        np.asarray(cv2.getPerspectiveTransform(corners, on_tape)),
        rng.uniform(*BEND),
        waves,
        (columns, rows),
        sways,
        fields // 3 if motion == "knock" else None,
        knock,
    )


def pair(values: Reals) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def draw_sway(rng: np.random.Generator) -> tuple[float, float, float, float, float]:
    hz = rng.uniform(*HAND_HZ)
    less = HAND_HZ[0] / hz  # the quicker the smaller
    x, y = rng.normal(0, HAND_PX * less, 2)
    return hz, rng.random(), x, y, rng.normal(0, 0.004 * less)


def camera_pictures(
    clip: Path,
    standard: Standard,
    stand: Stand,
    count: int,
    skip: int,
    seed: int,
    distinct: int | None = None,
) -> Iterator[Picture]:
    """The picture of every field, with the camera's own colours, light, noise and compression.

    With ``distinct`` the clip is played to and fro over so many of its pictures.
    """
    rng = np.random.default_rng([seed, 3])
    look, shade = draw_look(rng), draw_shade(rng)
    to_source: Reals | None = None
    for field, native in enumerate(there_and_back(clip, count, skip, distinct or count)):
        if to_source is None or stand.sways or field == stand.knocked_at:
            rows, columns = native.shape[:2]
            to_source = source_places(stand, standard, field, columns, rows)
        seen = read_at(native, to_source)
        light = 1 + PUMPING * np.sin(2 * np.pi * field / 90)
        seen[..., 0] = np.clip(16 + (seen[..., 0] - 16.0) * (light * shade), 0, 255)
        yield as_picture(one_picture(seen, look, rng), field / standard.field_rate)


def read_at(native: Full, places: Reals) -> Full:
    mirror = cv2.BORDER_REFLECT_101
    found = cv2.remap(native, places, None, cv2.INTER_CUBIC, borderMode=mirror)  # type: ignore[call-overload]
    return np.asarray(found, np.uint8)


def draw_shade(rng: np.random.Generator) -> Reals:
    x, y = np.meshgrid(*(np.linspace(-1, 1, n) for n in CAMERA_SIZE))
    slope = rng.normal(0, SHADE / 2, 2)
    return np.asarray((1 + slope[0] * x + slope[1] * y - SHADE * (x * x + y * y) / 2).astype(np.float32))


def source_places(stand: Stand, standard: Standard, field: int, columns: int, rows: int) -> Reals:
    """Where each camera pixel's colour is found in a clip of that size, whose middle 4:3 the tape shows."""
    width, height = CAMERA_SIZE
    x, y = np.meshgrid(*(np.arange(-STEP_PX, n + STEP_PX, STEP_PX) + (STEP_PX - 1) / 2 for n in CAMERA_SIZE))
    there = stand.on_tape(np.stack([x, y], axis=-1), field, standard.field_rate) + 0.5
    wide, high = min(columns, rows * 4 // 3), min(rows, columns * 3 // 4)
    there *= wide / COLUMNS, high / standard.rows
    there += ((columns - wide) // 2 - 0.5, (rows - high) // 2 - 0.5)
    size = width + 2 * STEP_PX, height + 2 * STEP_PX
    dense = cv2.resize(there.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(dense[STEP_PX:-STEP_PX, STEP_PX:-STEP_PX])


def there_and_back(clip: Path, count: int, skip: int, distinct: int) -> Iterator[Full]:
    """As ``read_scene``, at the clip's own size."""
    found = list(islice(native_pictures(clip), skip, skip + distinct))
    order = found + found[-2:0:-1]
    return (order[k % len(order)] for k in range(count))


def native_pictures(clip: Path) -> Iterator[Full]:
    with av.open(str(clip)) as container:
        for frame in container.decode(video=0):
            planes = frame.reformat(format="yuv444p").to_ndarray().reshape(3, frame.height, frame.width)
            yield np.ascontiguousarray(planes.transpose(1, 2, 0))


def as_picture(full: Full, time_s: float) -> Picture:
    """4:2:0, its chroma on the left of its pair as cameras store it."""
    left = np.array([[0.25, 0.5, 0.25]], np.float32)
    half = full.shape[1] // 2, full.shape[0] // 2
    soft = (cv2.filter2D(full[..., k], -1, left)[:, ::2] for k in (1, 2))
    u, v = (cv2.resize(c, half, interpolation=cv2.INTER_AREA).astype(np.uint8) for c in soft)
    return Picture(np.ascontiguousarray(full[..., 0]), u, v, time_s)
