"""Batches from the prepared pieces: a window of seven fields, and what to add to its middle field."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.enhance.pack import WINDOW, Field, baseline, fold, guess_between, join, pack_field
from appliance.enhance.tape import REACH, stand_in
from models.train.prepare import TARGETS, Pieces

SIDE = 128  # pixels of a training crop
HALF = SIDE // 2
MISTRACKED = 0.25  # of the samples of good and worn tapes
Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Example = tuple[Floats, Floats]
Batch = tuple[Floats, Floats]


def draw_window(rng: np.random.Generator) -> list[int]:
    """Which fields, relative to the middle one; sometimes as beside a cut, where others stand in."""
    chance = rng.random()
    if chance < 0.86:
        return [-3, -2, -1, 0, 1, 2, 3]
    first, last = (int(k) for k in (-rng.integers(REACH + 1), rng.integers(REACH + 1)))
    near = {k: k for k in range(first, last + 1)}
    return [near[k] if k in near else stand_in(k, near) for k in range(-REACH, REACH + 1)]


def cut_field(pieces: Pieces, piece: int, number: int, top: int, left: int) -> Field:
    """Field ``number`` of the piece, SIDE pixels wide, from frame row ``top`` on."""
    frame, late = divmod(number, 2)
    parity = late if pieces.top_first[piece] else 1 - late
    rows = slice(top + parity, top + SIDE, 2)
    y = pieces.steady_y[piece, frame, rows, left : left + SIDE]
    u, v = pieces.steady_c[piece, frame, :, rows, left // 2 : left // 2 + HALF]
    return Field(y, u, v, bool(parity))


def draw_example(pieces: Pieces, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """The packed window (120, ...) and the residual (24, ...), both in levels."""
    piece, target = int(rng.integers(len(pieces.steady_y))), int(rng.integers(len(TARGETS)))
    top = int(rng.integers((pieces.steady_y.shape[2] - SIDE) // 4 + 1)) * 4
    left = int(rng.integers((pieces.steady_y.shape[3] - SIDE) // 4 + 1)) * 4
    places = draw_window(rng)
    fields = {k: cut_field(pieces, piece, TARGETS[target] + k, top, left) for k in sorted(set(places))}
    if pieces.wear[piece] and rng.random() < MISTRACKED:
        fields = mistracked(fields, rng)
    y = pieces.truth_y[piece, target, top : top + SIDE, left : left + SIDE]
    colour = (slice(top // 2, top // 2 + HALF), slice(left // 2, left // 2 + HALF))
    u, v = (plane[colour] for plane in pieces.truth_c[piece, target])
    return example([fields[k] for k in places], (y, u, v))


def mistracked(window: dict[int, Field], rng: np.random.Generator) -> dict[int, Field]:
    """A band where the heads meet the track badly: the carrier is weak, and much louder noise comes of it.

    The simulator's worn tapes are noisy all over; a net that knows only those keeps such a band as detail.
    """
    middle, reach = rng.uniform(0, HALF), rng.uniform(4, 40)
    levels, soft_px = rng.uniform(5, 22), rng.uniform(0.3, 1.6)

    def spoilt(field: Field) -> Field:
        lies = (np.arange(HALF) - middle - rng.normal(0, 2)) / reach
        band = np.asarray(levels * np.exp(-(lies**4)), np.float32)[:, None]
        y = noised(field.y, band, soft_px, rng)
        u, v = (noised(plane, band, 2 * soft_px, rng) for plane in (field.u, field.v))
        return Field(y, u, v, field.bottom)

    return {place: spoilt(field) for place, field in window.items()}


def noised(plane: Bytes, band: Floats, soft_px: float, rng: np.random.Generator) -> Bytes:
    grain = cv2.GaussianBlur(rng.standard_normal(plane.shape, np.float32), (0, 0), soft_px, sigmaY=0.1)
    grain *= band / max(1e-3, float(grain.std()))
    return np.asarray(np.clip(np.rint(plane + grain), 0, 255), np.uint8)


def example(window: list[Field], truth: tuple[NDArray[np.uint8], ...]) -> tuple[Floats, Floats]:
    if window[WINDOW // 2].bottom:
        window = [field.flipped() for field in window]
        truth = tuple(plane[::-1] for plane in truth)
    between = guess_between(window)
    packed = join([pack_field(field) for field in window], between)[0].astype(np.float32)
    steps = (4, 2, 2)
    missing = [
        fold(t, k, k).astype(np.float32) - fold(b, k, k)
        for t, b, k in zip(truth, baseline(window[WINDOW // 2], between), steps, strict=True)
    ]
    return packed, np.concatenate(missing)


def draw_batches(
    draw: Callable[[np.random.Generator], Example], size: int, seed: int, start: int
) -> Iterator[Batch]:
    """Endless, drawn ahead in a thread; batch ``n`` is the same whenever and wherever it is drawn."""
    ready: queue.Queue[Batch] = queue.Queue(maxsize=4)

    def work() -> None:
        number = start
        while True:
            rng = np.random.default_rng([seed, number])
            drawn = [draw(rng) for _ in range(size)]
            ready.put((np.stack([d[0] for d in drawn]), np.stack([d[1] for d in drawn])))
            number += 1

    threading.Thread(target=work, daemon=True).start()
    while True:
        yield ready.get()
