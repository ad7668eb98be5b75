"""Which seven fields the net looks at for each field of the tape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import FieldOrder, Picture, Plane
from appliance.enhance.pack import Field, pack_field, split_fields

REACH = 3  # fields on each side of the middle one
THUMB = 16  # pixels of luma to a pixel of the thumbnail
CUT_LEVELS = 18.0  # the fastest pans measured reach 13; two scenes differ by 50 as a rule


T = TypeVar("T")
Reals = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Look:
    """A field one way up, with its channels for the net, which are made when they are first needed."""

    field: Field

    @cached_property
    def packed(self) -> Plane:
        return pack_field(self.field)


@dataclass(frozen=True)
class TapeField:
    """A field in the stream; what is computed from it is computed once for all its windows."""

    field: Field
    frame: int  # of the tape as given, from 0
    time_s: float
    size: tuple[int, int]  # rows and columns of the tape's picture
    settled: Reals | None = None  # 0..1 a line: its place is known, by a camera
    moved_px: Reals | None = None  # how far to the left its lines were put

    @cached_property
    def upright(self) -> Look:
        return Look(self.field)

    @cached_property
    def upside_down(self) -> Look:
        return Look(self.field.flipped())

    @cached_property
    def thumb(self) -> NDArray[np.float32]:
        height, width = self.field.y.shape
        shape = (max(1, width // THUMB), max(1, 2 * height // THUMB))
        return np.asarray(cv2.resize(self.field.y, shape, interpolation=cv2.INTER_AREA), np.float32)


def read_fields(pictures: Iterable[Picture], order: FieldOrder) -> Iterator[TapeField]:
    """Two fields a picture in temporal order; the second one half a frame later.

    How long a frame lasts is seen from the next one (and, for the last, from the one before).
    """
    held: Picture | None = None
    length_s = 0.0
    for number, picture in enumerate(pictures):
        if held is not None:
            length_s = picture.time_s - held.time_s
            yield from both_fields(held, number - 1, order, length_s)
        held = picture
    if held is not None:
        yield from both_fields(held, number, order, length_s)


def both_fields(
    picture: Picture, number: int, order: FieldOrder, length_s: float
) -> tuple[TapeField, TapeField]:
    top, bottom = split_fields(picture)
    early, late = (bottom, top) if order == "bff" else (top, bottom)
    size = (picture.y.shape[0], picture.y.shape[1])
    first = TapeField(early, number, picture.time_s, size)
    return first, TapeField(late, number, picture.time_s + length_s / 2, size)


def windows(fields: Iterable[TapeField], order: FieldOrder) -> Iterator[list[TapeField]]:
    """For every field the seven to look at; it is the middle one."""
    if order == "progressive":
        yield from still_windows(fields)
        return
    run: list[TapeField | None] = [None] * REACH
    for field in fields:
        run.append(field)
        if len(run) > 2 * REACH:
            yield choose(run)
            run.pop(0)
    for _ in range(REACH):
        run.append(None)
        if len(run) > 2 * REACH:
            yield choose(run)
            run.pop(0)


def still_windows(fields: Iterable[TapeField]) -> Iterator[list[TapeField]]:
    """Both fields of a progressive picture show one instant: it is looked at alone, as something still."""
    stream = iter(fields)
    for first, second in zip(stream, stream, strict=True):
        yield [second, first, second, first, second, first, second]
        yield [first, second, first, second, first, second, first]


def choose(run: list[TapeField | None]) -> list[TapeField]:
    """Of seven fields, some missing, the ones on the middle one's side of every cut and of the tape's ends.

    A place that is left empty takes the nearest field of its parity, else the middle field itself.
    """
    middle = run[REACH]
    assert middle is not None
    near: dict[int, TapeField] = {0: middle}
    for side in (-1, 1):
        for distance in range(1, REACH + 1):
            field, before = run[REACH + side * distance], near[side * (distance - 1)]
            if field is None or is_cut(before, field):
                break
            near[side * distance] = field
    return [near.get(place) or stand_in(place, near) for place in range(-REACH, REACH + 1)]


def stand_in(place: int, near: dict[int, T]) -> T:
    """The nearest of its parity, else the middle one."""
    alike = [other for other in near if (other - place) % 2 == 0]
    return near[min(alike, key=lambda other: (abs(other - place), other))] if alike else near[0]


def is_cut(one: TapeField, other: TapeField) -> bool:
    """Another scene, by the mean change of small, blurred pictures; a flash counts as one too."""
    if one.size != other.size:
        return True
    return float(np.abs(one.thumb - other.thumb).mean()) > CUT_LEVELS
