"""A second camera on the same scene, and how its picture lies on the tape's after a registration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.bench.clips import Full, truth_of
from appliance.core.types import Picture, Plane
from appliance.register.colour import match_colours
from appliance.register.warp import ColourTable

Reals = NDArray[np.floating[Any]]

REGISTERED_PX = 0.35  # rms, the length of the error
MISPLACED_PX = 3.0
SEEN = 255
GRID = (4, 5)  # nodes of a warp, down and across
DRIFT = 0.12  # how far a warp goes into the next one within the scene
JPEG_QUALITY = 88
NOISE = 1.5
BLUR_PX = 0.5


@dataclass(frozen=True)
class Look:
    """What this camera makes of colours and light: a matrix on Y, U, V around grey, then a curve."""

    matrix: Reals
    shift: Reals
    gamma: float


def draw_look(rng: np.random.Generator) -> Look:
    matrix = np.diag([rng.uniform(0.88, 1.12), rng.uniform(0.8, 1.25), rng.uniform(0.8, 1.25)])
    matrix[1:, 1:] += rng.normal(0, 0.06, (2, 2))
    return Look(matrix, rng.normal(0, [6.0, 3.0, 3.0]), float(rng.uniform(0.9, 1.12)))


def film(scene: Sequence[Full], seed: int) -> list[Full]:
    """The scene by a camera of its own colours, contrast, softness, noise and compression."""
    rng = np.random.default_rng([seed, 3])
    look = draw_look(rng)
    return [one_picture(full, look, rng) for full in scene]


def one_picture(full: Full, look: Look, rng: np.random.Generator) -> Full:
    soft = cv2.GaussianBlur(full, (0, 0), BLUR_PX).astype(np.float32)
    soft[..., 0] = 16 + 219 * np.clip((soft[..., 0] - 16) / 219, 0, 1) ** look.gamma
    coloured = (soft - 128) @ look.matrix.T + 128 + look.shift
    noisy = np.clip(coloured + rng.normal(0, NOISE, full.shape), 0, 255).astype(np.uint8)
    bgr = cv2.cvtColor(np.ascontiguousarray(noisy[..., [0, 2, 1]]), cv2.COLOR_YCrCb2BGR)
    _, packed = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    back = cv2.cvtColor(np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR)), cv2.COLOR_BGR2YCrCb)
    return np.ascontiguousarray(back[..., [0, 2, 1]]).astype(np.uint8)


def registered(
    pictures: Sequence[Full],
    tape: Sequence[Picture],
    aside_px: float,
    seed: int,
    off_px: float = REGISTERED_PX,
) -> Iterator[tuple[Picture, Plane]]:
    """A guide for each field, and where it shows the scene: colours matched as the product does it.

    It lies ``off_px`` rms beside its place, otherwise everywhere, and ``aside_px`` further as a whole.
    """
    colour = ColourTable(match_colours(colour_pairs(pictures, tape), np.eye(3)))
    shape = (pictures[0].shape[0], pictures[0].shape[1])
    errors = misplacements(shape, len(pictures), aside_px, seed, off_px)
    for picture, error in zip(pictures, errors, strict=True):
        lying = displace(picture, error)
        plain = truth_of(lying, 0.0)
        yield Picture(*colour.apply(plain.y, plain.u, plain.v), 0.0), np.full(shape, SEEN, np.uint8)


def colour_pairs(pictures: Sequence[Full], tape: Sequence[Picture]) -> list[tuple[Picture, Picture]]:
    chosen = range(0, len(tape), max(1, len(tape) // 4))
    return [(tape[k], truth_of(pictures[2 * k], 0.0)) for k in chosen]


def misplacements(
    shape: tuple[int, int], count: int, aside_px: float, seed: int, off_px: float = REGISTERED_PX
) -> Iterator[Reals]:
    """(rows, columns, 2) for each field: x and y of a smooth error that slowly becomes another one."""
    rng = np.random.default_rng([seed, 4])
    one, other = (rng.standard_normal((*GRID, 2)).astype(np.float32) for _ in range(2))
    angle = rng.uniform(0, 2 * np.pi)
    aside = aside_px * np.array([np.cos(angle), np.sin(angle)], np.float32)
    for number in range(count):
        turn = DRIFT * number
        error = cv2.resize(
            np.cos(turn) * one + np.sin(turn) * other, shape[::-1], interpolation=cv2.INTER_CUBIC
        )
        yield error * (off_px / np.sqrt(np.mean(np.sum(error**2, axis=-1)))) + aside


def displace(picture: Full, error: Reals) -> Full:
    rows, columns = picture.shape[:2]
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    there = (x + error[..., 0]).astype(np.float32), (y + error[..., 1]).astype(np.float32)
    moved = cv2.remap(picture, *there, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)
