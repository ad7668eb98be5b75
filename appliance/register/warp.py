"""The camera's pictures as the tape would have seen them: its frame; the colours come after."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import ColourMatch, Picture, Plane
from appliance.register.place import STEP_PX, Placing, Raster, chroma_raster, dense, luma_raster
from appliance.register.views import FloatPlane, size_of

SEEN = 255
DENSE = 1.2  # source pixels per goal pixel from which a plain linear filter is as sharp, and aliases less
EDGE_PX = 4  # the filter at the border of the camera's picture sees nothing beyond it
Two = tuple[float, float]  # across, down


class GuideWarper:
    """Camera pictures onto a tape's frame, as many times as large as ``scale`` says."""

    def __init__(self, tape_size: tuple[int, int], scale: int = 1) -> None:
        self._tape_size = tape_size
        self._rasters = luma_raster(tape_size, scale), chroma_raster(tape_size, scale)

    def see(self, camera: Picture, placing: Placing) -> tuple[Picture, Plane]:
        """4:2:0, and 255 where the camera sees, of the tape's size; elsewhere its border is repeated."""
        size = size_of(camera.y)
        coarse = placing.places(self._tape_size, size)
        y = warped(camera.y, coarse, self._rasters[0])
        across, down = (small / large for small, large in zip(size_of(camera.u), size, strict=True))
        small = coarse * np.array([across, down], np.float32) + np.array([0, (down - 1) / 2], np.float32)
        u, v = (warped(plane, small, self._rasters[1]) for plane in (camera.u, camera.v))
        return Picture(y, u, v, camera.time_s), coverage(coarse, size, luma_raster(self._tape_size))


def coverage(coarse: FloatPlane, camera_size: tuple[int, int], raster: Raster) -> Plane:
    """255 where a camera picture of this size shows the raster's pixel, else 0."""
    first, last = (float(EDGE_PX),) * 2, tuple(float(size - 1 - EDGE_PX) for size in camera_size)
    return np.asarray(cv2.inRange(dense(coarse, raster), first, last), np.uint8)


def warped(plane: Plane, coarse: FloatPlane, raster: Raster) -> Plane:
    """A plane read at the coarse grid's places; one much finer than its goal is averaged down first."""
    density = min(density_of(coarse)) * raster.step
    step = max(1, int(density))  # whole steps: their average is fast and exact
    if step > 1:
        columns, rows = (size // step for size in size_of(plane))
        whole = plane[: rows * step, : columns * step]
        plane = np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
        coarse = np.asarray((coarse + np.float32(0.5)) / np.float32(step) - np.float32(0.5), np.float32)
    method = cv2.INTER_LINEAR if density / step > DENSE else cv2.INTER_CUBIC
    places = dense(coarse, raster)
    goal = cv2.remap(plane, places, None, method, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(goal, np.uint8)


def density_of(coarse: FloatPlane) -> Two:
    """Source pixels per tape pixel, across and down, in the middle of the picture."""
    row, column = coarse.shape[0] // 2, coarse.shape[1] // 2
    across = coarse[row, column] - coarse[row, column - 1]
    down = coarse[row, column] - coarse[row - 1, column]
    return float(np.hypot(*across)) / STEP_PX, float(np.hypot(*down)) / STEP_PX


class ColourTable:
    """A ColourMatch on whole planes of 4:2:0."""

    def __init__(self, colour: ColourMatch) -> None:
        self._matrix = np.array(colour.matrix, np.float32)
        self._shift = np.array(colour.offset, np.float32) + 128 - self._matrix.sum(axis=1) * 128

    def apply(self, y: Plane, u: Plane, v: Plane) -> tuple[Plane, Plane, Plane]:
        small = cv2.resize(y, (u.shape[1], u.shape[0]), interpolation=cv2.INTER_AREA).astype(np.float32)
        of_y, of_u, of_v = self._matrix.T
        new_u, new_v = (_levels(of_y[i] * small + of_u[i] * u + of_v[i] * v + self._shift[i]) for i in (1, 2))
        tint = of_u[0] * u + of_v[0] * v + self._shift[0]
        return _levels(of_y[0] * y + cv2.resize(tint, (y.shape[1], y.shape[0]))), new_u, new_v


def _levels(values: NDArray[Any]) -> Plane:
    return np.clip(np.rint(values, out=values), 0, 255, out=values).astype(np.uint8)
