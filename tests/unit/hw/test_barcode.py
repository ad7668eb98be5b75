"""A frame's number survives what codecs do to pictures, and is seen in no other picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hw.bench.usb import barcode
from hw.bench.usb.model import PAL, Size
from hw.bench.usb.pictures import background, jpeg, numbered, snow, still

SIZE = Size(360, 288, PAL)


def luma_of(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)


@pytest.mark.parametrize("number", [0, 1, 77, 511, 4095])
def test_a_number_is_read_back_from_a_jpeg(number: int) -> None:
    assert barcode.read(luma_of(jpeg(numbered(SIZE, number)))) == number


def test_numbers_begin_anew_after_the_last() -> None:
    assert barcode.code(barcode.NUMBERS + 5) == barcode.code(5)


@pytest.mark.parametrize("scene", ["blue", "noise", "black"])
def test_a_picture_without_number_has_none(scene: str) -> None:
    assert [barcode.read(luma_of(jpeg(picture))) for picture in still(scene, SIZE)[:1]] == [None]


def test_no_background_is_taken_for_a_number() -> None:
    assert {barcode.read(background(SIZE, number)[:, :, 0]) for number in range(0, 512, 16)} == {None}
    assert barcode.read(snow(SIZE, 3)[:, :, 0]) is None


def test_a_damaged_number_is_none_and_not_another_one() -> None:
    size = barcode.cell_px(SIZE.width)
    for cell in range(barcode.CELLS):
        luma = numbered(SIZE, 1234)[:, :, 0].copy()
        place = np.s_[size : 2 * size, size * (cell + 1) : size * (cell + 2)]
        luma[place] = 255 - luma[place]
        assert barcode.read(luma) is None
