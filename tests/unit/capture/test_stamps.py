from __future__ import annotations

import numpy as np
import pytest

from appliance.capture.stamps import RateFit, stamp_kind, start_of_frame
from appliance.devices.stream import Filled
from appliance.devices.videodev2 import BUF_SOURCE_START, BUF_STAMP_MONOTONIC

PERIOD_S, NOW_S = 0.04, 1000.0
MEMORY = np.zeros(4, np.uint8)


@pytest.mark.parametrize(
    ("flags", "stamp_s", "start_s"),
    [
        (BUF_STAMP_MONOTONIC | BUF_SOURCE_START, 999.5, 999.5),
        (BUF_STAMP_MONOTONIC, 999.5, 999.46),
        (0, 1.7e9, 999.96),  # on the clock on the wall: of no use
        (BUF_STAMP_MONOTONIC, 0.0, 999.96),
    ],
)
def test_a_stamp_is_that_of_the_frames_start(flags: int, stamp_s: float, start_s: float) -> None:
    filled = Filled(MEMORY, 4, 0, stamp_s, flags)
    assert start_of_frame(filled, PERIOD_S, NOW_S) == pytest.approx(start_s)


def test_stamps_are_named_for_the_log() -> None:
    flags = (BUF_STAMP_MONOTONIC | BUF_SOURCE_START, BUF_STAMP_MONOTONIC, 0)
    assert [stamp_kind(one) for one in flags] == ["start of frame", "end of frame", "none"]


def test_the_true_rate_is_found_within_jitter_and_gaps() -> None:
    rng = np.random.default_rng(1)
    fit, true_hz = RateFit(), 25 * (1 + 80e-6)
    for number in range(40_000):
        if number % 1000 > 5:
            fit.add(number, 1e5 + number / true_hz + rng.normal(0, 0.004))
    assert fit.rate_hz == pytest.approx(true_hz, rel=1e-6)


def test_two_frames_tell_no_rate() -> None:
    fit = RateFit()
    fit.add(0, 1.0)
    fit.add(1, 1.04)
    assert fit.rate_hz is None
