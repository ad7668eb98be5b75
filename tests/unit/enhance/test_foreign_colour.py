"""Planes to RGB and back: by the book, and without loss where nothing was changed."""

from __future__ import annotations

import av
import numpy as np
import pytest

from appliance.core.types import BT601_625, Colour
from appliance.enhance.foreign_colour import (
    as_bytes,
    codes_of,
    enlarged_part,
    lost_of,
    to_planes,
    to_rgb,
    whole_colour,
)

BT709 = Colour(1, 1, 1, 1)
FULL = Colour(1, 1, 5, 2)
ALL = pytest.mark.parametrize("colour", [BT601_625, BT709, FULL], ids=["601", "709", "full"])


def planes_of_noise(chroma: tuple[int, int], seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.integers(60, 190, (48, 64))
    u, v = (rng.integers(110, 146, (48 // chroma[0], 64 // chroma[1])) for _ in range(2))
    return y.astype(np.uint8), u.astype(np.uint8), v.astype(np.uint8)


@ALL
def test_it_is_what_ffmpeg_makes_to_a_level(colour: Colour) -> None:
    y, u, v = planes_of_noise((1, 1))
    frame = av.VideoFrame.from_ndarray(np.stack([y, u, v]), format="yuv444p")
    wanted = frame.reformat(
        format="rgb24", src_colorspace=colour.matrix, src_color_range=colour.range, dst_color_range=2
    ).to_ndarray()
    found = np.rint(to_rgb((y, u, v), codes_of(colour)) * 255)
    assert np.abs(found - wanted).max() <= 1


@ALL
@pytest.mark.parametrize("chroma", [(1, 1), (1, 2), (2, 2)])
def test_there_and_back_with_what_was_lost_is_the_same_to_the_byte(
    colour: Colour, chroma: tuple[int, int]
) -> None:
    rng = np.random.default_rng(1)
    planes = tuple(
        rng.integers(0, 256, (50 // d, 64 // a)).astype(np.uint8) for d, a in ((1, 1), chroma, chroma)
    )
    codes = codes_of(colour)
    rgb = to_rgb(planes, codes)  # type: ignore[arg-type]
    assert rgb.min() >= 0
    assert rgb.max() <= 1
    lost = lost_of(planes, rgb, codes)  # type: ignore[arg-type]
    for plane, back, rest in zip(planes, to_planes(rgb, planes[1].shape, codes), lost, strict=True):
        assert np.array_equal(as_bytes(back + rest), plane)


def test_black_white_and_red_are_where_the_standards_put_them() -> None:
    codes = codes_of(BT601_625)
    colours = np.array([[[0, 0, 0], [1, 1, 1], [1, 0, 0]]], np.float32)
    y, u, v = to_planes(colours, (1, 3), codes)
    assert np.rint(y).tolist() == [[16, 235, 81]]
    assert np.rint(u).tolist() == [[128, 128, 90]]
    assert np.rint(v).tolist() == [[128, 128, 240]]
    assert np.rint(to_planes(colours, (1, 3), codes_of(BT709))[0]).tolist() == [[16, 235, 63]]


def test_only_what_the_way_loses_is_lost() -> None:
    """Smooth colours inside of what RGB can show come back by themselves."""
    ramp = np.linspace(100, 150, 32).astype(np.uint8)
    planes = (np.full((64, 64), 120, np.uint8), np.tile(ramp, (32, 1)), np.tile(ramp[:, None], (1, 32)))
    codes = codes_of()
    lost = lost_of(planes, to_rgb(planes, codes), codes)
    assert max(np.abs(plane[2:-2, 2:-2]).max() for plane in lost) < 1


def test_an_odd_picture_has_a_colour_for_every_pixel() -> None:
    assert whole_colour(np.zeros((3, 5), np.uint8), (5, 9)).shape == (5, 9)


def test_a_part_is_enlarged_as_it_would_be_in_the_whole() -> None:
    plane = planes_of_noise((1, 1))[0].astype(np.float32)
    whole = enlarged_part(plane, (0, 48), (0, 64), 3)
    assert whole.shape == (144, 192)
    for rows, columns in (((0, 14), (0, 20)), ((14, 30), (20, 64)), ((30, 48), (6, 22))):
        part = enlarged_part(plane, rows, columns, 3)
        same = whole[3 * rows[0] : 3 * rows[1], 3 * columns[0] : 3 * columns[1]]
        assert np.abs(part - same).max() < 1e-3
