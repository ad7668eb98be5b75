"""The comparison: tape on the left as one field, film on the right, both with their names."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.encode.comparison import DIVIDER, PAPER, comparison_spec, side_by_side
from appliance.encode.planes import Field

PAL = Fraction(12, 11)


def flat(value: int, chroma: int = 90) -> Picture:
    half = np.full((288, 360), chroma, np.uint8)
    return Picture(np.full((576, 720), value, np.uint8), half, half, 0.0)


def test_it_fits_its_spec() -> None:
    spec = comparison_spec(720, 576, PAL, Fraction(25))
    shown = side_by_side(flat(50), flat(150), PAL)
    assert (spec.width, spec.height, spec.rate) == (768 * 2 + DIVIDER, 576, 25)
    assert shown.y.shape == (spec.height, spec.width)
    assert shown.u.shape == (spec.height // 2, spec.width // 2)


def test_the_tape_is_left_and_the_film_right() -> None:
    shown = side_by_side(flat(50, chroma=90), flat(150, chroma=170), PAL)
    assert (shown.y[:400, :768] == 50).all()
    assert (shown.y[:400, 768 + DIVIDER :] == 150).all()
    assert (shown.u[:200, :384] == 90).all()
    assert (shown.u[:200, 384 + DIVIDER // 2 :] == 170).all()


@pytest.mark.parametrize(("field", "value"), [("top", 40), ("bottom", 200)])
def test_the_tape_shows_one_field_only(field: Field, value: int) -> None:
    tape = flat(40)
    tape.y[1::2] = 200
    assert (side_by_side(tape, flat(150), PAL, field).y[:400, :768] == value).all()


def test_both_halves_are_named_in_grey() -> None:
    shown = side_by_side(flat(128), flat(128), PAL)
    for half in (shown.y[:, :768], shown.y[:, 768 + DIVIDER :]):
        corner = half[480:, :300]
        assert corner.max() > 220
        assert corner.min() < 40
    plate = shown.y[::2, ::2] == PAPER
    assert plate.sum() > 500
    assert (shown.u[plate] == 128).all()
    assert shown.y[480:, :300].sum() != shown.y[480:, 768 + DIVIDER : 1068 + DIVIDER].sum()


def test_quarter_size_has_room_for_the_names(picture: Callable[..., Picture]) -> None:
    shown = side_by_side(picture(0, 360, 288), picture(0, 360, 288), PAL)
    assert shown.y.shape == (288, 384 * 2 + DIVIDER)


def test_the_pictures_given_stay_as_they_are() -> None:
    tape, film = flat(50), flat(150)
    side_by_side(tape, film, Fraction(1))
    assert (tape.y == 50).all()
    assert (film.y == 150).all()
