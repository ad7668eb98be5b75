"""The clock rule, there and back, and what frozen values promise."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.types import Role, Segment, SyncBend, SyncEstimate

OFFSETS_S = st.floats(-3600, 3600)
DRIFTS_PPM = st.floats(-500, 500)
TIMES_S = st.floats(0, 4 * 3600)


@given(OFFSETS_S, DRIFTS_PPM, TIMES_S)
def test_camera_to_tape_and_back_is_the_same_moment(offset_s: float, drift_ppm: float, t_s: float) -> None:
    estimate = SyncEstimate(offset_s, drift_ppm)
    assert estimate.camera_time(estimate.tape_time(t_s)) == pytest.approx(t_s, abs=1e-6)
    assert estimate.tape_time(estimate.camera_time(t_s)) == pytest.approx(t_s, abs=1e-6)


@given(OFFSETS_S, DRIFTS_PPM, TIMES_S, TIMES_S)
def test_time_never_runs_backwards(offset_s: float, drift_ppm: float, a_s: float, b_s: float) -> None:
    estimate = SyncEstimate(offset_s, drift_ppm)
    first, second = sorted((a_s, b_s))
    assert estimate.tape_time(first) <= estimate.tape_time(second)


def test_the_rule_is_the_one_of_the_design() -> None:
    """t_tape = offset_s + (1 + drift_ppm * 1e-6) * t_camera"""
    estimate = SyncEstimate(2.5, 100.0)
    assert estimate.tape_time(0.0) == 2.5
    assert estimate.tape_time(1000.0) == pytest.approx(1002.6)


def test_a_tape_that_runs_unevenly_is_followed_along_straight_lines() -> None:
    estimate = SyncEstimate(
        2.0, 0.0, bends=(SyncBend(10.0, 0.0), SyncBend(20.0, 0.01), SyncBend(30.0, -0.01))
    )
    late_s = {5.0: 0.0, 10.0: 0.0, 15.0: 0.005, 20.0: 0.01, 25.0: 0.0, 30.0: -0.01, 99.0: -0.01}
    for t_tape_s, expected_s in late_s.items():
        assert estimate.camera_time(t_tape_s) == pytest.approx(t_tape_s - 2.0 - expected_s)
        assert estimate.tape_time(estimate.camera_time(t_tape_s)) == pytest.approx(t_tape_s, abs=1e-4)


def test_without_an_offset_both_clocks_are_the_same() -> None:
    assert SyncEstimate(None).tape_time(12.5) == 12.5


def test_what_passes_between_stages_cannot_be_changed_on_its_way() -> None:
    segment = Segment(Role.TAPE, 0, "tape-00.mkv", 0.0, 1.0, 25, 0, True)
    with pytest.raises(FrozenInstanceError):
        segment.frames = 26  # type: ignore[misc]
