"""The camera's light and colours in the tape's, and the other way: one map for all, and differences by place.

Two lenses do not darken the same corner, a lamp shines on one side, one camera opens its iris: cell by cell
the guide's levels are fitted to the film's. Where a cell tells nothing the common map stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import ColourMatch, Picture, Plane

Reals = NDArray[np.floating[Any]]
CELLS = 6, 8  # down and across
SMALL = 8  # film pixels per pixel of the pictures that are compared
MEMORY = 0.93  # of a field for the next
NEAR = 10.0  # levels; what differs more is probably something else
DOUBT, CALM = 15.0, 60.0  # pixels, and squared levels, that speak for the common map
SUMS = 9  # weight; guide, film, guide², guide x film of Y; guide, film of U and of V
BLANK = np.zeros((*CELLS, SUMS))


@dataclass(frozen=True)
class Light:
    """By cell: levels of Y are multiplied by ``gain``; ``offset`` (..., 3) of Y, U, V is added after."""

    gain: Reals
    offset: Reals


def even() -> Light:
    return Light(np.ones(CELLS), np.zeros((*CELLS, 3)))


def learnt(sums: Reals, film: Reals, guide: Reals, seen: Reals, now: Light) -> Reals:
    """The sums after one more pair of small pictures (rows, columns, 3), around 128 and in common colours."""
    size = film.shape[1], film.shape[0]
    gain, offset = (cv2.resize(part.astype(np.float32), size) for part in (now.gain, now.offset[..., 0]))
    apart = film[..., 0] - gain * guide[..., 0] - offset
    weight = seen / (1 + (apart / NEAR) ** 2)
    (y, u, v), (fy, fu, fv) = (np.moveaxis(p, -1, 0) for p in (guide, film))
    parts = np.stack([np.ones_like(y), y, fy, y * y, y * fy, u, fu, v, fv], axis=-1) * weight[..., None]
    count = film.shape[0] * film.shape[1] / (CELLS[0] * CELLS[1])
    found = [cv2.resize(parts[..., k], CELLS[::-1], interpolation=cv2.INTER_AREA) for k in range(SUMS)]
    return np.asarray(MEMORY * sums + count * np.stack(found, axis=-1))


def light_of(sums: Reals) -> Light:
    """Cells learn from their neighbours, so that no border between two of them shows."""
    spread = np.stack([cv2.GaussianBlur(sums[..., k], (3, 3), 0) for k in range(SUMS)], axis=-1)
    total = spread[..., :1] + 1e-6
    y, fy, yy, yf, u, fu, v, fv = np.moveaxis(spread[..., 1:] / total, -1, 0)
    sure = total[..., 0] / (total[..., 0] + DOUBT)
    doubt = CALM / np.maximum(sure, 1e-3)
    gain = np.clip((yf - y * fy + doubt) / (yy - y * y + doubt), 0.5, 2.0)
    offset = np.stack([fy - gain * y, fu - u, fv - v], axis=-1)
    return Light(1 + sure * (gain - 1), sure[..., None] * offset)


def lifted(light: Light, film: Reals, guide: Reals, seen: Reals) -> Light:
    """With what the whole picture is brighter now than it was: an iris is quicker than the cells."""
    if not seen.any():
        return light
    size = film.shape[1], film.shape[0]
    gain, offset = (cv2.resize(part.astype(np.float32), size) for part in (light.gain, light.offset[..., 0]))
    apart = film[..., 0] - gain * guide[..., 0] - offset
    lift = np.array([float(np.median(apart[seen > 0])), 0.0, 0.0])
    return Light(light.gain, light.offset + lift)


def matched(picture: Picture, colour: ColourMatch, light: Light) -> Picture:
    """4:2:0 of the camera in the film's light and colours."""
    matrix, shift = np.array(colour.matrix, np.float32), np.array(colour.offset, np.float32)
    half = picture.u.shape[1], picture.u.shape[0]
    small = cv2.resize(picture.y, half, interpolation=cv2.INTER_AREA)
    y, u, v = (plane.astype(np.float32) - 128 for plane in (small, picture.u, picture.v))
    gain = cv2.resize(light.gain.astype(np.float32), half)
    offsets = [cv2.resize(light.offset[..., k].astype(np.float32), half) for k in range(3)]
    new_u, new_v = (
        to_levels(matrix[k, 0] * y + matrix[k, 1] * u + matrix[k, 2] * v + (offsets[k] + shift[k] + 128))
        for k in (1, 2)
    )
    tint = gain * (matrix[0, 1] * u + matrix[0, 2] * v + (shift[0] - 128 * matrix[0, 0])) + (offsets[0] + 128)
    return Picture(combined(picture.y, gain * matrix[0, 0], tint), new_u, new_v, picture.time_s)


def in_cameras_light(picture: Picture, colour: ColourMatch, light: Light) -> Picture:
    """The other way: 4:2:0 of the film as the camera would show its light and colours."""
    matrix = np.linalg.inv(np.array(colour.matrix, np.float64)).astype(np.float32)
    shift = np.array(colour.offset, np.float32)
    half = picture.u.shape[1], picture.u.shape[0]
    small = cv2.resize(picture.y, half, interpolation=cv2.INTER_AREA)
    gain = cv2.resize(1 / light.gain.astype(np.float32), half)
    offsets = [cv2.resize(light.offset[..., k].astype(np.float32), half) for k in range(3)]
    y = gain * (small.astype(np.float32) - 128 - offsets[0]) - shift[0]
    u, v = (
        plane.astype(np.float32) - (128 + shift[k]) - offsets[k]
        for k, plane in ((1, picture.u), (2, picture.v))
    )
    new_u, new_v = (to_levels(matrix[k, 0] * y + matrix[k, 1] * u + matrix[k, 2] * v + 128) for k in (1, 2))
    tint = matrix[0, 1] * u + matrix[0, 2] * v + 128
    tint -= matrix[0, 0] * (gain * (offsets[0] + 128) + shift[0])
    return Picture(combined(picture.y, gain * matrix[0, 0], tint), new_u, new_v, picture.time_s)


def combined(plane: Plane, gain: Reals, tint: Reals) -> Plane:
    """``gain * plane + tint``, both of half its size."""
    size = plane.shape[1], plane.shape[0]
    scaled = cv2.multiply(plane, cv2.resize(gain, size), dtype=cv2.CV_32F)
    return np.asarray(cv2.add(scaled, cv2.resize(tint, size), dtype=cv2.CV_8U), np.uint8)


def to_levels(values: Reals) -> Plane:
    # Rounds and limits in one go.
    return np.asarray(cv2.add(values, 0.0, dtype=cv2.CV_8U), np.uint8)  # type: ignore[call-overload]


def reduced(picture: Picture, size: tuple[int, int] | None = None) -> Reals:
    """A small picture (rows, columns, 3) around 128."""
    size = size or (max(1, picture.y.shape[1] // SMALL), max(1, picture.y.shape[0] // SMALL))
    planes = [cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in (picture.y, picture.u, picture.v)]
    return np.stack(planes, axis=-1).astype(np.float32) - 128


def in_common_colours(small: Reals, colour: ColourMatch) -> Reals:
    return np.asarray(small @ np.array(colour.matrix, np.float32).T + np.array(colour.offset, np.float32))
