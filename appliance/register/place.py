"""Which place of the camera's picture each pixel of the tape shows: plane map, lens, and a mesh for the rest.

A tape pixel is first displaced by the mesh, then goes through the plane map to where a lens without faults
would show it, then the lens bends it. Places are worked out on a coarse grid and are linear between.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Registration
from appliance.register.views import FloatPlane, Matrix

Reals = NDArray[np.floating[Any]]
STEP_PX = 8  # of the coarse grid
NODES = 9, 12  # of the mesh, down and across; each in the middle of its cell


@dataclass(frozen=True)
class Placing:
    """``mesh`` is (*NODES, 2): by how many pixels, x and y, the tape's pixels are displaced first."""

    to_tape: Matrix  # straightened camera pixels to tape frame pixels
    lens: float
    mesh: Reals

    def places(self, tape_size: tuple[int, int], camera_size: tuple[int, int]) -> FloatPlane:
        """Camera pixels (rows, columns, 2) of the coarse grid, which goes a step beyond the picture."""
        return self.of(grid(tape_size), spread(self.mesh, tape_size), camera_size)

    def of(self, tape: Reals, displaced: Reals, camera_size: tuple[int, int]) -> FloatPlane:
        straight = cv2.perspectiveTransform(
            np.asarray(tape + displaced, np.float64), np.linalg.inv(self.to_tape)
        )
        return np.asarray(bent(np.asarray(straight, np.float64), self.lens, camera_size), np.float32)


def placing_of(registration: Registration) -> Placing:
    if registration.homography is None:
        raise ValueError("a guide needs a registration that was found")
    mesh = np.array(registration.mesh, np.float64) if registration.mesh else np.zeros((*NODES, 2))
    return Placing(np.array(registration.homography, np.float64), registration.lens, mesh)


def bent(straight: Reals, lens: float, camera_size: tuple[int, int]) -> Reals:
    """What a lens makes of places: those in the corners move by ``lens`` of half the diagonal."""
    middle, reach = centre(camera_size)
    seen = (straight - middle) / reach
    return np.asarray(middle + reach * seen * (1 + lens * square(seen)))


def straightened(places: Reals, lens: float, camera_size: tuple[int, int]) -> Reals:
    """The other way."""
    middle, reach = centre(camera_size)
    seen = (places - middle) / reach
    straight = seen
    for _ in range(6):
        straight = seen / (1 + lens * square(straight))
    return np.asarray(middle + reach * straight)


def centre(camera_size: tuple[int, int]) -> tuple[Reals, float]:
    middle = (np.array(camera_size, np.float64) - 1) / 2
    return middle, float(np.hypot(*middle))


def square(places: Reals) -> Reals:
    return np.asarray(np.sum(places * places, axis=-1, keepdims=True))


@lru_cache(maxsize=8)
def grid(tape_size: tuple[int, int]) -> Reals:
    """The tape pixels (rows, columns, 2) of the coarse grid."""
    x, y = (STEP_PX * np.arange(-(-size // STEP_PX) + 2) - (STEP_PX + 1) / 2 for size in tape_size)
    return np.stack(np.meshgrid(x, y), axis=-1)


@lru_cache(maxsize=8)
def nodes(tape_size: tuple[int, int]) -> Reals:
    """The tape pixels (*NODES, 2) of the mesh's nodes."""
    x, y = (
        (np.arange(count) + 0.5) * size / count - 0.5
        for count, size in zip(NODES[::-1], tape_size, strict=True)
    )
    return np.stack(np.meshgrid(x, y), axis=-1)


@lru_cache(maxsize=8)
def lookup(tape_size: tuple[int, int]) -> tuple[FloatPlane, FloatPlane]:
    """Where in a mesh with a ring around it each place of the coarse grid lies."""
    tape = grid(tape_size)
    x, y = ((tape[..., k] + 0.5) * NODES[1 - k] / tape_size[k] + 0.5 for k in (0, 1))
    return x.astype(np.float32), y.astype(np.float32)


def spread(mesh: Reals, tape_size: tuple[int, int]) -> Reals:
    """A mesh on the coarse grid; beyond its outer nodes it goes on as straight as it came."""
    ring = np.pad(mesh, ((1, 1), (1, 1), (0, 0)), mode="reflect", reflect_type="odd").astype(np.float32)
    return np.asarray(cv2.remap(ring, *lookup(tape_size), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


@dataclass(frozen=True)
class Raster:
    """The pixels of a goal, each ``step`` of the tape's large, moved to the left by ``left`` tape pixels."""

    size: tuple[int, int]
    step: float
    left: float = 0.0


def luma_raster(tape_size: tuple[int, int], scale: float = 1) -> Raster:
    """The tape's frame that many times as large; a pixel's place is that of its middle."""
    return Raster((int(tape_size[0] * scale), int(tape_size[1] * scale)), 1 / scale)


def chroma_raster(tape_size: tuple[int, int], scale: int = 1) -> Raster:
    """4:2:0 of it, sited on the left."""
    half = luma_raster(tape_size, scale / 2)
    return Raster(half.size, half.step, half.step / 4)


def dense(coarse: FloatPlane, raster: Raster) -> FloatPlane:
    """A coarse grid's values at every pixel of a raster; its step divides that of the grid."""
    if raster.left:
        share = np.float32(raster.left / STEP_PX)
        before = np.concatenate([2 * coarse[:, :1] - coarse[:, 1:2], coarse[:, :-1]], axis=1)
        coarse = coarse + share * (before - coarse)
    rows, columns = coarse.shape[:2]
    ring = round(STEP_PX / raster.step)
    whole = cv2.resize(coarse, (columns * ring, rows * ring), interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole[ring : ring + raster.size[1], ring : ring + raster.size[0]])
