"""Pictures that show how the camera lies on the tape: a checkerboard of both, and its edges over the film."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Picture, Plane

SQUARES = 8  # down the picture
SEEN = 255
SOFT_PX, WEAK, STRONG = 1.2, 40, 100  # what counts as an edge
LINE = 145, 54, 34  # green, in Y, U, V


def checkerboard(film: Picture, camera: Picture, coverage: Plane) -> Picture:
    """Film and registered camera in turns, 4:2:0 of one size; the film where the camera sees nothing."""
    rows, columns = film.y.shape
    side = max(2, rows // SQUARES // 2 * 2)
    down, across = np.arange(rows) // side, np.arange(columns) // side
    other = ((down[:, None] + across[None]) % 2 == 1) & (coverage == SEEN)
    return mixed(film, camera, other)


def overlay(film: Picture, camera: Picture, coverage: Plane) -> Picture:
    """The camera's edges as lines over the film: they should lie on its own."""
    soft = np.asarray(cv2.GaussianBlur(camera.y, (0, 0), SOFT_PX), np.uint8)
    edges: NDArray[np.bool_] = np.asarray(cv2.Canny(soft, WEAK, STRONG)) > 0
    y, u, v = (
        np.full_like(plane, value) for plane, value in zip((film.y, film.u, film.v), LINE, strict=True)
    )
    return mixed(film, Picture(y, u, v, film.time_s), edges & (coverage == SEEN))


def mixed(film: Picture, other: Picture, where: NDArray[np.bool_]) -> Picture:
    """``other`` where it is said; a place of colour counts if any of its four does."""
    small = cv2.resize(where.astype(np.uint8), film.u.shape[::-1], interpolation=cv2.INTER_AREA) > 0
    return replace(
        film,
        y=np.where(where, other.y, film.y),
        u=np.where(small, other.u, film.u),
        v=np.where(small, other.v, film.v),
    )
