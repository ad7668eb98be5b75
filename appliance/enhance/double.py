"""A film of twice the tape's size: its own pictures made larger, with what only the camera could resolve."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from appliance.core.types import Picture, Plane
from appliance.enhance.guide import Floats, confidence
from appliance.enhance.pack import crop

SCALE = 2
COLOUR_PX = 0.25  # where the first sample of 4:2:0 lies in the larger plane
AROUND_PX, CALMEST = 8, 20  # of the large picture; per cent of it
LEFT = np.array([[3, 7, 5, 1]], np.float32) / 16  # its middle lies as far to the right of the second


@dataclass(frozen=True)
class Fine:
    """The camera's picture of the moment, registered at twice the film's size, and where it sees the scene.

    ``alone`` is the luma that the tape alone gave: a film that has the camera's detail already would
    confirm whatever the camera shows. ``coverage`` is of the film's size, 255 or 0; ``strength`` is 0..1.
    """

    guide: Picture
    alone: Plane
    coverage: Plane
    strength: float


def doubled(film: Picture, fine: Fine | None) -> Picture:
    """4:2:0 at twice the size. The camera adds only what is finer than the film can hold, and only to light.

    Everything coarser it has given already, when the film was made.
    """
    rows, columns = film.y.shape
    y = enlarged(film.y)
    if fine is not None:
        y = sharpened(y, fine)
    u, v = (enlarged_colour(plane) for plane in (film.u, film.v))
    y, u, v = crop((y, u, v), SCALE * rows, SCALE * columns)
    return replace(film, y=y, u=u, v=v)


def enlarged(plane: Plane) -> Plane:
    """Light: what was one pixel becomes the middle of four."""
    rows, columns = plane.shape
    size = (SCALE * columns, SCALE * rows)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LANCZOS4), np.uint8)


def enlarged_colour(plane: Plane) -> Plane:
    """Of 4:2:0: it sits on the left of its pair of pixels, at both sizes."""
    rows, columns = plane.shape
    place = np.array([[SCALE, 0, COLOUR_PX], [0, SCALE, 0.5]], np.float64)
    size, flags = (SCALE * columns, SCALE * rows), cv2.INTER_LANCZOS4
    return np.asarray(
        cv2.warpAffine(plane, place, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def sharpened(large: Plane, fine: Fine) -> Plane:
    """What is finer than the film is off by twice as much of itself where the camera lies a little aside:
    it is believed less than what was carried into the film."""
    rows, columns = fine.alone.shape
    small = halved(fine.guide.y)
    trust, _ = confidence(fine.alone, small[:rows, :columns], fine.coverage)
    detail = np.asarray(cv2.subtract(fine.guide.y, enlarged(small), dtype=cv2.CV_32F), np.float32)
    share = fine.strength * trust * trust * cv2.resize(telling(detail), trust.shape[::-1])
    cv2.multiply(detail, cv2.resize(share, large.shape[::-1]), dst=detail)
    return np.asarray(cv2.add(large, detail, dtype=cv2.CV_8U), np.uint8)


def telling(detail: Floats) -> Floats:
    """0..1: how much of the detail is no noise of the camera, which is what its calmest parts hold."""
    energy = cv2.boxFilter(detail * detail, -1, (AROUND_PX, AROUND_PX))[:: AROUND_PX // 2, :: AROUND_PX // 2]
    noise = float(np.percentile(energy, CALMEST)) + 1e-3
    return np.asarray(np.clip(1 - noise / (energy + 1e-3), 0, 1), np.float32)


def halved_picture(picture: Picture) -> Picture:
    u, v = (halved_colour(plane) for plane in (picture.u, picture.v))
    return replace(picture, y=halved(picture.y), u=u, v=v)


def halved(plane: Plane) -> Plane:
    rows, columns = (max(1, side // SCALE) for side in plane.shape)
    return np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def halved_colour(plane: Plane) -> Plane:
    """A filter around the place where the colour of the smaller picture sits, then every second column."""
    rows, columns = (max(1, side // SCALE) for side in plane.shape)
    soft = cv2.filter2D(plane, -1, LEFT, anchor=(1, 0), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(
        cv2.resize(soft[:, : SCALE * columns : SCALE], (columns, rows), interpolation=cv2.INTER_AREA)
    )
