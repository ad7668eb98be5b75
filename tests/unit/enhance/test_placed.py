"""What a camera tells of the lines is done; where it says nothing, the tape's own fields are asked."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.enhance.placed import placed
from appliance.enhance.steady import steadied
from appliance.enhance.tape import TapeField
from tests.unit.enhance.test_steady import ROWS, colour, error, light, scene, strayed, tape_of

LINES = ROWS // 2
Told = tuple[NDArray[np.float64], NDArray[np.float64]]


@pytest.fixture
def clean() -> list[TapeField]:
    return tape_of([scene()] * 8)


def test_lines_are_moved_as_told(clean: list[TapeField]) -> None:
    tape, shifts = strayed(clean, 1.0)
    told = iter(shifts)
    made = list(placed(tape, lambda field: (next(told), np.full(LINES, 0.01))))
    for number, field in enumerate(made):
        for plane in (light, colour):
            assert error(field, clean[number], plane) < 0.1 * error(tape[number], clean[number], plane)
        assert (field.frame, field.time_s, field.size) == (
            number // 2,
            tape[number].time_s,
            tape[number].size,
        )


def test_a_line_that_a_camera_has_placed_is_not_moved_again(clean: list[TapeField]) -> None:
    tape, _ = strayed(clean, 1.0)
    known = np.full(LINES, np.inf)
    known[:40] = 0.0
    made = list(steadied(placed(tape, lambda field: (np.zeros(LINES), known))))
    for given, field, alone in list(zip(tape, made, steadied(tape), strict=True))[2:6]:
        assert np.array_equal(field.field.y[:40], given.field.y[:40])
        assert np.array_equal(field.field.y[40:], alone.field.y[40:])
        assert not np.array_equal(field.field.y[40:], given.field.y[40:])


def test_where_nothing_is_told_every_byte_stays(clean: list[TapeField]) -> None:
    tape, _ = strayed(clean, 1.0)
    unknown: Told = (np.zeros(LINES), np.full(LINES, np.inf))
    answers = iter([None, unknown] * 4)
    for made, alone in zip(steadied(placed(tape, lambda f: next(answers))), steadied(tape), strict=True):
        assert all(np.array_equal(plane(made.field), plane(alone.field)) for plane in (light, colour))


def test_a_field_that_is_told_of_is_asked_for_in_its_turn(clean: list[TapeField]) -> None:
    asked: list[tuple[int, bool]] = []
    list(placed(clean, lambda field: asked.append((field.frame, field.field.bottom))))  # type: ignore[func-returns-value, arg-type]
    assert asked == [(n // 2, bool(n % 2)) for n in range(8)]
