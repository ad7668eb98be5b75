"""Where no window alone proves anything: all of them together, at one lag for the whole film."""

from __future__ import annotations

import numpy as np

from appliance.sync.fit import Clock
from appliance.sync.light_curve import Array
from appliance.sync.light_windows import Matcher, centres
from appliance.sync.path import Points

LONGEST_S = 150.0  # of a film: a longer one has windows enough, and a clock that drifts
LEAST_WINDOWS = 3
REACH_S, APART_S = 0.1, 0.05
HIGHEST = 6.0  # deviations that one window may count for


def best_lag(matcher: Matcher, lags_s: Array) -> Clock | None:
    """The clock without drift at which the windows agree most, near one of ``lags_s``."""
    if not len(lags_s):
        return None
    found = [stacked(matcher, float(lag_s)) for lag_s in told_apart(lags_s)]
    nats, lag_s = max(found)
    times_s = centres(matcher, at_lag(lag_s))
    rows = [(t, *peak) for t in times_s for peak in matcher.peaks(float(t), lag_s, REACH_S)[:1]]
    points = Points(*np.array(rows, np.float64).reshape(-1, 3).T)
    if not rows:
        return None
    return Clock(np.array([lag_s]), 0.0, points, np.zeros(len(rows), np.intp), points.lag_s - lag_s, nats)


def told_apart(lags_s: Array) -> Array:
    """One of each group of lags that lie within ``APART_S``."""
    return np.unique(np.round(lags_s / APART_S)) * APART_S


def at_lag(lag_s: float) -> Points:
    return Points(np.zeros(1), np.array([lag_s]), np.ones(1))


def stacked(matcher: Matcher, lag_s: float) -> tuple[float, float]:
    """What all windows prove together within ``REACH_S`` of a lag, and the lag at which they do."""
    times_s = centres(matcher, at_lag(lag_s))
    if len(times_s) < LEAST_WINDOWS:
        return 0.0, lag_s
    heights = [matcher.heights(float(t), lag_s, REACH_S) for t in times_s]
    total = np.minimum(heights, HIGHEST).sum(axis=0) / np.sqrt(2 * len(times_s) - 1)  # they overlap by half
    top = int(total.argmax())
    return max(0.0, float(total[top])) ** 2 / 2, matcher.lag_of(top, lag_s, REACH_S)
