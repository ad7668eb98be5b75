"""Which fields are looked at: in temporal order, never across a cut or an end."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.enhance.tape import TapeField, is_cut, read_fields, windows


def numbers(window: list[TapeField]) -> list[float]:
    """Field numbers of a 25 frames/s tape that starts at 10 s."""
    return [round((field.time_s - 10) * 50, 3) for field in window]


def test_fields_come_in_temporal_order_with_their_times(make_tape) -> None:
    tape = make_tape(3)
    for order, early_is_bottom in (("tff", False), ("bff", True)):
        fields = list(read_fields(tape, order))
        assert [f.field.bottom for f in fields] == [early_is_bottom, not early_is_bottom] * 3
        assert np.allclose([f.time_s for f in fields], [10, 10.02, 10.04, 10.06, 10.08, 10.10])
        assert [f.frame for f in fields] == [0, 0, 1, 1, 2, 2]


def test_in_the_middle_the_window_is_the_seven_fields_around(make_tape) -> None:
    seen = [numbers(w) for w in windows(read_fields(make_tape(4), "tff"), "tff")]
    assert len(seen) == 8
    assert seen[3] == [0, 1, 2, 3, 4, 5, 6]


def test_at_the_ends_the_nearest_field_of_the_same_parity_stands_in(make_tape) -> None:
    seen = [numbers(w) for w in windows(read_fields(make_tape(3), "tff"), "tff")]
    assert seen[0] == [1, 0, 1, 0, 1, 2, 3]
    assert seen[1] == [0, 1, 0, 1, 2, 3, 4]
    assert seen[4] == [1, 2, 3, 4, 5, 4, 5]
    assert seen[5] == [2, 3, 4, 5, 4, 5, 4]


def test_one_frame_alone_is_enough(make_tape) -> None:
    seen = [numbers(w) for w in windows(read_fields(make_tape(1), "bff"), "bff")]
    assert seen == [[0] * 7] * 2  # the frame's length is not known


def test_no_window_looks_across_a_cut(make_tape) -> None:
    before, after = make_tape(3), make_tape(3, seed=9)
    tape = before + [Picture(p.y // 3, p.u, p.v, p.time_s + 0.12) for p in after]
    seen = [numbers(w) for w in windows(read_fields(tape, "tff"), "tff")]
    assert seen[5] == [2, 3, 4, 5, 4, 5, 4]
    assert seen[6] == [7, 6, 7, 6, 7, 8, 9]
    for middle, window in enumerate(seen):
        assert {number >= 6 for number in window} == {middle >= 6}


def test_a_single_flash_frame_is_looked_at_alone(make_tape) -> None:
    tape = make_tape(5)
    tape[2] = Picture(np.full_like(tape[2].y, 235), tape[2].u, tape[2].v, tape[2].time_s)
    seen = [numbers(w) for w in windows(read_fields(tape, "tff"), "tff")]
    assert set(seen[4]) | set(seen[5]) == {4, 5}
    assert seen[3] == [0, 1, 2, 3, 2, 3, 2]


def test_motion_and_noise_are_no_cut_but_another_scene_is(make_tape) -> None:
    here, there = make_tape(2), make_tape(2, seed=4)
    first, _, second, _ = read_fields(here, "tff")
    other = next(iter(read_fields(there, "tff")))
    assert not is_cut(first, second)
    noisy = Picture(
        np.clip(here[0].y + np.random.default_rng(0).normal(0, 12, here[0].y.shape), 0, 255).astype(np.uint8),
        here[0].u,
        here[0].v,
        0.0,
    )
    assert not is_cut(first, next(iter(read_fields([noisy], "tff"))))
    assert is_cut(first, other)


def test_a_picture_of_another_size_is_a_cut(make_tape) -> None:
    small, large = make_tape(1), make_tape(1, height=128)
    assert is_cut(next(iter(read_fields(small, "tff"))), next(iter(read_fields(large, "tff"))))


def test_progressive_pictures_are_looked_at_alone(make_tape) -> None:
    seen = [numbers(w) for w in windows(read_fields(make_tape(2), "progressive"), "progressive")]
    assert seen == [[k ^ 1, k, k ^ 1, k, k ^ 1, k, k ^ 1] for k in range(4)]


@pytest.mark.parametrize("order", ["tff", "bff", "progressive"])
def test_no_pictures_give_no_windows(order: str) -> None:
    assert list(windows(read_fields([], order), order)) == []  # type: ignore[arg-type]
