"""A film of twice the tape's size: its own pictures made larger, with what only the camera could resolve."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from appliance.core.types import Picture, Plane
from appliance.enhance.guide import confidence
from appliance.enhance.pack import crop

SCALE = 2
LUMA_PX, CHROMA_PX = 0.5, 0.25  # where the first sample lies in the larger plane; 4:2:0 is left-sited


@dataclass(frozen=True)
class Fine:
    """The camera's picture of the moment, registered at twice the film's size, and where it sees the scene.

    ``coverage`` is of the film's size, 255 or 0; ``strength`` is 0..1.
    """

    guide: Picture
    coverage: Plane
    strength: float


def doubled(film: Picture, fine: Fine | None) -> Picture:
    """4:2:0 at twice the size. The camera adds only what is finer than the film can hold, and only to light.

    Everything coarser it has given already, when the film was made.
    """
    rows, columns = film.y.shape
    y = enlarged(film.y, LUMA_PX)
    if fine is not None:
        y = sharpened(y, film.y, fine)
    u, v = (enlarged(plane, CHROMA_PX) for plane in (film.u, film.v))
    y, u, v = crop((y, u, v), SCALE * rows, SCALE * columns)
    return replace(film, y=y, u=u, v=v)


def enlarged(plane: Plane, across_px: float) -> Plane:
    rows, columns = plane.shape
    place = np.array([[SCALE, 0, across_px], [0, SCALE, 0.5]], np.float64)
    size = (SCALE * columns, SCALE * rows)
    flags = cv2.INTER_LANCZOS4
    return np.asarray(
        cv2.warpAffine(plane, place, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def sharpened(large: Plane, film: Plane, fine: Fine) -> Plane:
    small = halved(fine.guide.y)[: film.shape[0], : film.shape[1]]
    trust, _ = confidence(film, small, fine.coverage)
    detail = cv2.subtract(fine.guide.y, enlarged(small, LUMA_PX), dtype=cv2.CV_32F)
    cv2.multiply(detail, cv2.resize(fine.strength * trust, (large.shape[1], large.shape[0])), dst=detail)
    return np.asarray(cv2.add(large, detail, dtype=cv2.CV_8U), np.uint8)


def halved_picture(picture: Picture) -> Picture:
    y, u, v = (halved(plane) for plane in (picture.y, picture.u, picture.v))
    return replace(picture, y=y, u=u, v=v)


def halved(plane: Plane) -> Plane:
    rows, columns = (max(1, side // SCALE) for side in plane.shape)
    return np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
