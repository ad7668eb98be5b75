"""Stills have the colours that BT.601 says, in the range that the film has."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from appliance.core.types import BT601_525, BT601_625, JPEG_FULL, Colour, Picture
from appliance.encode.stills import still_jpeg, still_png, to_rgb

RED_601, RED_FULL = (81, 90, 240), (76, 85, 255)


def flat(yuv: tuple[int, int, int], width: int = 64, height: int = 48) -> Picture:
    half = (height // 2, width // 2)
    y, u, v = yuv
    return Picture(
        np.full((height, width), y, np.uint8), np.full(half, u, np.uint8), np.full(half, v, np.uint8), 0.0
    )


@pytest.mark.parametrize(
    ("yuv", "colour", "rgb"),
    [
        ((235, 128, 128), BT601_625, (255, 255, 255)),
        ((16, 128, 128), BT601_625, (0, 0, 0)),
        (RED_601, BT601_625, (255, 0, 0)),
        (RED_601, BT601_525, (255, 0, 0)),
        ((145, 54, 34), BT601_625, (0, 255, 0)),
        (RED_FULL, JPEG_FULL, (254, 0, 0)),
        ((255, 128, 128), JPEG_FULL, (255, 255, 255)),
    ],
)
def test_known_colours(yuv: tuple[int, int, int], colour: Colour, rgb: tuple[int, int, int]) -> None:
    np.testing.assert_allclose(to_rgb(flat(yuv), colour).reshape(-1, 3).mean(axis=0), rgb, atol=2)


def test_422_is_understood() -> None:
    tall = np.full((48, 32), 90, np.uint8)
    picture = Picture(np.full((48, 64), 81, np.uint8), tall, np.full((48, 32), 240, np.uint8), 0.0)
    np.testing.assert_allclose(to_rgb(picture).mean(axis=(0, 1)), (255, 0, 0), atol=2)


def test_files_open_with_square_pixels_and_red_first() -> None:
    picture = flat(RED_601, 720, 576)
    for data, start in (
        (still_jpeg(picture, Fraction(12, 11)), b"\xff\xd8"),
        (still_png(picture), b"\x89PNG"),
    ):
        assert data.startswith(start)
        shown = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert shown.shape == (576, 768, 3)
        np.testing.assert_allclose(shown.mean(axis=(0, 1)), (0, 0, 255), atol=4)
