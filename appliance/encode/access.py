"""The access copy: what plays anywhere. Square pixels, even sizes, 4:2:0, progressive."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np

from appliance.core.types import BT601_525, BT601_625, Colour, Picture, Plane
from appliance.encode.planes import to_420
from appliance.encode.writer import FilmSpec

TAPE_SHAPES = {(720, 576), (720, 480), (360, 288), (360, 240)}
WIDEST = 1920  # of a film that is larger than its tape; a tape's own size is never reduced
WIDE_FROM = Fraction(115, 100)  # pixels this wide are those of 16:9
KEYFRAME_S = 2


@dataclass(frozen=True)
class Square:
    """Columns to cut away on each side, and the size of what is left in square pixels."""

    cut: int
    width: int
    height: int


def square_size(width: int, height: int, sample_aspect: Fraction, scale: int = 1) -> Square:
    """A tape's 4:3 picture (or 16:9) is the middle 704 of its 720 columns; the rest is blanking.

    ``scale``: of the film's pictures against the tape's ``width`` and ``height``. What that makes wider than
    most players take is made smaller.
    """
    if (width, height) in TAPE_SHAPES:
        aspect = Fraction(16, 9) if sample_aspect >= WIDE_FROM else Fraction(4, 3)
        cut, wide = width // 90, scale * even(height * aspect)
    else:
        cut, wide = 0, scale * even(width * sample_aspect)
    high = scale * (height if cut else even(Fraction(height)))
    if scale > 1 and wide > WIDEST:
        wide, high = WIDEST, even(Fraction(high * WIDEST, wide))
    return Square(scale * cut, wide, high)


def even(size: Fraction) -> int:
    return max(2, 2 * round(size / 2))


def access_spec(
    width: int,
    height: int,
    sample_aspect: Fraction,
    rate: Fraction,
    crf: int = 18,
    preset: str = "veryfast",
    threads: int = 2,
    scale: int = 1,
) -> FilmSpec:
    """How the access copy of a tape of this size is encoded; its pictures come from ``to_square``."""
    square = square_size(width, height, sample_aspect, scale)
    return FilmSpec(
        width=square.width,
        height=square.height,
        rate=rate,
        colour=colour_of_height(height),
        crf=crf,
        preset=preset,
        keyframe_interval=round(KEYFRAME_S * rate),
        threads=threads,
    )


def colour_of_height(height: int) -> Colour:
    return BT601_525 if height in (240, 480, 486) else BT601_625


def to_square(picture: Picture, sample_aspect: Fraction, scale: int = 1) -> Picture:
    """The picture in square pixels, 4:2:0, as ``access_spec`` expects it; ``scale`` as there."""
    height, width = picture.y.shape
    square = square_size(width // scale, height // scale, sample_aspect, scale)
    small = to_420(picture)
    half = (square.width // 2, square.height // 2)
    return replace(
        picture,
        y=fitted(small.y, square.cut, (square.width, square.height)),
        u=fitted(small.u, square.cut // 2, half),
        v=fitted(small.v, square.cut // 2, half),
    )


def fitted(plane: Plane, cut: int, size: tuple[int, int]) -> Plane:
    kept = plane[:, cut : plane.shape[1] - cut]
    if kept.shape == (size[1], size[0]):
        return kept
    return np.asarray(cv2.resize(kept, size, interpolation=cv2.INTER_CUBIC), np.uint8)
