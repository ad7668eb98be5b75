"""The bootstrap over clips."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.bench.statistics import paired


def test_a_difference_that_every_clip_shares_is_certain() -> None:
    found = paired([31.0, 36.0, 40.0], [30.0, 35.0, 39.0])
    assert (found.mean, found.low, found.high) == pytest.approx((1.0, 1.0, 1.0))


def test_clips_are_compared_with_themselves_and_not_with_each_other() -> None:
    alike = paired([20.1, 30.1, 40.1], [20.0, 30.0, 40.0])
    assert alike.high - alike.low < 1e-9
    mixed = paired([40.1, 20.1, 30.1], [20.0, 30.0, 40.0])
    assert mixed.mean == pytest.approx(alike.mean)
    assert mixed.low < 0 < mixed.high


def test_the_interval_is_about_two_standard_errors_each_way() -> None:
    each = np.random.default_rng(3).normal(1.0, 0.5, 200)
    found = paired(list(each), [0.0] * 200)
    error = each.std() / np.sqrt(200)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.06)
    assert found.low < found.mean < found.high


def test_it_draws_the_same_each_time() -> None:
    assert paired([1.0, 2.0, 4.0], [0.0] * 3) == paired([1.0, 2.0, 4.0], [0.0] * 3)
