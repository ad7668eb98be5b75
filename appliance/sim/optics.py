"""From the scene's picture to what the two devices see: the tape's 4:2:2 planes, the camera's JPEG."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Matrix3, Plane
from appliance.sim.paint import YUV_OF_RGB, Canvas, Point
from appliance.sim.scene import HEIGHT, WIDTH

Planes = tuple[Plane, Plane, Plane]
TAPE_WIDTH = 1280.0  # scene units; 4:3 with the scene's height
TAPE_LEFT = (WIDTH - TAPE_WIDTH) / 2
ACTIVE = 704 / 720  # of a line; the rest is blanking, half of it on each side
PARALLAX: Point = (-17.0, 3.0)  # of the puppet, for the camera
JPEG_QUALITY = 90
SENSOR_NOISE = 2.2  # levels, standard deviation
NOISE_ROOM = 64  # how much larger than a picture the sheet of noise is


def split_422(picture: Canvas) -> Planes:
    """Interleaved 4:4:4 to planes with left-sited 4:2:2 chroma."""
    y, u, v = cv2.split(picture)
    kernel = np.array([[0.25, 0.5, 0.25]])
    chroma = (cv2.filter2D(plane, -1, kernel, borderType=cv2.BORDER_REPLICATE) for plane in (u, v))
    half_u, half_v = (np.ascontiguousarray(plane[:, ::2]) for plane in chroma)
    return cast(Planes, (y, half_u, half_v))


def tape_picture(canvas: Canvas, size: tuple[int, int]) -> Planes:
    """The middle of the scene, progressive, as the recording camera's tube scanned it."""
    width, height = size
    active = round(width * ACTIVE)
    left = (width - active) // 2
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = (16, 128, 128)
    scale = canvas.shape[0] / HEIGHT
    view = canvas[:, round(TAPE_LEFT * scale) : round((TAPE_LEFT + TAPE_WIDTH) * scale)]
    picture[:, left : left + active] = cv2.resize(view, (active, height), interpolation=cv2.INTER_AREA)
    return split_422(picture)


def tape_from_scene(size: tuple[int, int]) -> NDArray[np.float64]:
    """Scene units (pixel corners) to tape pixels (centres)."""
    width, height = size
    across, down = width * ACTIVE / TAPE_WIDTH, height / HEIGHT
    left = (width - width * ACTIVE) / 2
    return np.array([[across, 0, left - TAPE_LEFT * across - 0.5], [0, down, -0.5], [0, 0, 1]])


def camera_from_scene(size: tuple[int, int]) -> NDArray[np.float64]:
    """Scene units to camera pixels: it stands a little to the right, tilted, a little nearer."""
    seen = np.array([[72, 44], [1624, 18], [1650, 938], [44, 914]], np.float32)
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    return cast("NDArray[np.float64]", cv2.getPerspectiveTransform(seen, corners.astype(np.float32)))


def camera_to_tape(camera_size: tuple[int, int], tape_size: tuple[int, int]) -> Matrix3:
    """The homography that registration should find, for everything on the wall."""
    matrix = tape_from_scene(tape_size) @ np.linalg.inv(camera_from_scene(camera_size))
    rows = (matrix / matrix[2, 2]).tolist()
    return cast(Matrix3, tuple(tuple(row) for row in rows))


def camera_jpeg(canvas: Canvas, size: tuple[int, int], rng: np.random.Generator) -> bytes:
    """The camera's JPEG: its own point of view, colours, exposure curve and noise."""
    scale = canvas.shape[0] / HEIGHT
    # Canvas pixel centres to scene units to camera pixels.
    to_scene = np.array([[1 / scale, 0, 0.5 / scale], [0, 1 / scale, 0.5 / scale], [0, 0, 1]])
    matrix = camera_from_scene(size) @ to_scene
    seen = cv2.warpPerspective(canvas, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    exposed = cv2.LUT(cv2.transform(seen, camera_colours()), exposure_curve())
    top, left = (int(v) for v in rng.integers(0, NOISE_ROOM, 2))
    sheet = noise_sheet(size)[top : top + size[1], left : left + size[0]]
    noisy = cv2.add(exposed, sheet, dtype=cv2.CV_8U)
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        JPEG_QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    ]
    return bytes(cv2.imencode(".jpg", noisy, options)[1])


@lru_cache(maxsize=1)
def camera_colours() -> NDArray[np.float64]:
    """Limited-range YUV to this camera's BGR: cooler, more saturated."""
    rgb_of_yuv = np.linalg.inv(YUV_OF_RGB[:, :3])
    grey = np.full((3, 3), 1 / 3)
    saturate = grey + 1.18 * (np.eye(3) - grey)
    balanced: NDArray[np.float64] = np.diag([0.94, 1.0, 1.07]) @ saturate @ rgb_of_yuv
    constant = -balanced @ YUV_OF_RGB[:, 3]
    return np.ascontiguousarray(np.column_stack([balanced, constant])[::-1], np.float64)


@lru_cache(maxsize=1)
def exposure_curve() -> NDArray[np.uint8]:
    """Brighter in the middle, with a shoulder."""
    light = np.arange(256) / 255
    return np.rint(255 * (0.02 + 0.97 * light**0.88)).astype(np.uint8)


@lru_cache(maxsize=2)
def noise_sheet(size: tuple[int, int]) -> NDArray[np.int16]:
    rng = np.random.default_rng(31)
    shape = (size[1] + NOISE_ROOM, size[0] + NOISE_ROOM, 3)
    noise = SENSOR_NOISE * rng.standard_normal(shape, np.float32)
    return np.asarray(np.rint(noise), np.int16)
