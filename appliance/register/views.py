"""Pictures made comparable: one moment of the tape, the camera at a like scale, the light evened out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import FieldOrder, Picture, Plane

Matrix = NDArray[np.floating[Any]]  # 3 by 3
Vector = NDArray[np.floating[Any]]
Points = NDArray[np.float32]  # (n, 2): x, y
FloatPlane = NDArray[np.float32]


def first_moment(luma: Plane, order: FieldOrder) -> Plane:
    """The luma of the first field at frame size, so that nothing in it is combed."""
    if order == "progressive":
        return luma
    parity = 0 if order == "tff" else 1
    field = np.ascontiguousarray(luma[parity::2])
    to_frame = np.array([[1, 0, 0], [0, 2, parity]], np.float64)
    size = (luma.shape[1], luma.shape[0])
    return np.asarray(cv2.warpAffine(field, to_frame, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def size_of(plane: Plane) -> tuple[int, int]:
    return plane.shape[1], plane.shape[0]


def square_scale(height: int, target: int, aspect: Fraction = Fraction(1)) -> Matrix:
    """Takes pixels of a plane to a view with square pixels and at most ``target`` rows."""
    down = min(1.0, target / height)
    across = down * float(aspect)
    # Pixel centres lie at whole numbers, so a scale moves the centre of the first one too.
    return np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]], np.float64)


def view(luma: Plane, scale: Matrix) -> Plane:
    size = round(luma.shape[1] * scale[0, 0]), round(luma.shape[0] * scale[1, 1])
    method = cv2.INTER_AREA if scale[1, 1] < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(luma, size, interpolation=method), np.uint8)


def even_light(luma: Plane) -> Plane:
    """Contrast evened out tile by tile: shadows, gain and colours of two cameras differ."""
    return np.asarray(cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(luma), np.uint8)


def structure(luma: Plane | FloatPlane, finest_px: float, coarsest_px: float) -> FloatPlane:
    """What lies between two scales, with its local contrast made one."""
    source = luma.astype(np.float32)
    band = cv2.GaussianBlur(source, (0, 0), finest_px) - cv2.GaussianBlur(source, (0, 0), coarsest_px)
    contrast = np.sqrt(cv2.GaussianBlur(band * band, (0, 0), 2 * coarsest_px))
    return np.asarray(band / (contrast + 2.0), np.float32)


def moved(points: Points, matrix: Matrix) -> Points:
    if not len(points):
        return points  # OpenCV gives something else back
    return np.asarray(cv2.perspectiveTransform(points.reshape(-1, 1, 2), matrix), np.float32).reshape(-1, 2)


def full_chroma(picture: Picture) -> NDArray[np.float32]:
    """(height, width, 3) of the luma's size."""
    size = (picture.y.shape[1], picture.y.shape[0])
    planes = [picture.y, *(cv2.resize(plane, size) for plane in (picture.u, picture.v))]
    return np.dstack(planes).astype(np.float32)
