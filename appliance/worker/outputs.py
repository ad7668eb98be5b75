"""The films that are written of what was made: their size and rate, and how a picture of each is composed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from appliance.core.types import Colour, FieldOrder, Picture, Plane
from appliance.encode.access import access_spec, to_square
from appliance.encode.comparison import comparison_spec, side_by_side
from appliance.encode.planes import Field, to_420
from appliance.encode.writer import FilmSpec
from appliance.enhance.double import doubled
from appliance.worker.film import Output, View
from appliance.worker.models import scale_of

if TYPE_CHECKING:
    from appliance.worker.making import Making

ENCODER_THREADS = 2  # fixed, since the bytes depend on it
FILE_CRF = 17
COMPARISON_PRESET = "superfast"
COMPARISON_CRF = 1  # more than the film's: it is for looking, not for keeping


def single_output(making: Making, out: Path) -> Output:
    """H.264 in even sizes, or lossless where the file's name ends in .mkv."""
    tape, shape = making.pieces[0].tape, making.shape
    lossless = out.suffix.lower() == ".mkv"
    width, height = shape.width, shape.height
    if not lossless:
        width, height = up_to_even(width), up_to_even(height)
    spec = FilmSpec(
        width=width,
        height=height,
        rate=shape.rate,
        sample_aspect=tape.sample_aspect,
        colour=tape.colour,
        codec="ffv1" if lossless else "h264",
        crf=FILE_CRF,
        preset=making.config.encode.preset,
        threads=ENCODER_THREADS,
    )
    scale = view_scale(making)
    return Output(
        "film", spec, lambda view: padded(film_of(view, scale), height, width), stretch=shape.stretch
    )


def view_scale(making: Making) -> int:
    """By how much an output still has to enlarge a view's picture: a recipe's later stages have done so."""
    if making.course is not None and (making.course.later or not making.course.restores):
        return 1
    return scale_of(making.config.enhance)


def film_of(view: View, scale: int) -> Picture:
    return doubled(view.film, view.fine) if scale > 1 else view.film


def up_to_even(size: int) -> int:
    return size + size % 2


def padded(picture: Picture, height: int, width: int) -> Picture:
    """H.264 takes even sizes only: an odd picture gets its last line or column twice, and loses nothing."""
    rows, columns = height - picture.y.shape[0], width - picture.y.shape[1]
    if not rows and not columns:
        return picture
    return replace(picture, y=np.pad(picture.y, ((0, rows), (0, columns)), mode="edge"))


def access_output(making: Making) -> Output:
    tape, encode, shape = making.pieces[0].tape, making.config.encode, making.shape
    aspect, scale = tape.sample_aspect, max(1, shape.width // tape.width)
    size = shape.width // scale, shape.height // scale
    spec = access_spec(*size, aspect, shape.rate, encode.crf, encode.preset, ENCODER_THREADS, scale)
    spec, enlarge = replace(spec, colour=colour_of(making, spec)), view_scale(making)
    return Output(
        "access", spec, lambda view: to_square(film_of(view, enlarge), aspect, scale), stretch=shape.stretch
    )


def comparison_output(making: Making) -> Output:
    """At the recording's own rate, whatever the film's: of each of its pictures the first that it became."""
    tape, encode = making.pieces[0].tape, making.config.encode
    aspect = tape.sample_aspect
    spec = comparison_spec(
        tape.width,
        tape.height,
        aspect,
        tape.rate,
        encode.crf + COMPARISON_CRF,
        COMPARISON_PRESET,
        ENCODER_THREADS,
    )
    spec = replace(spec, colour=colour_of(making, spec))
    field = first_field(making.order) if making.per_frame == 2 else None
    size = tape.width, tape.height

    def compose(view: View) -> Picture:
        return side_by_side(view.tape, of_size(view.film, *size), aspect, field)

    return Output("comparison", spec, compose, every=making.per_frame, first_only=True)


def colour_of(making: Making, spec: FilmSpec) -> Colour:
    """A tape's is that of its standard; any other film keeps its own."""
    return spec.colour if making.per_frame == 2 else making.pieces[0].tape.colour


def first_field(order: FieldOrder) -> Field:
    return "bottom" if order == "bff" else "top"


def of_size(picture: Picture, width: int, height: int) -> Picture:
    """4:2:0; byte for byte the same where it has this size."""
    if picture.y.shape == (height, width):
        return picture
    small = to_420(picture)
    half = -(-width // 2), -(-height // 2)
    planes = zip((small.y, small.u, small.v), ((width, height), half, half), strict=True)
    y, u, v = (fitted(plane, size) for plane, size in planes)
    return replace(picture, y=y, u=u, v=v)


def fitted(plane: Plane, size: tuple[int, int]) -> Plane:
    way = cv2.INTER_AREA if plane.shape[1] >= size[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(plane, size, interpolation=way), np.uint8)
