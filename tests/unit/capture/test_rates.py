from __future__ import annotations

import numpy as np
import pytest

from appliance.capture.rates import MOST_POINTS, FrameCount, RateFit


def watched(ppm: float, seconds: float, late: np.ndarray | None = None, period_s: float = 0.02) -> RateFit:
    """Samples of a card that is ``ppm`` fast, asked after each period; the stamps come ``late``."""
    fit = RateFit(48000)
    counts = np.arange(1, round(seconds / period_s)) * round(48000 * period_s)
    stamps = 100 + counts / (48000 * (1 + ppm * 1e-6))
    if late is not None:
        stamps = stamps + late[: len(stamps)]
    for count, stamp_s in zip(counts.tolist(), stamps.tolist(), strict=True):
        fit.add(count, stamp_s)
    return fit


def bursts(seconds: float, seed: int = 1, burst_s: float = 0.001) -> np.ndarray:
    """What a USB card's stamps do: up to a burst late, sometimes much later because nobody looked."""
    rng = np.random.default_rng(seed)
    late = rng.uniform(0, burst_s, round(seconds / 0.02))
    return late + (rng.random(len(late)) < 0.02) * rng.exponential(0.01, len(late))


@pytest.mark.parametrize("ppm", [-160.0, -18.0, 0.0, 95.0])
def test_two_ppm_within_ten_minutes_of_bursty_stamps(ppm: float) -> None:
    found = watched(ppm, 600, bursts(600)).result()
    assert found is not None
    assert found.ppm == pytest.approx(ppm, abs=2.0)
    assert found.hz == pytest.approx(48000 * (1 + ppm * 1e-6), abs=0.1)
    assert found.uncertainty_ppm < 2.0


@pytest.mark.parametrize(("seconds", "within_ppm"), [(65, 20), (120, 10), (300, 4), (600, 2)])
def test_the_figure_is_as_good_as_it_says_and_better_with_time(seconds: float, within_ppm: float) -> None:
    results = [watched(40, seconds, bursts(seconds, seed)).result() for seed in range(4)]
    errors = [abs(found.ppm - 40) for found in results if found is not None]
    told = [found.uncertainty_ppm for found in results if found is not None]
    assert len(errors) == 4
    assert max(errors) < within_ppm
    assert max(told) < within_ppm
    assert sum(error <= said for error, said in zip(errors, told, strict=True)) >= 3


@pytest.mark.parametrize(("beat_s", "seconds"), [(60, 70), (60, 300), (600, 300), (600, 600), (600, 3600)])
def test_a_slow_beat_of_bursts_and_periods_is_not_taken_for_certainty(beat_s: float, seconds: float) -> None:
    """The burst's edge wanders through the periods, and neighbours err alike."""
    saw = (np.arange(seconds * 10) * 0.1 / beat_s % 1) * 0.001
    found = watched(10, seconds, saw, period_s=0.1).result()
    assert found is not None
    assert abs(found.ppm - 10) < found.uncertainty_ppm < 2500 / seconds


def test_there_is_no_verdict_before_a_minute() -> None:
    fit = watched(10, 50)
    assert fit.result() is None
    assert fit.text() == "not known yet, watched for 48 of 60 s"


def test_lost_samples_begin_a_new_lap_and_spoil_nothing() -> None:
    fit = watched(25, 100, bursts(100))
    fit.new_lap()
    for period in range(1, 5000):
        fit.add(period * 960, 5000 + period * 0.02 / (1 + 25e-6))
    found = fit.result()
    assert found is not None
    assert found.ppm == pytest.approx(25, abs=2)
    assert found.seconds == pytest.approx(200, abs=5)


def test_four_hours_take_no_more_memory_than_ten_minutes() -> None:
    fit = watched(-30, 4 * 3600, period_s=0.5)
    found = fit.result()
    assert found is not None
    assert len(fit._points) <= MOST_POINTS
    assert found.ppm == pytest.approx(-30, abs=0.2)
    assert found.seconds > 14000


def test_it_is_told_as_a_person_would_write_it() -> None:
    assert watched(-18, 600).text() == "47999.1 Hz, -18.0 ppm ±1.7 (watched for 597 s)"


@pytest.mark.parametrize("ppm", [-5000.0, 40.0, 5000.0])
def test_frames_that_are_lost_without_a_word_or_late_by_a_frame_do_not_change_the_rate(ppm: float) -> None:
    rng = np.random.default_rng(1)
    fit, count = RateFit(25.0), FrameCount(25.0)
    for number in range(25 * 200):
        late_s = 0.04 * rng.random() if rng.random() < 0.05 else 0.002 * rng.random()
        if rng.random() > 0.1:
            stamp_s = 7 + number / (25 * (1 + ppm * 1e-6)) + late_s
            fit.add(count.at(stamp_s), stamp_s)
    found = fit.result()
    assert found is not None
    assert found.ppm == pytest.approx(ppm, abs=8)
