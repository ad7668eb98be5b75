from __future__ import annotations

import numpy as np
import pytest

from appliance.capture.sample_clock import SampleClock

RATE = 48000


def run(
    clock: SampleClock, first: int, last: int, start_s: float, seed: int = 1, late_s: float = 0.001
) -> float:
    """Periods of 20 ms whose stamps come up to ``late_s`` late; how far the clock was off at worst."""
    rng = np.random.default_rng(seed)
    worst_s = 0.0
    for period in range(first, last):
        count = period * 960
        clock.see(count, start_s + count / RATE + rng.uniform(0, late_s))
        worst_s = max(worst_s, abs(clock.time_of(count) - (start_s + count / RATE)))
    return worst_s


def test_jitter_is_taken_out() -> None:
    clock = SampleClock(RATE)
    run(clock, 1, 50, 100.0)
    assert run(clock, 50, 2000, 100.0, seed=2) < 0.0005
    assert clock.gaps == 0


def test_a_reader_that_was_held_up_moves_nothing() -> None:
    """The stamp is of the moment of asking: all samples until then are counted with it."""
    clock = SampleClock(RATE)
    run(clock, 1, 50, 100.0)
    clock.see(100 * 960, 102.0)
    assert clock.time_of(100 * 960) == pytest.approx(102.0, abs=0.001)
    assert clock.gaps == 0


@pytest.mark.parametrize("lost_s", [0.012, 0.05, 0.3, 2.0])
def test_samples_that_the_bus_lost_become_a_jump(lost_s: float) -> None:
    clock = SampleClock(RATE)
    run(clock, 1, 100, 100.0)
    run(clock, 100, 150, 100.0 + lost_s)
    assert clock.gaps == 1
    assert clock.lost_s == pytest.approx(lost_s, abs=0.002)
    assert clock.time_of(150 * 960) == pytest.approx(103.0 + lost_s, abs=0.001)


def test_a_single_late_stamp_is_no_loss() -> None:
    clock = SampleClock(RATE)
    run(clock, 1, 100, 100.0)
    clock.see(100 * 960, 102.0 + 0.03)
    run(clock, 101, 150, 100.0)
    assert clock.gaps == 0


def test_samples_that_were_held_up_and_came_after_all_are_no_loss() -> None:
    clock = SampleClock(RATE)
    run(clock, 1, 100, 100.0)
    run(clock, 100, 107, 100.09)
    assert run(clock, 107, 200, 100.0) < 0.001
    assert clock.gaps == 0


@pytest.mark.parametrize("ppm", [-300, 300])
def test_a_crystal_that_is_far_off_is_followed_without_a_gap(ppm: int) -> None:
    clock = SampleClock(RATE)
    true_rate = RATE * (1 + ppm * 1e-6)
    for period in range(1, 60 * 50):
        clock.see(period * 960, 100 + period * 960 / true_rate)
    assert clock.gaps == 0
    assert clock.time_of(60 * RATE) == pytest.approx(100 + 60 * RATE / true_rate, abs=0.0005)


def test_a_new_start_is_one_gap_as_long_as_it_was() -> None:
    clock = SampleClock(RATE)
    run(clock, 1, 100, 100.0)
    clock.restart()
    run(clock, 1, 50, 104.5)  # the sound had come up to 101.98
    assert clock.gaps == 1
    assert clock.lost_s == pytest.approx(104.5 - 101.98, abs=0.002)
    assert clock.time_of(0) == pytest.approx(104.5, abs=0.001)
