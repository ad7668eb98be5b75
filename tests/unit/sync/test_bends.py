"""A tape that runs unevenly, and the moment at which a recording lost a piece."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.sync.bends import corners, smoothed
from appliance.sync.estimate import estimate_sync
from appliance.sync.steps import change

WOW_S, WOW_HZ = 3e-3, 0.1


def test_wow_is_followed_not_averaged(make_pair):
    found = estimate_sync(*make_pair(1.0, 40.0, tape_s=60.0, camera_s=58.0, wow_s=WOW_S, wow_hz=WOW_HZ))
    times_s = np.arange(3.0, 56.0, 0.37)
    early_s = WOW_S * np.sin(2 * np.pi * WOW_HZ * times_s)
    truth_s = (times_s + early_s - 1.0) / (1 + 40e-6)
    missed_s = np.array([found.camera_time(t) for t in times_s]) - truth_s
    assert np.abs(missed_s).max() < 1e-3
    assert np.median(np.abs(missed_s)) < 3e-4
    assert found.bends
    assert found.residual_ms < 0.5


def test_a_tape_that_runs_evenly_is_not_bent(make_pair):
    assert estimate_sync(*make_pair(1.0, 40.0, tape_s=40.0, camera_s=38.0, wow_s=0.0)).bends == ()


def test_noise_is_not_wow():
    rng = np.random.default_rng(4)
    assert smoothed(rng.normal(0, 3e-4, 400), np.full(400, 10.0)) is None


def test_windows_that_heard_something_else_do_not_bend_the_clock():
    time_s = np.arange(0, 200, 0.5)
    late_s = 2e-3 * np.sin(2 * np.pi * time_s / 20)
    heard = late_s + np.random.default_rng(5).normal(0, 1e-4, len(time_s))
    heard[::9] += 6e-3
    found = smoothed(heard, np.full(len(time_s), 12.0))
    assert found is not None
    assert np.abs(found - late_s).max() < 6e-4


def test_few_corners_say_the_whole_curve():
    time_s = np.arange(0, 100, 0.5)
    late_s = 2e-3 * np.sin(2 * np.pi * time_s / 30)
    bends = list(corners(time_s, late_s))
    assert 4 < len(bends) < 60
    again = np.interp(time_s, [b.t_tape_s for b in bends], [b.late_s for b in bends])
    assert np.abs(again - late_s).max() < 2.5e-4


@pytest.mark.parametrize("by", ["camera", "tape"])
@pytest.mark.parametrize("lost_s", [0.4, 4.0])
def test_the_moment_of_a_loss_is_found(make_pair, by, lost_s):
    tape, camera = make_pair(1.0, 50.0, tape_s=60.0, camera_s=55.0, lost_at_s=30.0, lost_s=lost_s, by=by)
    (step,) = estimate_sync(tape, camera).steps
    moment_s, shift_s = (31.0 + lost_s, lost_s) if by == "camera" else (30.0, -lost_s)
    assert step.t_tape_s == pytest.approx(moment_s, abs=0.3)
    assert step.shift_s == pytest.approx(shift_s, abs=2e-3)


def test_in_noise_the_moment_is_not_taken_from_what_only_the_camera_recorded(make_pair):
    pair = make_pair(1.0, 50.0, 60.0, 55.0, lost_at_s=30.0, lost_s=4.0, by="tape", noise=0.3, seed=3)
    (step,) = estimate_sync(*pair).steps
    assert step.t_tape_s == pytest.approx(30.0, abs=0.3)


def test_what_follows_a_loss_is_found_in_noise_that_hides_it_from_the_long_search(make_pair):
    found = estimate_sync(*make_pair(1.0, 0.0, 70.0, 60.0, lost_at_s=30.0, lost_s=3.0, noise=0.3, seed=4))
    assert found.camera_time(60.0) == pytest.approx(56.0, abs=5e-3)
    assert len(found.steps) == 1


def test_neither_recording_goes_back_in_time(make_pair):
    """Played twice in the camera's room: only one of them is the tape's."""
    tape, camera = make_pair(0.0, tape_s=40.0, camera_s=40.0)
    twice = np.concatenate([camera, camera[: 20 * 8000]])
    assert estimate_sync(tape, twice).steps == ()


def test_in_a_pause_the_loss_lies_in_its_middle():
    heard, pause = np.full(20, 10.0), np.array([1.0, -0.5, 0.5, -1.0] * 5)
    assert change(np.concatenate([heard, pause, -heard])) == pytest.approx(30, abs=1)
    assert change(np.concatenate([heard, -heard])) == pytest.approx(20, abs=2)
