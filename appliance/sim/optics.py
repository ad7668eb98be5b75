"""From the scene's picture to what the two devices see: the tape's 4:2:2 planes, the camera's JPEG."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Matrix3, Plane
from appliance.sim.paint import Canvas, Point
from appliance.sim.scene import HEIGHT, WIDTH
from appliance.sim.tape.kit import NUMPY
from appliance.sim.tape.second_camera import CameraParameters, film

Planes = tuple[Plane, Plane, Plane]
TAPE_WIDTH = 1280.0  # scene units; 4:3 with the scene's height
TAPE_LEFT = (WIDTH - TAPE_WIDTH) / 2
ACTIVE = 704 / 720  # of a line; the rest is blanking, half of it on each side
PARALLAX: Point = (-17.0, 3.0)  # of the puppet, for the camera
# Cooler and more saturated than the tape, brighter in the middle.
CAMERA = CameraParameters(
    red=0.94,
    blue=1.07,
    saturation=1.18,
    vignetting=0.06,
    gamma=0.88,
    contrast=0.04,
    black=5.0,
    noise=2.2,
    jpeg_quality=90,
)


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


def camera_jpeg(canvas: Canvas, size: tuple[int, int], index: int) -> bytes:
    """The camera's picture of that number: its own point of view, colours, exposure curve and noise."""
    scale = canvas.shape[0] / HEIGHT
    # Canvas pixel centres to scene units to camera pixels.
    to_scene = np.array([[1 / scale, 0, 0.5 / scale], [0, 1 / scale, 0.5 / scale], [0, 0, 1]])
    matrix = camera_from_scene(size) @ to_scene
    seen = cv2.warpPerspective(canvas, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    red, green, blue = film(np.stack(cv2.split(seen))[:, None].astype(np.float32), CAMERA, index, NUMPY)
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        CAMERA.jpeg_quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    ]
    stored = [NUMPY.store(plane)[0] for plane in (blue, green, red)]
    return bytes(cv2.imencode(".jpg", cv2.merge(stored), options)[1])
