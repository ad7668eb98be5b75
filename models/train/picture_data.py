"""Examples for the nets of whole pictures, out of the truths of the prepared pieces: six pictures each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from appliance.enhance.frames import base_of, pack_picture
from appliance.enhance.pack import fold
from models.train.degrade import Planes, blurred, noisy, shrunk, small_and_worn, to_bytes
from models.train.plan import Plan
from models.train.prepare import Pieces

SIDE = 128  # pixels of a training crop, of what the net answers
CRF = (20, 42)  # of x265
Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Chance = np.random.Generator


@dataclass(frozen=True)
class Squeezed:
    """The pieces' clean pictures at a quarter of the size through x265: (n, pictures, ...)."""

    y: Bytes
    c: Bytes


def draw_picture(
    pieces: Pieces, plan: Plan, spoil: Callable[[list[Planes], Chance], list[Planes]], rng: Chance
) -> tuple[Floats, Floats]:
    """What the net is asked, and what is missing, both in levels."""
    piece, first, top, left = place(pieces, plan.window, rng)
    clean = [
        cut(pieces.truth_y, pieces.truth_c, piece, first + k, top, left, SIDE) for k in range(plan.window)
    ]
    clean = turned_about(clean, rng)
    return example(spoil(clean, rng), clean[plan.window // 2], plan)


def draw_squeezed(pieces: Pieces, squeezed: Squeezed, plan: Plan, rng: Chance) -> tuple[Floats, Floats]:
    piece, first, top, left = place(pieces, plan.window, rng)
    small = [
        cut(squeezed.y, squeezed.c, piece, first + k, top // 2, left // 2, SIDE // 2)
        for k in range(plan.window)
    ]
    clean = cut(pieces.truth_y, pieces.truth_c, piece, first + plan.window // 2, top, left, SIDE)
    return example(small, clean, plan)


def place(pieces: Pieces, window: int, rng: Chance) -> tuple[int, int, int, int]:
    count, pictures, rows, columns = pieces.truth_y.shape
    piece, first = int(rng.integers(count)), int(rng.integers(pictures - window + 1))
    top, left = (int(rng.integers((size - SIDE) // 8 + 1)) * 8 for size in (rows, columns))
    return piece, first, top, left


def cut(light: Bytes, colour: Bytes, piece: int, number: int, top: int, left: int, side: int) -> Planes:
    y = light[piece, number, top : top + side, left : left + side]
    half = slice(top // 2, (top + side) // 2), slice(left // 2, (left + side) // 2)
    u, v = (plane[half] for plane in colour[piece, number])
    return y, u, v


def turned_about(pictures: list[Planes], rng: Chance) -> list[Planes]:
    """Mirrored, upside down, on its side: eight scenes of one."""
    across, down, aside = (bool(rng.random() < 0.5) for _ in range(3))

    def turn(plane: Bytes) -> Bytes:
        turned = plane[:: -1 if down else 1, :: -1 if across else 1]
        return np.ascontiguousarray(turned.T if aside else turned)

    return [(turn(y), turn(u), turn(v)) for y, u, v in pictures]


def example(given: list[Planes], clean: Planes, plan: Plan) -> tuple[Floats, Floats]:
    asked = np.concatenate([pack_picture(planes, plan.scale) for planes in given]).astype(np.float32)
    base = base_of(given[len(given) // 2], plan.scale, plan.soft_px)
    missing = [
        fold(t, k, k).astype(np.float32) - fold(b, k, k)
        for t, b, k in zip(clean, base, (4, 2, 2), strict=True)
    ]
    return asked, np.concatenate(missing)


def add_noise(pictures: list[Planes], rng: Chance) -> list[Planes]:
    """Sigma 10 as often as all others together."""
    return noisy(pictures, 10.0 if rng.random() < 0.5 else float(rng.uniform(4, 28)), rng)


SPOILT: dict[str, Callable[[list[Planes], Chance], list[Planes]]] = {
    "denoise": add_noise,
    "deblur": blurred,
    "sr4": small_and_worn,
}


def squeeze(pieces: Pieces, path: Path, seed: int) -> Squeezed:
    """Makes them once; each piece at a rate factor of its own."""
    if not path.exists():
        rng = np.random.default_rng(seed)
        found = [
            squeezed(y, c, int(rng.integers(*CRF)))
            for y, c in zip(pieces.truth_y, pieces.truth_c, strict=True)
        ]
        partial = path.with_suffix(".part.npz")
        np.savez(partial, y=np.stack([f[0] for f in found]), c=np.stack([f[1] for f in found]))
        partial.replace(path)
    with np.load(path) as held:
        return Squeezed(held["y"], held["c"])


def squeezed(light: Bytes, colour: Bytes, crf: int) -> tuple[Bytes, Bytes]:
    """(pictures, rows, columns) and its colour, half as wide and high, to x265 and back."""
    small = [tuple(to_bytes(shrunk(p, 2, 0.35)) for p in (y, *c)) for y, c in zip(light, colour, strict=True)]
    back = through_x265(small, crf)
    return np.stack([p[0] for p in back]), np.stack([np.stack(p[1:]) for p in back])


def through_x265(pictures: list[Any], crf: int) -> list[Planes]:
    rows, columns = pictures[0][0].shape
    held = BytesIO()
    with av.open(held, "w", format="matroska") as container:
        stream: Any = container.add_stream(
            "libx265",
            rate=Fraction(25),
            options={"crf": str(crf), "preset": "fast", "x265-params": "log-level=none:pools=1"},
        )
        stream.width, stream.height, stream.pix_fmt = columns, rows, "yuv420p"
        for planes in pictures:
            whole = np.concatenate([p.reshape(-1) for p in planes]).reshape(rows * 3 // 2, columns)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(whole, "yuv420p")))
        container.mux(stream.encode(None))
    held.seek(0)
    with av.open(held) as container:
        return [planes_of(frame.to_ndarray(), rows, columns) for frame in container.decode(video=0)]


def planes_of(whole: Bytes, rows: int, columns: int) -> Planes:
    y, u, v = np.split(whole.reshape(-1), [rows * columns, rows * columns * 5 // 4])
    half = rows // 2, columns // 2
    return y.reshape(rows, columns), u.reshape(half), v.reshape(half)
