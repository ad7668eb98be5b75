"""The comparison film: on the left the tape as a plain player shows it, on the right the restored film.

It runs at the tape's frame rate. It is twice as wide as the film, so at the field rate it would cost
twice the film's own encoding; and the plain player on its left has only one picture a frame to show.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np

from appliance.core.types import Picture, Plane
from appliance.encode.access import access_spec, to_square
from appliance.encode.planes import NEUTRAL, Field, line_doubled
from appliance.encode.writer import FilmSpec

DIVIDER = 4  # columns; even, so that chroma has whole ones
INK, PAPER = 235, 32  # luma of the letters and of the plate behind them
FONT = cv2.FONT_HERSHEY_SIMPLEX
LETTERS_PER_HEIGHT = 0.0016  # OpenCV's font scale for each line of the picture


def comparison_spec(
    width: int,
    height: int,
    sample_aspect: Fraction,
    frame_rate: Fraction,
    crf: int = 18,
    preset: str = "veryfast",
    threads: int = 2,
) -> FilmSpec:
    """For the pictures of ``side_by_side``; ``frame_rate`` is the tape's own."""
    half = access_spec(width, height, sample_aspect, frame_rate, crf, preset, threads)
    return replace(half, width=2 * half.width + DIVIDER)


def side_by_side(
    tape: Picture, film: Picture, sample_aspect: Fraction, field: Field | None = "top"
) -> Picture:
    """Both in square pixels with their names; ``field`` is the tape's field that the film's picture is of.

    None: the recording has whole pictures, and is shown as it is.
    """
    shown = tape if field is None else line_doubled(tape, field)
    left = labelled(to_square(shown, sample_aspect), "tape" if field else "before")
    right = labelled(to_square(film, sample_aspect), "Twinreel")
    return replace(
        film,
        y=beside(left.y, right.y, DIVIDER, INK),
        u=beside(left.u, right.u, DIVIDER // 2, NEUTRAL),
        v=beside(left.v, right.v, DIVIDER // 2, NEUTRAL),
    )


def beside(left: Plane, right: Plane, gap: int, value: int) -> Plane:
    divider = np.full((left.shape[0], gap), value, np.uint8)
    return np.hstack([left, divider, right])


def labelled(picture: Picture, name: str) -> Picture:
    """The picture with its name on a plate in the lower left corner."""
    height = picture.y.shape[0]
    scale, thick = height * LETTERS_PER_HEIGHT, max(1, round(height / 300))
    (text_width, text_height), below = cv2.getTextSize(name, FONT, scale, thick)
    margin = even_down(max(2, text_height // 2))
    top, bottom = even_down(height - text_height - below - 2 * margin), height - margin
    right = even_down(text_width + 3 * margin)
    y, u, v = picture.y.copy(), picture.u.copy(), picture.v.copy()
    y[top:bottom, margin:right] = PAPER
    for plane in (u, v):
        plane[top // 2 : bottom // 2, margin // 2 : right // 2] = NEUTRAL
    baseline = (top + bottom + text_height - below) // 2
    cv2.putText(y, name, (2 * margin, baseline), FONT, scale, INK, thick, cv2.LINE_AA)
    return replace(picture, y=y, u=u, v=v)


def even_down(value: int) -> int:
    return value - value % 2
