"""Puts the lines of a tape back in their places: a recorder starts each a little too early or too late.

Every field is compared, line by line and a piece of the line at a time, with the two fields before it and
the two after it. What moves evenly has gone as far to one side as it will go to the other, so that the mean
of both differences says how far this line lies beside its neighbours in time. The hand that holds the camera
moves and turns whole fields; that is left as it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Plane
from appliance.enhance.pack import Field
from appliance.enhance.tape import TapeField, is_cut

Reals = NDArray[np.floating[Any]]

REACH = 2  # fields to each side
SHRUNK = 4  # times narrower are the lines that are compared
SOFT = 0.8  # of their samples: shifts of up to three pixels are seen
PIECE = 10  # of them
ALIKE = 3.0  # of which so many together tell as much as one of pure noise
SLACK = 20.0  # how many times the field's least difference a piece may differ and still be believed
UNEVEN = 0.5  # how much of an uneven movement is taken for doubt
SMALLEST_PX, LARGEST_PX = 0.03, 4.0  # of all lines together (rms); of one
TINY = 1e-6


@dataclass(frozen=True)
class Told:
    """How far the lines of a field lie to the right of another's: pixels and variance, (lines, pieces)."""

    px: Reals
    variance: Reals


@dataclass(frozen=True)
class Lines:
    """A field and its luma as it is compared; what is computed from it is computed once."""

    of: TapeField

    @cached_property
    def soft(self) -> Reals:
        y = self.of.field.y
        small = cv2.resize(y, (max(1, y.shape[1] // SHRUNK), y.shape[0]), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.GaussianBlur(small.astype(np.float32), (9, 1), SOFT), np.float32)

    @cached_property
    def between(self) -> Reals:
        """Where the lines of the other parity lie."""
        soft = self.soft
        other = np.concatenate([soft[:1], soft[:-1]] if self.of.field.bottom else [soft[1:], soft[-1:]])
        return np.asarray((soft + other) / 2)


def steadied(fields: Iterable[TapeField]) -> Iterator[TapeField]:
    """The same fields with their lines in place. A field is only compared with those on its side of a cut."""
    near: deque[Lines | None] = deque([None] * (2 * REACH + 1), 2 * REACH + 1)
    alike: deque[Told | None] = deque([None] * (REACH + 1), REACH + 1)  # each with the next of its parity
    for field in with_end(fields):
        near.append(Lines(field) if field else None)
        middle = near[REACH]
        alike.append(told(middle, near[-1]))
        if middle is not None:
            yield in_place(middle.of, seen_from(near, alike))


def with_end(fields: Iterable[TapeField]) -> Iterator[TapeField | None]:
    yield from fields
    yield from [None] * REACH


def seen_from(near: deque[Lines | None], alike: deque[Told | None]) -> list[tuple[Told, Told]]:
    """How the middle field lies to those before and after it, the next ones first, within the scene."""
    earlier, before, middle, after, later = near
    if middle is None or before is None or after is None or cut(before, middle) or cut(middle, after):
        return []
    found = [(compare(before.between, middle.soft), compare(after.between, middle.soft))]
    first, last = alike[0], alike[-1]
    if first and last and earlier and later and not (cut(earlier, before) or cut(after, later)):
        found.append((first, Told(-last.px, last.variance)))
    return found


def told(one: Lines | None, other: Lines | None) -> Told | None:
    same = one is not None and other is not None and one.soft.shape == other.soft.shape
    return compare(one.soft, other.soft) if same and one and other else None


def cut(one: Lines, other: Lines) -> bool:
    return is_cut(one.of, other.of)


def compare(one: Reals, other: Reals) -> Told:
    """By the slope of the light: where it rises by g a pixel, d pixels to the right make it d g darker."""
    pieces = (max(1, one.shape[1] // PIECE), one.shape[0])
    slope = cv2.Sobel(one + other, cv2.CV_32F, 1, 0, ksize=1, scale=0.25)
    change = other - one
    both, steep, power = (mean_of(x, pieces) for x in (change * slope, slope * slope, change * change))
    steps = -both / (steep + 0.1)
    left = np.maximum(power + steps * both, 0) + 1.0
    least = np.quantile(power, 0.05) + 0.2 + 0.02 * steep
    doubt = 1 + (left / (SLACK * least)) ** 2
    return Told(SHRUNK * steps, SHRUNK**2 * doubt * left / (steep + 1e-3) * (ALIKE / PIECE))


def mean_of(values: Reals, pieces: tuple[int, int]) -> Reals:
    return np.asarray(cv2.resize(values, pieces, interpolation=cv2.INTER_AREA), np.float32)


def offsets_px(seen: list[tuple[Told, Told]]) -> Reals:
    """How far each line lies to the right of its place.

    What its neighbours say is weighed against how far lines stray on this field at all, which they say too:
    theirs stray as much, so that one pair of them is half as sure of the place as it could be.
    """
    said = [of_pair(*pair) for pair in seen]
    px, variance = (np.array([part[k] for part in said]) for k in (0, 1))
    px = px - np.array([whole_field(*one) for one in zip(px, variance, strict=True)])
    sure = 1 / (variance + 0.02)
    strays = max(0.0, float((sure * (px**2 - variance)).sum() / sure.sum()) / 1.5)
    weight = 1 / (variance + strays / 2 + TINY)
    return np.asarray((weight * px).sum(0) / (weight.sum(0) + 1 / (strays + TINY)))


def of_pair(before: Told, after: Told) -> tuple[Reals, Reals]:
    """One number a line, and its variance, from all its pieces; those that stand alone count for less."""
    px, uneven = (before.px + after.px) / 2, (after.px - before.px) / 2
    uneven = np.abs(uneven - np.median(uneven, 1, keepdims=True) + np.median(uneven))
    around = cv2.blur(np.minimum(uneven, LARGEST_PX), (3, 9))
    variance = (before.variance + after.variance) / 4
    known = 0.5 * np.sqrt(np.minimum(4 * variance, LARGEST_PX))
    variance = variance + (UNEVEN * np.maximum(around - known, 0)) ** 2
    weight = 1 / variance
    for _ in range(2):
        line = (weight * px).sum(1) / (weight.sum(1) + TINY)
        weight = 1 / variance / (1 + (px - line[:, None]) ** 2 / (4 * variance + 0.04))
    return line, 1 / (weight.sum(1) + TINY)


def whole_field(px: Reals, variance: Reals) -> Reals:
    """The straight line through the offsets of all lines: a camera that was shaken or turned."""
    shape = np.stack([np.ones(len(px)), np.linspace(-1, 1, len(px))], 1)
    line = np.zeros(len(px))
    weight = 1 / (variance + 0.05)
    for _ in range(3):
        line = shape @ np.linalg.lstsq(shape * np.sqrt(weight)[:, None], px * np.sqrt(weight), rcond=None)[0]
        weight = 1 / (variance + 0.05) / (1 + ((px - line) / 0.5) ** 2)
    return line


def in_place(given: TapeField, seen: list[tuple[Told, Told]]) -> TapeField:
    if not seen:
        return given
    px = np.clip(offsets_px(seen), -LARGEST_PX, LARGEST_PX)
    if given.settled is not None:
        px = px * (1 - given.settled)
    if np.sqrt((px**2).mean()) < SMALLEST_PX:
        return given
    field = given.field
    y, u, v = moved(field.y, px), moved(field.u, px / 2), moved(field.v, px / 2)
    before = 0 if given.moved_px is None else given.moved_px
    return replace(given, field=Field(y, u, v, field.bottom), moved_px=before + px)


def moved(rows: Plane, px: Reals) -> Plane:
    """Every row to the left by its number of pixels."""
    height, width = rows.shape
    columns = np.arange(width, dtype=np.float32) + px[:, None].astype(np.float32)
    lines = np.repeat(np.arange(height, dtype=np.float32)[:, None], width, 1)
    return np.asarray(cv2.remap(rows, columns, lines, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))
