"""Lines that stray are put in their places; what moves, and what is still and clean, is left alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.core.types import Picture
from appliance.enhance.pack import Field
from appliance.enhance.steady import moved, steadied
from appliance.enhance.tape import TapeField, read_fields

ROWS, COLUMNS = 192, 384


def scene(columns: int = COLUMNS, seed: int = 3) -> NDArray[np.uint8]:
    """Soft blots of all sizes with edges between them."""
    rng = np.random.default_rng(seed)
    layers = [
        cv2.GaussianBlur(rng.normal(0, 1, (ROWS, columns)).astype(np.float32), (0, 0), s) * s * 70
        for s in (1.5, 4, 12)
    ]
    return np.clip(128 + sum(layers), 20, 230).astype(np.uint8)


def tape_of(pictures: Sequence[NDArray[np.uint8]]) -> list[TapeField]:
    """One picture a field."""
    frames = []
    for number in range(0, len(pictures), 2):
        y = pictures[number].copy()
        y[1::2] = pictures[number + 1][1::2]
        u, v = y[:, ::2].copy(), 255 - y[:, ::2]
        frames.append(Picture(y, u, v, number / 50))
    return list(read_fields(frames, "tff"))


def strayed(fields: list[TapeField], px: float) -> tuple[list[TapeField], NDArray[np.float64]]:
    """Every line for itself, as a recorder leaves them."""
    shifts = np.random.default_rng(8).normal(0, px, (len(fields), ROWS // 2))
    made = [replace(f, field=shifted(f.field, -by)) for f, by in zip(fields, shifts, strict=True)]
    return made, shifts


def shifted(field: Field, px: NDArray[np.float64]) -> Field:
    return Field(moved(field.y, px), moved(field.u, px / 2), moved(field.v, px / 2), field.bottom)


def error(field: TapeField, truth: TapeField, plane: Callable[[Field], NDArray[np.uint8]]) -> float:
    inner = (slice(4, -4), slice(12, -12))
    difference = plane(field.field)[inner].astype(float) - plane(truth.field)[inner]
    return float((difference**2).mean())


def light(field: Field) -> NDArray[np.uint8]:
    return field.y


def colour(field: Field) -> NDArray[np.uint8]:
    return field.u


def pan(step_px: int, fields: int = 12) -> list[NDArray[np.uint8]]:
    wide = scene(COLUMNS + 400)
    return [wide[:, step_px * k : step_px * k + COLUMNS] for k in range(fields)]


@pytest.mark.parametrize("px", [0.3, 1.0])
def test_lines_that_stray_are_brought_nearer_to_their_places(px: float) -> None:
    clean = tape_of([scene()] * 12)
    tape, _ = strayed(clean, px)
    made = list(steadied(tape))
    for number in range(2, 10):
        for plane in (light, colour):
            before, after = (error(f[number], clean[number], plane) for f in (tape, made))
            assert after < 0.5 * before


def test_at_the_ends_there_is_less_to_go_by_but_nothing_gets_worse() -> None:
    clean = tape_of([scene()] * 8)
    tape, _ = strayed(clean, 0.5)
    made = list(steadied(tape))
    assert len(made) == len(tape)
    for number in (0, 1, 6, 7):
        assert error(made[number], clean[number], light) <= error(tape[number], clean[number], light)


@pytest.mark.parametrize("step_px", [1, 3, 10])
def test_an_even_pan_is_left_alone(step_px: int) -> None:
    tape = tape_of(pan(step_px))
    for given, made in zip(tape, steadied(tape), strict=True):
        assert error(made, given, light) < 1.0


def test_a_camera_that_is_shaken_stays_so() -> None:
    wide = scene(COLUMNS + 40)
    jumps = np.random.default_rng(2).integers(0, 5, 12)
    tape = tape_of([wide[:, k : k + COLUMNS] for k in jumps])
    for given, made in zip(tape, steadied(tape), strict=True):
        assert error(made, given, light) < 2.0


def test_a_clean_still_tape_keeps_every_byte() -> None:
    tape = tape_of([scene()] * 8)
    assert all(made is given for given, made in zip(tape, steadied(tape), strict=True))


def test_lines_are_straightened_while_something_moves_before_them() -> None:
    pictures = [scene() for _ in range(12)]
    for number, picture in enumerate(pictures):
        cv2.rectangle(picture, (20 + 9 * number, 40), (90 + 9 * number, 150), 200, -1)
    clean = tape_of(pictures)
    tape, _ = strayed(clean, 0.5)
    made = list(steadied(tape))
    before, after = (sum(error(f[k], clean[k], light) for k in range(3, 9)) for f in (tape, made))
    assert after < 0.7 * before


def test_nothing_is_learnt_across_a_cut() -> None:
    first, second = (tape_of([scene(seed=s)] * 6) for s in (1, 2))
    one, _ = strayed(first, 0.5)
    other = [replace(f, time_s=f.time_s + 1) for f in strayed(second, 0.5)[0]]
    whole = list(steadied([*one, *other]))
    parts = [*steadied(one), *steadied(other)]
    assert all(error(a, b, light) == 0 for a, b in zip(whole, parts, strict=True))


def test_noise_alone_moves_no_line_far() -> None:
    rng = np.random.default_rng(5)
    tape = tape_of([rng.normal(120, 6, (ROWS, COLUMNS)).astype(np.uint8) for _ in range(8)])
    assert all(error(m, g, light) < 4 for g, m in zip(tape, steadied(tape), strict=True))


@pytest.mark.parametrize("size", [(4, 4), (8, 16), (64, 20)])
def test_very_small_pictures_pass(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 255, size).astype(np.uint8)
    colours = y[:, ::2].copy()
    tape = list(read_fields([Picture(y, colours, colours, k / 25) for k in range(4)], "bff"))
    assert [f.field.y.shape for f in steadied(tape)] == [f.field.y.shape for f in tape]


def test_fields_of_another_size_are_another_scene() -> None:
    small = [replace(f, size=(96, 192)) for f in tape_of([scene()] * 2)]
    halved = [
        replace(f, field=Field(f.field.y[::2, ::2], f.field.u[::2, ::2], f.field.v[::2, ::2], b))
        for b, f in zip((False, True), small, strict=True)
    ]
    tape = [*tape_of([scene()] * 4), *halved]
    assert [f.field.y.shape for f in steadied(tape)] == [f.field.y.shape for f in tape]
