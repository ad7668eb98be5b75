"""Stills: one picture of a film as a JPEG or PNG that a browser shows in the right colours and shape."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import BT601_625, Colour, Picture
from appliance.encode.access import to_square
from appliance.encode.planes import pixel_format_of, video_frame

FULL_RANGE = 2


def to_rgb(picture: Picture, colour: Colour = BT601_625) -> NDArray[np.uint8]:
    """(height, width, 3), red first, full range; ``colour`` says which matrix and range the planes have."""
    frame = video_frame(picture, pixel_format_of(picture), colour)
    rgb = frame.reformat(
        format="rgb24",
        src_colorspace=colour.matrix,
        src_color_range=colour.range,
        dst_color_range=FULL_RANGE,
        interpolation="BICUBIC",
    )
    return np.asarray(rgb.to_ndarray(), np.uint8)


def still_jpeg(
    picture: Picture, sample_aspect: Fraction = Fraction(1), colour: Colour = BT601_625, quality: int = 88
) -> bytes:
    """The picture in square pixels as a JPEG file."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    return encoded(".jpg", to_rgb(to_square(picture, sample_aspect), colour), options)


def still_png(picture: Picture, sample_aspect: Fraction = Fraction(1), colour: Colour = BT601_625) -> bytes:
    """The picture in square pixels as a PNG file, without further loss."""
    return encoded(".png", to_rgb(to_square(picture, sample_aspect), colour), [])


def encoded(kind: str, rgb: NDArray[np.uint8], options: list[int]) -> bytes:
    done, data = cv2.imencode(kind, rgb[:, :, ::-1], options)
    if not done:
        raise ValueError(f"OpenCV cannot write {kind}")
    return bytes(data)
