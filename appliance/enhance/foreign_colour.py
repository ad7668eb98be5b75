"""Planar pictures to RGB numbers from 0 to 1 and back, so that a net that changes nothing changes no byte.

Nets want RGB within 0..1 and a colour for every pixel; a film has half of the colours each way, and light
above white. What the way there and back loses of a picture (``lost``) is given back to the net's answer.
Colours lie in the middle of their pixels here, as everywhere in Twinreel where pictures change their size.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import BT601_625, Colour, Picture, Plane

Floats = NDArray[np.float32]
Range = tuple[int, int]  # from, to
LUMA = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}  # red's and blue's share of light
LUMA_601 = (0.299, 0.114)
FULL = 2
MARGIN = 4  # pixels around a part that its enlargement looks at


@dataclass(frozen=True)
class Codes:
    """How light and colours are written as bytes: ``yuv = to_yuv @ (r, g, b, 1)``, and back."""

    to_yuv: NDArray[np.float64]  # 3 x 4
    to_rgb: NDArray[np.float64]
    black: float
    span: float  # of light, from black to white


def codes_of(colour: Colour = BT601_625) -> Codes:
    """Of matrix and range; a matrix that is not known is taken as BT.601."""
    red, blue = LUMA.get(colour.matrix, LUMA_601)
    black, span, colours = (0.0, 255.0, 255.0) if colour.range == FULL else (16.0, 219.0, 224.0)
    light = np.array([red, 1 - red - blue, blue])
    u = (np.array([0, 0, 1.0]) - light) / (2 * (1 - blue)) * colours
    v = (np.array([1.0, 0, 0]) - light) / (2 * (1 - red)) * colours
    matrix = np.stack([light * span, u, v])
    offset = np.array([black, 128.0, 128.0])
    back = np.linalg.inv(matrix)
    to_rgb = np.hstack([back, (-back @ offset)[:, None]])
    return Codes(np.hstack([matrix, offset[:, None]]), to_rgb, black, span)


def whole_colour(plane: Plane | Floats, shape: tuple[int, int]) -> Floats:
    """A colour plane of any sampling with a value for every pixel of light."""
    down, across = (2 if side < full else 1 for side, full in zip(plane.shape, shape, strict=True))
    size = (plane.shape[1] * across, plane.shape[0] * down)
    large = cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large[: shape[0], : shape[1]], np.float32)


def less_colour(plane: Floats, shape: tuple[int, int]) -> Floats:
    """The other way; of an odd picture the last row or column is doubled."""
    down, across = (-(-full // side) for full, side in zip(plane.shape, shape, strict=True))
    wide = np.pad(plane, ((0, down * shape[0] - len(plane)), (0, across * shape[1] - plane.shape[1])), "edge")
    return np.asarray(cv2.resize(wide, shape[::-1], interpolation=cv2.INTER_AREA), np.float32)


def to_rgb(planes: tuple[Plane, Plane, Plane], codes: Codes) -> Floats:
    """(rows, columns, 3) within 0..1."""
    y, u, v = planes
    yuv = cv2.merge([y.astype(np.float32), whole_colour(u, y.shape), whole_colour(v, y.shape)])
    return np.asarray(np.clip(cv2.transform(yuv, codes.to_rgb), 0, 1), np.float32)


def to_planes(rgb: Floats, shape: tuple[int, int], codes: Codes) -> tuple[Floats, Floats, Floats]:
    """Not rounded; ``shape`` is that of the colour planes."""
    y, u, v = (np.asarray(plane, np.float32) for plane in cv2.split(cv2.transform(rgb, codes.to_yuv)))
    return y, less_colour(u, shape), less_colour(v, shape)


def lost_of(planes: tuple[Plane, Plane, Plane], rgb: Floats, codes: Codes) -> tuple[Floats, Floats, Floats]:
    """What of the planes is not in ``rgb``, which was made of them."""
    back = to_planes(rgb, planes[1].shape, codes)
    y, u, v = (plane.astype(np.float32) - other for plane, other in zip(planes, back, strict=True))
    return y, u, v


def enlarged_part(plane: Floats | Plane, rows: Range, columns: Range, scale: int) -> Floats:
    """This part of a plane, ``scale`` times as large, as it would be in the enlarged whole."""
    wider = [
        (max(0, first - MARGIN), min(side, last + MARGIN))
        for (first, last), side in zip((rows, columns), plane.shape, strict=True)
    ]
    part = plane[slice(*wider[0]), slice(*wider[1])].astype(np.float32)
    if scale > 1:
        size = (part.shape[1] * scale, part.shape[0] * scale)
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_CUBIC), np.float32)
    down, across = (
        slice((first - wide) * scale, (last - wide) * scale)
        for (first, last), (wide, _) in zip((rows, columns), wider, strict=True)
    )
    return part[down, across]


def as_bytes(plane: Floats) -> Plane:
    return np.clip(np.rint(plane), 0, 255).astype(np.uint8)


def planes_of(picture: Picture) -> tuple[Plane, Plane, Plane]:
    return picture.y, picture.u, picture.v
