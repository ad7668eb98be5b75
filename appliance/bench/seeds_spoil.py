"""How the bench of the seeds spoils clean clips: the kinds of harm that the nets know, drawn anew.

Noise: white, sigma 10 levels, in light and colour, another one in every picture.
Blur: a straight line, 4 to 8 pixels long and in any direction, drawn once a clip; from picture to picture it
changes by about half a pixel and five degrees; softened by 0.8 pixels; noise of sigma 1.
Degraded small pictures: softened by 1.2 pixels, shrunk to a quarter of both sides by means, noise of sigma 3,
each plane through JPEG of quality 75. Clean small pictures: shrunk by FFmpeg's bicubic filter, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from appliance.core.types import BT601_625, Picture, Plane
from appliance.encode.planes import video_frame
from appliance.encode.squeeze import plane_of

SIGMA = 10.0
LINE_PX, WANDER_PX, WANDER_DEGREES, SOFT_PX, BLUR_NOISE = (4.0, 8.0), 0.5, 5.0, 0.8, 1.0
SMALL_SOFT_PX, SMALL_NOISE, SMALL_QUALITY, SHRINK = 1.2, 3.0, 75, 4
POINTS = 65  # of a line
Chance = np.random.Generator
Floats = NDArray[np.float32]
Spoil = Callable[[Sequence[Picture], Chance], list[Picture]]


def noisy(clean: Sequence[Picture], rng: Chance) -> list[Picture]:
    return [each_plane(picture, lambda plane: grainy(plane, SIGMA, rng)) for picture in clean]


def blurred(clean: Sequence[Picture], rng: Chance) -> list[Picture]:
    length_px, degrees = rng.uniform(*LINE_PX), rng.uniform(0, 180)
    found = []
    for picture in clean:
        length = max(1.0, length_px + rng.normal(0, WANDER_PX))
        angle = degrees + rng.normal(0, WANDER_DEGREES)
        light, colour = line(length, angle, SOFT_PX), line(length / 2, angle, SOFT_PX / 2)
        y, u, v = (
            cv2.filter2D(plane.astype(np.float32), -1, kernel, borderType=cv2.BORDER_REFLECT_101)
            for plane, kernel in zip((picture.y, picture.u, picture.v), (light, colour, colour), strict=True)
        )
        y, u, v = (grainy(plane, BLUR_NOISE, rng) for plane in (y, u, v))
        found.append(replace(picture, y=y, u=u, v=v))
    return found


def line(length_px: float, degrees: float, soft_px: float) -> Floats:
    """A straight line of soft points; its weights sum to one."""
    reach = int(np.ceil(length_px / 2 + 4 * soft_px))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    kernel = np.zeros_like(rows)
    for place in np.linspace(-length_px / 2, length_px / 2, POINTS):
        x, y = place * np.cos(np.radians(degrees)), place * np.sin(np.radians(degrees))
        kernel += np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * soft_px**2))
    return np.asarray(kernel / kernel.sum(), np.float32)


def small_degraded(clean: Sequence[Picture], rng: Chance) -> list[Picture]:
    def worn(plane: Plane) -> Plane:
        soft = cv2.GaussianBlur(plane.astype(np.float32), (0, 0), SMALL_SOFT_PX)
        size = plane.shape[1] // SHRINK, plane.shape[0] // SHRINK
        small = cv2.resize(soft, size, interpolation=cv2.INTER_AREA)
        return through_jpeg(grainy(small, SMALL_NOISE, rng), SMALL_QUALITY)

    return [each_plane(picture, worn) for picture in clean]


def small_clean(clean: Sequence[Picture], rng: Chance) -> list[Picture]:
    del rng
    return [by_bicubic(picture) for picture in clean]


def by_bicubic(picture: Picture) -> Picture:
    rows, columns = picture.y.shape
    frame: av.VideoFrame = video_frame(picture, "yuv420p", BT601_625)
    small = frame.reformat(columns // SHRINK, rows // SHRINK, interpolation=Interpolation.BICUBIC)
    y, u, v = (plane_of(plane) for plane in small.planes)
    return Picture(y, u, v, picture.time_s)


def each_plane(picture: Picture, change: Callable[[Plane], Plane]) -> Picture:
    return replace(picture, y=change(picture.y), u=change(picture.u), v=change(picture.v))


def grainy(plane: NDArray[Any], sigma: float, rng: Chance) -> Plane:
    noise = sigma * rng.standard_normal(plane.shape, np.float32)
    return np.asarray(np.clip(np.rint(plane + noise), 0, 255), np.uint8)


def through_jpeg(plane: Plane, quality: int) -> Plane:
    held = cv2.imencode(".jpg", plane, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(held, cv2.IMREAD_GRAYSCALE), np.uint8)
