from __future__ import annotations

from fractions import Fraction

import pytest

from appliance.capture.late import MOST_FRAMES, PatientGrid
from appliance.core.types import VideoFrame

PERIOD_S = 0.04


def places(stamps_s: list[float], sequences: list[int] | None = None) -> tuple[list[int], PatientGrid]:
    """The frames come out in order, each once."""
    grid = PatientGrid(Fraction(25))
    numbers = sequences or list(range(len(stamps_s)))
    placed = []
    for number, stamp_s in zip(numbers, stamps_s, strict=True):
        placed += grid.feed(VideoFrame(number, stamp_s, ()))
    placed += grid.flush()
    assert [frame.sequence for frame, _ in placed] == numbers
    return [place.index for _, place in placed], grid


def test_frames_that_come_in_time_are_given_out_at_once() -> None:
    grid = PatientGrid(Fraction(25))
    assert [len(grid.feed(VideoFrame(n, n * PERIOD_S, ()))) for n in range(5)] == [1] * 5


def test_a_loss_that_the_driver_hides_is_seen_when_the_next_frame_comes_a_period_later() -> None:
    found, grid = places([0.0, 0.04, 0.56, 0.60, 0.64])
    assert found == [0, 1, 14, 15, 16]
    assert grid.grid.lost == 12


def test_a_machine_that_stood_still_has_lost_nothing_that_it_hands_over_afterwards() -> None:
    held_up = [0.04 * n for n in range(10)] + [0.92 + 0.001 * n for n in range(13)]
    found, grid = places(held_up + [0.04 * n for n in range(23, 40)])
    assert found == list(range(40))
    assert grid.grid.lost == 0


def test_of_what_was_held_up_only_the_missing_rest_is_lost() -> None:
    """It kept eight of thirteen."""
    stamps_s = [0.04 * n for n in range(10)] + [0.92 + 0.001 * n for n in range(8)]
    found, grid = places(stamps_s + [0.04 * n for n in range(24, 40)])
    assert found[-16:] == list(range(24, 40))
    assert grid.grid.lost == 6


@pytest.mark.parametrize("wrong_s", [0.05, 0.2, 0.9])
def test_one_bad_stamp_shifts_nothing(wrong_s: float) -> None:
    stamps_s = [0.04 * n + (wrong_s if n == 10 else 0.0) for n in range(30)]
    found, grid = places(stamps_s)
    assert found == list(range(30))
    assert grid.grid.lost == 0


def test_numbers_that_jump_are_believed() -> None:
    found, grid = places([0.0, 0.04, 0.20, 0.24], [0, 1, 5, 6])
    assert found == [0, 1, 5, 6]
    assert grid.grid.lost == 3


def test_a_burst_without_end_is_not_waited_for() -> None:
    grid = PatientGrid(Fraction(25))
    stamps_s = [0.0, 0.04] + [3.0 + 0.001 * n for n in range(3 * MOST_FRAMES)]
    given = [len(grid.feed(VideoFrame(n, stamp_s, ()))) for n, stamp_s in enumerate(stamps_s)]
    assert sum(given) > 2 * MOST_FRAMES


def test_a_clock_that_begins_anew_ends_the_waiting() -> None:
    found, _ = places([500.0, 500.04, 500.5, 0.0, 0.04], [0, 1, 2, 3, 4])
    assert found == [0, 1, 12, 13, 14]
