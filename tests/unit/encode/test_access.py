"""Square pixels: sizes, and that a circle on the tape is a circle in the access copy."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from appliance.core.types import BT601_525, BT601_625, Picture
from appliance.encode.access import access_spec, to_square

PAL, NTSC = Fraction(12, 11), Fraction(10, 11)


@pytest.mark.parametrize(
    ("size", "aspect", "square"),
    [
        ((720, 576), PAL, (768, 576)),
        ((720, 576), Fraction(16, 15), (768, 576)),
        ((720, 576), Fraction(16, 11), (1024, 576)),
        ((720, 480), NTSC, (640, 480)),
        ((360, 288), PAL, (384, 288)),
        ((360, 240), NTSC, (320, 240)),
        ((1280, 720), Fraction(1), (1280, 720)),
        ((1440, 1080), Fraction(4, 3), (1920, 1080)),
        ((175, 131), Fraction(1), (176, 132)),
    ],
)
def test_pictures_fit_their_spec(
    picture: Callable[..., Picture],
    size: tuple[int, int],
    aspect: Fraction,
    square: tuple[int, int],
) -> None:
    spec = access_spec(*size, aspect, Fraction(50))
    assert (spec.width, spec.height, spec.sample_aspect) == (*square, 1)
    shown = to_square(picture(0, *size, chroma="422"), aspect)
    assert shown.y.shape == (square[1], square[0])
    assert shown.u.shape == shown.v.shape == (square[1] // 2, square[0] // 2)


def test_the_blanking_at_the_sides_is_cut_away() -> None:
    y = np.full((576, 720), 100, np.uint8)
    y[:, :8] = y[:, -8:] = 255
    y[:, 8] = 30
    chroma = np.full((288, 360), 128, np.uint8)
    shown = to_square(Picture(y, chroma, chroma, 1.5), PAL)
    assert shown.y.max() < 120
    assert shown.y[0, 0] < 40
    assert shown.time_s == 1.5


def test_a_circle_on_the_tape_is_round() -> None:
    rows, columns = np.mgrid[:576, :720]
    inside = (rows - 287.5) ** 2 + ((columns - 359.5) * 12 / 11) ** 2 < 200**2
    y = np.where(inside, 200, 20).astype(np.uint8)
    chroma = np.full((288, 360), 128, np.uint8)
    shown = to_square(Picture(y, chroma, chroma, 0.0), PAL).y > 110
    assert abs(int(shown.any(axis=0).sum()) - int(shown.any(axis=1).sum())) <= 2


def test_square_420_is_left_alone(picture: Callable[..., Picture]) -> None:
    whole = picture(0, 128, 96)
    assert np.shares_memory(to_square(whole, Fraction(1)).y, whole.y)


def test_each_standard_keeps_its_colours_and_a_key_frame_every_two_seconds() -> None:
    pal = access_spec(720, 576, PAL, Fraction(50))
    ntsc = access_spec(720, 480, NTSC, Fraction(60000, 1001))
    assert (pal.colour, ntsc.colour) == (BT601_625, BT601_525)
    assert (pal.keyframe_interval, ntsc.keyframe_interval) == (100, 120)
