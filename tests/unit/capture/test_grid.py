from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.capture.grid import FrameGrid

PERIOD_S = 0.04


def places(stamps: list[tuple[int, float]]) -> tuple[list[int], FrameGrid]:
    grid = FrameGrid(Fraction(25))
    return [grid.place(sequence, stamp_s).index for sequence, stamp_s in stamps], grid


def test_a_gap_in_the_sequence_leaves_its_places_empty() -> None:
    found, grid = places([(0, 0.0), (1, 0.04), (5, 0.20), (6, 0.24)])
    assert found == [0, 1, 5, 6]
    assert (grid.frames, grid.lost) == (4, 3)
    assert grid.elapsed_s == pytest.approx(0.28)


def test_a_loss_that_the_driver_hides_shows_in_the_time_stamps() -> None:
    found, grid = places([(0, 10.0), (1, 10.04), (2, 10.20), (3, 10.24)])
    assert found == [0, 1, 5, 6]
    assert grid.lost == 3


@given(st.lists(st.floats(-0.4, 0.4), min_size=2, max_size=200))
def test_jitter_below_half_a_frame_is_no_loss(jitter: list[float]) -> None:
    stamps = [(n, (n + (wobble if n else 0) * 0.9) * PERIOD_S) for n, wobble in enumerate(jitter)]
    found, grid = places(stamps)
    assert found == list(range(len(jitter)))
    assert grid.lost == 0


@pytest.mark.parametrize("drift", [-0.005, 0.005, 100e-6])
def test_a_tape_that_runs_off_speed_loses_nothing(drift: float) -> None:
    _, grid = places([(n, 3.0 + n * PERIOD_S * (1 + drift)) for n in range(20000)])
    assert grid.lost == 0


def test_a_clock_that_begins_anew_is_followed() -> None:
    found, grid = places([(0, 500.0), (1, 500.04), (0, 0.0), (1, 0.04), (2, 0.12)])
    assert found == [0, 1, 2, 3, 5]
    assert grid.lost == 1
