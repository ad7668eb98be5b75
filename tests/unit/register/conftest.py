"""A drawn wall of shapes, seen by a tape and, through a known homography, by a camera."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.core.types import Picture

TAPE_SIZE, CAMERA_SIZE = (360, 288), (640, 400)
TO_TAPE = np.array([[0.62, -0.02, -20.0], [0.015, 0.78, -12.0], [3e-5, -2e-5, 1.0]])
Scene = Callable[..., Picture]


def _wall(seed: int) -> NDArray[np.uint8]:
    """A still scene in YUV, 4:4:4, at the camera's size, so sharp that both films are reduced from it."""
    rng = np.random.default_rng(seed)
    width, height = 2 * CAMERA_SIZE[0], 2 * CAMERA_SIZE[1]
    wall = np.full((height, width, 3), (120, 128, 128), np.uint8)
    for _ in range(260):
        corner = rng.integers(0, (width, height))
        size = rng.integers(12, 120, 2)
        colour = tuple(int(c) for c in rng.integers((40, 90, 90), (215, 166, 166)))
        cv2.rectangle(wall, corner.tolist(), (corner + size).tolist(), colour, -1)
        cv2.circle(wall, (corner + size // 2).tolist(), int(size.min() // 3), colour[::-1], 2)
    return cv2.GaussianBlur(wall, (0, 0), 1.0)


def _picture(yuv: NDArray[np.uint8], time_s: float = 0.0) -> Picture:
    half = yuv.shape[1] // 2, yuv.shape[0] // 2
    u, v = (cv2.resize(yuv[..., i], half, interpolation=cv2.INTER_AREA) for i in (1, 2))
    return Picture(np.ascontiguousarray(yuv[..., 0]), u, v, time_s)


@pytest.fixture
def camera_picture() -> Scene:
    def make(seed: int = 1, scale: float = 1.0, shift: tuple[float, float] = (0.0, 0.0)) -> Picture:
        """``shift``: by how many of its pixels everything lies to the right and below."""
        size = round(CAMERA_SIZE[0] * scale), round(CAMERA_SIZE[1] * scale)
        wall = _wall(seed)
        if shift != (0.0, 0.0):
            by = np.array([[1, 0, 2 * shift[0]], [0, 1, 2 * shift[1]]], np.float64)
            wall = cv2.warpAffine(wall, by, wall.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
        return _picture(cv2.resize(wall, size, interpolation=cv2.INTER_AREA))

    return make


@pytest.fixture
def tape_picture() -> Scene:
    def make(
        seed: int = 1, noise: float = 3.0, gain: float = 0.8, lift: float = 14.0, saturation: float = 0.7
    ) -> Picture:
        twice = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1]])
        seen = cv2.warpPerspective(_wall(seed), TO_TAPE @ twice, TAPE_SIZE, flags=cv2.INTER_AREA)
        yuv = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), sigmaX=1.2, sigmaY=0.5)
        yuv[..., 0] = yuv[..., 0] * gain + lift
        yuv[..., 1:] = (yuv[..., 1:] - 128) * saturation + 128
        yuv += np.random.default_rng(seed).normal(0, noise, yuv.shape)
        return _picture(np.clip(yuv, 0, 255).astype(np.uint8))

    return make


@pytest.fixture
def to_tape() -> NDArray[np.float64]:
    return TO_TAPE
