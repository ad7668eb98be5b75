"""How fields become the net's input and its output becomes a picture.

The net works on a quarter of the width and height. Luma of a field is folded 2 rows x 4 columns and each
colour plane 2 x 2 into channels, 16 a field; eight more hold a first guess at the rows between those of the
middle field. It only ever sees a *top* field in the middle of its window: for a bottom field the whole window
is turned upside down, and the result back again. It answers with what to add to the middle field and the
guess, in levels, 128 meaning nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.core.types import Picture, Plane

WINDOW = 7  # fields
CHANNELS_A_FIELD = 16
GUESS_CHANNELS = 8
INPUT_CHANNELS = WINDOW * CHANNELS_A_FIELD + GUESS_CHANNELS
RESIDUAL_CHANNELS = 24
FOLD = 4  # pictures are padded to a multiple of this, both ways
NOTHING = 128  # the residual that changes nothing

CUBIC = np.array([[-1], [9], [9], [-1]], np.float32) / 16

Planes = tuple[Plane, Plane, Plane]


@dataclass(frozen=True)
class Field:
    """Half the rows of a frame, padded; colour has one row a row of luma and half its columns."""

    y: Plane
    u: Plane
    v: Plane
    bottom: bool

    def flipped(self) -> Field:
        y, u, v = (np.ascontiguousarray(plane[::-1]) for plane in (self.y, self.u, self.v))
        return Field(y, u, v, not self.bottom)


def split_fields(picture: Picture) -> tuple[Field, Field]:
    """Top and bottom field of a frame in any of 4:2:0, 4:2:2 and 4:4:4, padded to what the net takes."""
    height, width = picture.y.shape
    rows, columns = -height % FOLD, -width % FOLD
    y = pad(picture.y, rows, columns)
    halves = []
    for parity in (0, 1):
        u, v = (field_colour(c, parity, (y.shape[0] // 2, y.shape[1] // 2)) for c in (picture.u, picture.v))
        halves.append(Field(y[parity::2], u, v, bool(parity)))
    return halves[0], halves[1]


def pad(plane: Plane, rows: int, columns: int) -> Plane:
    return np.pad(plane, ((0, rows), (0, columns)), mode="edge") if rows or columns else plane


def field_colour(plane: Plane, parity: int, shape: tuple[int, int]) -> Plane:
    """One field's colour with a row for every row of its luma: 4:2:0 belongs to the fields row by row."""
    field = plane[parity::2] if len(plane) > 1 else plane
    if field.shape[0] < shape[0] * 3 // 4:
        field = double_rows(field, parity)
    if field.shape[1] > shape[1] * 3 // 2:
        field = np.asarray(cv2.resize(field, (shape[1], len(field)), interpolation=cv2.INTER_AREA), np.uint8)
    field = field[: shape[0], : shape[1]]
    return pad(field, shape[0] - field.shape[0], shape[1] - field.shape[1])


def double_rows(field: Plane, parity: int) -> Plane:
    """Interlaced 4:2:0: a row of colour sits a quarter (top) or three quarters (bottom) of the way down its
    pair of luma rows."""
    wide = np.pad(field, ((1, 1), (0, 0)), mode="edge").astype(np.uint16)
    before, here, after = wide[:-2], wide[1:-1], wide[2:]
    upper, lower = ((1, 7, 0), (0, 5, 3)) if parity == 0 else ((3, 5, 0), (0, 7, 1))
    doubled = np.empty((2 * len(field), field.shape[1]), np.uint8)
    for phase, (b, h, a) in enumerate((upper, lower)):
        doubled[phase::2] = (b * before + h * here + a * after + 4) >> 3
    return doubled


def fold(plane: Plane, down: int, across: int) -> Plane:
    """(rows, columns) to (down * across, rows / down, columns / across)."""
    height, width = plane.shape
    channels = np.empty((down * across, height // down, width // across), np.uint8)
    for row in range(down):  # OpenCV takes a row of interleaved pixels apart at the speed of memory
        pixels = np.ascontiguousarray(plane[row::down]).reshape(height // down, width // across, across)
        cv2.split(pixels, list(channels[row * across : (row + 1) * across]))
    return channels


def unfold(channels: Plane, side: int) -> Plane:
    """(side * side, rows, columns) to (side * rows, side * columns)."""
    _, height, width = channels.shape
    plane = np.empty((height, side, side * width), np.uint8)
    for row in range(side):
        pixels = cv2.merge(list(channels[row * side : (row + 1) * side]))
        plane[:, row] = pixels.reshape(height, side * width)
    return plane.reshape(side * height, side * width)


def pack_field(field: Field) -> Plane:
    """The field's 16 channels."""
    return np.concatenate([fold(field.y, 2, 4), fold(field.u, 2, 2), fold(field.v, 2, 2)])


def guess_between(window: list[Field]) -> Plane:
    """The rows between those of a top field: from the fields before and after where nothing moves, else
    from the rows above and below; never further from the one than things change around there."""
    here = len(window) // 2
    earlier, before, middle, after, later = window[here - 2 : here + 3]
    flat = interpolate_rows(middle.y)
    if before.bottom == middle.bottom or after.bottom == middle.bottom:
        return flat  # beside a cut no field of the other parity may be left
    woven = cv2.addWeighted(before.y, 0.5, after.y, 0.5, 0)
    in_place = np.asarray(cv2.max(cv2.absdiff(earlier.y, middle.y), cv2.absdiff(later.y, middle.y)), np.uint8)
    change = cv2.max(cv2.absdiff(before.y, after.y) // 2, mix_rows(in_place, 1, 1))
    lowest, highest = cv2.subtract(woven, change), cv2.add(woven, change)
    return np.asarray(cv2.min(cv2.max(flat, lowest), highest), np.uint8)


def baseline(field: Field, between: Plane) -> Planes:
    """A whole 4:2:0 picture from a top field and the rows between; colour from the field alone."""
    height, width = field.y.shape
    y = np.empty((2 * height, width), np.uint8)
    y[0::2], y[1::2] = field.y, between
    u, v = (mix_rows(c, 3, 1) for c in (field.u, field.v))
    return y, u, v


def interpolate_rows(rows: Plane) -> Plane:
    """The row after each row, a cubic through four of them."""
    return np.asarray(cv2.filter2D(rows, -1, CUBIC, anchor=(0, 1), borderType=cv2.BORDER_REPLICATE), np.uint8)


def mix_rows(rows: Plane, a: int, b: int) -> Plane:
    """Each row mixed with the next one of the field, ``a`` parts to ``b``."""
    following = np.concatenate([rows[1:], rows[-1:]])
    return np.asarray(cv2.addWeighted(rows, a / (a + b), following, b / (a + b), 0), np.uint8)


def finish(residual: Plane, middle: Field, between: Plane) -> Planes:
    """The progressive 4:2:0 picture at the middle field's time, padded; never leaves 0..255."""
    parts = unfold(residual[:16], 4), unfold(residual[16:20], 2), unfold(residual[20:24], 2)
    y, u, v = (add_residual(b, r) for b, r in zip(baseline(middle, between), parts, strict=True))
    return y, u, v


def turned(planes: Planes) -> Planes:
    """Upside down."""
    y, u, v = planes
    return y[::-1], u[::-1], v[::-1]


def add_residual(base: Plane, residual: Plane) -> Plane:
    """Base and residual less 128, within 0..255; in bytes that stop at 0 and 255 it is four times as fast."""
    brighter = cv2.add(base, cv2.subtract(residual, NOTHING))  # type: ignore[call-overload]
    darker = cv2.subtract(NOTHING, residual)  # type: ignore[call-overload]
    return np.asarray(cv2.subtract(brighter, darker), np.uint8)


def crop(planes: Planes, height: int, width: int) -> Planes:
    """Without what was padded to the right and below."""
    rows, columns = -(-height // 2), -(-width // 2)
    y, u, v = planes
    return (
        np.ascontiguousarray(y[:height, :width]),
        np.ascontiguousarray(u[:rows, :columns]),
        np.ascontiguousarray(v[:rows, :columns]),
    )


def join(fields: list[Plane], between: Plane) -> Plane:
    """Seven packed fields, in temporal order, and the guess, as the net's input."""
    return np.ascontiguousarray(np.concatenate([*fields, fold(between, 2, 4)])[None])
