"""Fields to channels and back: nothing gets lost, moved or mixed between the fields."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.enhance.pack import (
    NOTHING,
    RESIDUAL_CHANNELS,
    Field,
    crop,
    finish,
    fold,
    guess_between,
    pack_field,
    split_fields,
    turned,
    unfold,
)


def nothing(field: Field) -> np.ndarray:
    height, width = field.y.shape
    return np.full((RESIDUAL_CHANNELS, height // 2, width // 4), NOTHING, np.uint8)


def alone(residual: np.ndarray, field: Field, height: int, width: int) -> tuple[np.ndarray, ...]:
    """The picture of a field that has no neighbours."""
    look = field.flipped() if field.bottom else field
    planes = finish(residual, look, guess_between([look] * 5))
    return crop(turned(planes) if field.bottom else planes, height, width)


def test_unfold_undoes_fold() -> None:
    plane = np.arange(48 * 80).reshape(48, 80).astype(np.uint8)
    assert np.array_equal(unfold(fold(plane, 4, 4), 4), plane)
    assert fold(plane, 2, 4).shape == (8, 24, 20)


def test_a_folded_channel_is_every_so_manieth_pixel() -> None:
    plane = np.arange(64).reshape(8, 8).astype(np.uint8)
    assert np.array_equal(fold(plane, 2, 4)[5], plane[1::2, 1::4])


@pytest.mark.parametrize("chroma", ["420", "422", "444"])
def test_every_chroma_becomes_one_row_a_field_row_and_half_the_columns(make_tape, chroma: str) -> None:
    top, bottom = split_fields(make_tape(1, chroma=chroma)[0])
    assert (top.bottom, bottom.bottom) == (False, True)
    for field in (top, bottom):
        assert (field.y.shape, field.u.shape, field.v.shape) == ((32, 96), (32, 48), (32, 48))
        assert pack_field(field).shape == (16, 16, 24)


def test_interlaced_420_colour_stays_with_its_field() -> None:
    u = np.zeros((32, 48), np.uint8)
    u[0::2], u[1::2] = 60, 200
    picture = Picture(np.zeros((64, 96), np.uint8), u, u, 0.0)
    top, bottom = split_fields(picture)
    assert (top.u == 60).all()
    assert (bottom.u == 200).all()


def test_420_rows_come_to_lie_where_the_colour_was() -> None:
    """A ramp in space, sampled as interlaced 4:2:0 does, is the same ramp in both fields' rows."""
    rows = np.arange(64) * 2.0 + 20
    u = np.empty(32)
    u[0::2] = 20 + 2 * (
        4 * np.arange(16) + 0.5
    )  # a quarter down a pair of the top field's rows, in frame rows
    u[1::2] = 20 + 2 * (4 * np.arange(16) + 2.5)
    plane = np.repeat(np.rint(u).astype(np.uint8)[:, None], 48, 1)
    top, bottom = split_fields(Picture(np.zeros((64, 96), np.uint8), plane, plane, 0.0))
    inner = slice(3, -3)
    assert np.abs(top.u[inner, 0] - rows[0::2][inner]).max() <= 1
    assert np.abs(bottom.u[inner, 0] - rows[1::2][inner]).max() <= 1


@pytest.mark.parametrize("parity", [0, 1])
def test_adding_nothing_keeps_the_fields_own_rows_to_the_byte(make_tape, parity: int) -> None:
    picture = make_tape(1)[0]
    field = split_fields(picture)[parity]
    y, u, v = alone(nothing(field), field, 64, 96)
    assert np.array_equal(y[parity::2], picture.y[parity::2])
    assert (y.shape, u.shape, v.shape) == ((64, 96), (32, 48), (32, 48))
    above, below = (picture.y[parity + k : 60 + k : 2].astype(int) for k in (0, 2))
    between = y[parity + 1 : 61 : 2]
    assert (between >= np.minimum(above, below) - 25).all()
    assert (between <= np.maximum(above, below) + 25).all()
    assert (between[above == below].astype(int) - above[above == below]).std() < 12


def test_the_two_fields_of_a_still_slope_make_the_same_picture() -> None:
    """Light and colour must not jump up and down between the fields."""
    slope = (np.arange(64) * 3 + 20).astype(np.uint8)
    y, c = np.repeat(slope[:, None], 96, 1), np.repeat(slope[:, None], 48, 1)
    fields = split_fields(Picture(y, c, c, 0.0))
    one, other = (alone(nothing(f), f, 64, 96) for f in fields)
    for a, b in zip(one, other, strict=True):
        assert np.abs(a[4:-4].astype(int) - b[4:-4]).max() <= 1
    assert np.abs(one[1][4:-4, 0] - (slope[0::2] + 1.5)[4:-4]).max() <= 1


@pytest.mark.parametrize("parity", [0, 1])
def test_the_residual_lands_on_its_pixel(make_tape, parity: int) -> None:
    field = split_fields(make_tape(1)[0])[parity]
    before = alone(nothing(field), field, 64, 96)
    residual = nothing(field)
    upright = field.flipped() if field.bottom else field
    assert not upright.bottom
    residual[4 * 1 + 2, 3, 5] += 9  # row 1 and column 2 of the block at (3, 5)
    residual[16 + 3, 2, 7] += 7
    y, u, v = (a.astype(int) - b for a, b in zip(alone(residual, field, 64, 96), before, strict=True))
    row, colour_row = 4 * 3 + 1, 2 * 2 + 1
    assert np.argwhere(y).tolist() == [[63 - row if parity else row, 22]]
    assert np.argwhere(u).tolist() == [[31 - colour_row if parity else colour_row, 15]]
    assert (y.max(), u.max(), np.abs(v).max()) == (9, 7, 0)


def test_the_result_stays_within_a_byte() -> None:
    y, c = np.full((64, 96), 250, np.uint8), np.full((64, 48), 3, np.uint8)
    field = split_fields(Picture(y, c, c, 0.0))[0]
    residual = nothing(field)
    residual[:16], residual[16:] = 255, 0
    bright, u, _ = alone(residual, field, 64, 96)
    assert (bright == 255).all()
    assert (u == 0).all()


@pytest.mark.parametrize(("height", "width"), [(62, 94), (61, 95), (480, 352), (2, 2)])
@pytest.mark.parametrize("chroma", ["420", "422"])
def test_any_size_comes_back_as_it_was(height: int, width: int, chroma: str) -> None:
    rows = -(-height // 2) if chroma == "420" else height
    colour = np.full((rows, -(-width // 2)), 90, np.uint8)
    picture = Picture(np.full((height, width), 120, np.uint8), colour, colour, 0.0)
    for field in split_fields(picture):
        y, u, v = alone(nothing(field), field, height, width)
        assert y.shape == (height, width)
        assert u.shape == v.shape == (-(-height // 2), -(-width // 2))
        assert (y == 120).all()
        assert (u == 90).all()


def test_a_flip_turns_a_bottom_field_into_a_top_one(make_tape) -> None:
    bottom = split_fields(make_tape(1)[0])[1]
    assert not bottom.flipped().bottom
    assert np.array_equal(bottom.flipped().flipped().y, bottom.y)
    assert np.array_equal(bottom.flipped().y, bottom.y[::-1])


def window(rows: np.ndarray, others: np.ndarray) -> list[Field]:
    """A top field among others: five of one still scene whose two kinds of rows are given."""
    colour = np.full((16, 20), 128, np.uint8)
    return [Field(y, colour, colour, bool(k % 2)) for k, y in enumerate((rows, others, rows, others, rows))]


def test_where_nothing_moves_the_rows_between_come_from_the_other_field() -> None:
    rng = np.random.default_rng(0)
    own, other = rng.integers(0, 256, (2, 16, 40), dtype=np.uint8)
    assert np.array_equal(guess_between(window(own, other)), other)


def test_where_everything_moves_they_lie_between_above_and_below() -> None:
    own, other = np.full((16, 40), 100, np.uint8), np.full((16, 40), 200, np.uint8)
    own[8:] = 140
    fields = window(own, other)
    fields[3] = Field(np.zeros_like(other), fields[3].u, fields[3].v, True)
    guess = guess_between(fields)
    assert (guess[:6] == 100).all()
    assert (guess[7] == 120).all()
    assert (guess[9:] == 140).all()


def test_without_a_field_of_the_other_parity_they_lie_between_too() -> None:
    own = np.repeat(np.arange(16, dtype=np.uint8)[:, None] * 4, 40, 1)
    fields = [window(own, own)[2]] * 5
    assert np.array_equal(guess_between(fields)[1:-2], own[1:-2] + 2)
