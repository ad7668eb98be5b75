"""The camera's pictures as the tape would have seen them: its frame, its colours."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import ColourMatch, Picture, Plane, Registration
from appliance.register.views import Matrix, Vector

SEEN = 255
DENSE = 1.2  # source pixels per goal pixel from which a plain linear filter is as sharp, and aliases less
EDGE_PX = 4  # the filter at the border of the camera's picture sees nothing beyond it
CHROMA = np.array([[0.5, 0, 0], [0, 0.5, -0.25], [0, 0, 1]])  # luma to chroma pixels; 4:2:0, left-sited
Maps = tuple[NDArray[np.int16], NDArray[np.uint16]]


def scaled(registration: Registration, scale: int) -> Registration:
    """Onto a tape that is as many times as large; a pixel's place is that of its middle."""
    if registration.homography is None or scale == 1:
        return registration
    larger = np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2], [0, 0, 1]])
    matrix = larger @ np.array(registration.homography, np.float64)
    rows = tuple(tuple(map(float, row)) for row in matrix)
    return replace(registration, homography=rows)  # type: ignore[arg-type]


class GuideWarper:
    """Made once for a registration and the size of the camera's first picture; then a remap a picture."""

    def __init__(self, registration: Registration, width: int, height: int) -> None:
        if registration.homography is None:
            raise ValueError("a guide needs a registration that was found")
        self._to_tape = np.array(registration.homography, np.float64)
        self._width, self._height = width, height
        self._colour = ColourTable(registration.colour)
        self._planes: tuple[PlaneWarper, PlaneWarper] | None = None
        self._camera_size = (0, 0)
        self._coverage: Plane | None = None

    def apply(self, camera: Picture) -> Picture:
        """4:2:0 at the tape's frame size; where the camera sees nothing its border is repeated."""
        luma, chroma = self._warpers(camera)
        y, u, v = luma.warp(camera.y), chroma.warp(camera.u), chroma.warp(camera.v)
        return Picture(*self._colour.apply(y, u, v), time_s=camera.time_s)

    def coverage(self, camera: Picture) -> Plane:
        """255 where a camera picture of this size shows the tape's frame, else 0."""
        self._warpers(camera)
        assert self._coverage is not None
        return self._coverage

    def _warpers(self, camera: Picture) -> tuple[PlaneWarper, PlaneWarper]:
        rows, columns = camera.y.shape
        if self._planes is None or self._camera_size != (columns, rows):
            small_rows, small_columns = camera.u.shape
            reduce = np.diag([small_columns / columns, small_rows / rows, 1.0])
            reduce[1, 2] = (small_rows / rows - 1) / 2
            half = CHROMA @ self._to_tape @ np.linalg.inv(reduce)
            luma = PlaneWarper(self._to_tape, (columns, rows), (self._width, self._height))
            small = self._width // 2, self._height // 2
            self._planes = luma, PlaneWarper(half, (small_columns, small_rows), small)
            self._camera_size = columns, rows
            self._coverage = _coverage(self._to_tape, camera.y.shape, (self._width, self._height))
        return self._planes


class PlaneWarper:
    """One plane through one homography; a source much finer than its goal is averaged down first."""

    def __init__(self, to_goal: Matrix, source: tuple[int, int], goal: tuple[int, int]) -> None:
        density = 1 / max(_scale(to_goal, goal))
        self._step = max(1, int(density))  # whole steps: their average is fast and exact
        self._source = source[0] // self._step * self._step, source[1] // self._step * self._step
        self._filter = cv2.INTER_LINEAR if density / self._step > DENSE else cv2.INTER_CUBIC
        to_reduced = np.diag([1 / self._step, 1 / self._step, 1.0])
        to_reduced[:2, 2] = (1 / self._step - 1) / 2
        self._maps = _maps(to_reduced @ np.linalg.inv(to_goal), goal)

    def warp(self, plane: Plane) -> Plane:
        if self._step > 1:
            columns, rows = self._source
            size = columns // self._step, rows // self._step
            plane = np.asarray(
                cv2.resize(plane[:rows, :columns], size, interpolation=cv2.INTER_AREA), np.uint8
            )
        return np.asarray(
            cv2.remap(plane, *self._maps, self._filter, borderMode=cv2.BORDER_REPLICATE), np.uint8
        )


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


def _levels(values: NDArray[np.float32]) -> Plane:
    return np.clip(np.rint(values, out=values), 0, 255, out=values).astype(np.uint8)


def _scale(to_goal: Matrix, goal: tuple[int, int]) -> tuple[float, float]:
    """Goal pixels per source pixel, across and down, in the middle of the goal."""
    middle = np.array([goal[0] / 2, goal[1] / 2, 1.0])
    home = np.linalg.inv(to_goal)
    steps = [_place(home, middle + step) - _place(home, middle) for step in ((1.0, 0, 0), (0, 1.0, 0))]
    jacobian = np.linalg.inv(np.array(steps).T)
    return float(np.hypot(*jacobian[:, 0])), float(np.hypot(*jacobian[:, 1]))


def _place(matrix: Matrix, point: Vector) -> Vector:
    x, y, w = matrix @ point
    return np.array([x / w, y / w])


def _maps(to_source: Matrix, goal: tuple[int, int]) -> Maps:
    columns, rows = np.meshgrid(np.arange(goal[0], dtype=np.float64), np.arange(goal[1], dtype=np.float64))
    x, y, w = (row[0] * columns + row[1] * rows + row[2] for row in to_source)
    fixed = cv2.convertMaps((x / w).astype(np.float32), (y / w).astype(np.float32), cv2.CV_16SC2)
    return fixed[0], fixed[1]


def _coverage(to_tape: Matrix, camera_shape: tuple[int, ...], goal: tuple[int, int]) -> Plane:
    seen = np.zeros(camera_shape[:2], np.uint8)
    seen[EDGE_PX:-EDGE_PX, EDGE_PX:-EDGE_PX] = SEEN
    return np.asarray(cv2.warpPerspective(seen, to_tape, goal, flags=cv2.INTER_NEAREST), np.uint8)
