"""Examples for the flow net: two pictures of a scene, and one that lay between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Picture
from appliance.enhance.motion import Pair, Seen, pack_motion
from appliance.enhance.pack import fold
from models.train.batches import Example
from models.train.prepare import Pieces

SIDE = 8  # what the truth is folded by: both pictures, what lay between, the guess at the ways, and when
SPANS = ((1, 2), (2, 4), (1, 3), (2, 3), (1, 4), (3, 4), (1, 5), (4, 5))  # which picture of how many steps
CHANCES = (0.42, 0.26, 0.07, 0.07, 0.06, 0.06, 0.03, 0.03)
TRIES = 8
Bytes = NDArray[np.uint8]


def draw_motion(pieces: Pieces, rng: np.random.Generator) -> Example:
    """What the net is asked about a whole piece, and what its answer is measured with."""
    for _ in range(TRIES):
        (one, between, other), part = draw_three(pieces, rng)
        if not jerky(one, between, other):
            break
    return example(one, between, other, part)


def draw_three(pieces: Pieces, rng: np.random.Generator) -> tuple[list[Bytes], float]:
    """In either order of time, and in any of four mirrors."""
    count, pictures = pieces.truth_y.shape[:2]
    step, steps = SPANS[int(rng.choice(len(SPANS), p=CHANCES))]
    piece, first = int(rng.integers(count)), int(rng.integers(pictures - steps))
    numbers = [first, first + step, first + steps]
    part = step / steps
    if rng.random() < 0.5:
        numbers, part = numbers[::-1], 1 - part
    down, across = (-1 if rng.random() < 0.5 else 1 for _ in range(2))
    return [np.ascontiguousarray(pieces.truth_y[piece, n, ::down, ::across]) for n in numbers], part


def jerky(one: Bytes, between: Bytes, other: Bytes) -> bool:
    """Some films show every picture twice: nothing lies between those, and nothing can be learnt from it."""
    same = np.array_equal(one, between) or np.array_equal(between, other)
    return same and not np.array_equal(one, other)


def example(one: Bytes, between: Bytes, other: Bytes, part: float) -> Example:
    colour = np.full((one.shape[0] // 2, one.shape[1] // 2), 128, np.uint8)
    pair = Pair(*(Seen(Picture(y, colour, colour, 0.0)) for y in (one, other)))
    way = pair.way_at(part)
    asked = pack_motion(pair, way, part)[0].astype(np.float32)
    light = [fold(y, SIDE, SIDE).astype(np.float32) for y in (one, other, between)]
    ways = [fold_reals(way[..., k]) for k in (0, 1)]
    when = np.full((1, *asked.shape[1:]), part, np.float32)
    return asked, np.concatenate([*light, *ways, when])


def fold_reals(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """By 2, in the order of fold."""
    rows, columns = plane.shape
    parts = plane.reshape(rows // 2, 2, columns // 2, 2).transpose(1, 3, 0, 2)
    return np.ascontiguousarray(parts.reshape(4, rows // 2, columns // 2))
