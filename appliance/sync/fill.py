"""What the long search did not place: where a clock explains nothing for a while, another lag is near by.

A camera or a tape that lost a piece goes on a few seconds further; so many lags can be listened through
far more closely than hours can.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from appliance.sync.fit import Clock, evidence
from appliance.sync.path import Array, Points
from appliance.sync.windows import Correlator

Stretches = list[tuple[float, float]]

AROUND_S = 20.0  # more than this is seldom lost, and is for the long search
STRETCH_S = 12.0  # listened to together
UNHEARD = 2.0  # mean nats of a window above chance
MOST_STRETCHES = 40
BLUR_S = 1.5e-3  # drift and wow within a stretch
OUTSTANDING = 8.0  # deviations of the other lags


def fill(correlator: Correlator, clock: Clock, fine: Points, chance: float) -> Points:
    """Places for the stretches of the camera that the clock does not explain."""
    return heard_in(correlator, unexplained(fine, chance), clock.lag_at, AROUND_S)


def search_near(correlator: Correlator, camera_s: float, expected_s: float, around_s: float) -> Points:
    """Places of the whole camera where the clocks of both recorders foretell the lag."""
    count = max(1, round(camera_s / STRETCH_S))
    stretches = list(pairwise(np.linspace(0, camera_s, count + 1).tolist()))
    return heard_in(correlator, stretches, lambda times: np.full(len(times), expected_s), around_s)


def heard_in(
    correlator: Correlator, stretches: Stretches, lags: Callable[[Array], Array], around_s: float
) -> Points:
    rows = []
    # A tape that is silent for hours must not be listened through so closely.
    for start_s, end_s in stretches[:: 1 + len(stretches) // MOST_STRETCHES]:
        middle_s = (start_s + end_s) / 2
        lag_s, outstanding = listen(
            correlator, start_s, end_s, float(lags(np.array([middle_s]))[0]), around_s
        )
        if outstanding > OUTSTANDING:
            rows.append((middle_s, lag_s, outstanding))
    table = np.array(rows, np.float64).reshape(-1, 3)
    return Points(table[:, 0], table[:, 1], table[:, 2])


def known_places(clock: Clock, more: Points) -> Points:
    """``more`` among the clock's own points, in the order of time."""
    own = clock.points
    near = np.abs(own.time_s[:, None] - more.time_s[None, :]).min(axis=1) > STRETCH_S / 2
    kept = own.pick(np.flatnonzero(near))
    time_s, lag_s, score = (
        np.concatenate([getattr(kept, name), getattr(more, name)]) for name in ("time_s", "lag_s", "score")
    )
    order = np.argsort(time_s, kind="stable")
    return Points(time_s[order], lag_s[order], score[order])


def unexplained(fine: Points, chance: float) -> Stretches:
    """Begin and end of pieces of about STRETCH_S each."""
    if len(fine.time_s) < 2:
        return []
    hop_s = float(fine.time_s[1] - fine.time_s[0])
    width = max(1, round(STRETCH_S / 2 / hop_s))
    heard = uniform_filter1d(np.maximum(0, evidence(fine.score) - chance), width, mode="nearest")
    edges = np.flatnonzero(np.diff(np.concatenate([[0], heard < UNHEARD, [0]])))
    pieces: Stretches = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        begin_s, end_s = float(fine.time_s[first]), float(fine.time_s[last - 1])
        count = max(1, round((end_s - begin_s) / STRETCH_S))
        if end_s - begin_s > STRETCH_S / 2:
            pieces += list(pairwise(np.linspace(begin_s, end_s, count + 1).tolist()))
    return pieces


def listen(
    correlator: Correlator, start_s: float, end_s: float, lag_s: float, around_s: float
) -> tuple[float, float]:
    """The lag around ``lag_s`` at which most of the stretch is heard, and how far it stands out."""
    total: Array = np.zeros(0)
    first_s = 0.0
    for centre_s in np.arange(start_s + correlator.window_s / 2, end_s, correlator.window_s):
        first_s, height = correlator.nats(float(centre_s), lag_s, around_s)
        blurred = maximum_filter1d(height, max(1, round(BLUR_S * correlator.rate_hz)))
        total = blurred if not len(total) else total + blurred
    if not len(total):
        return lag_s, 0.0
    top = int(total.argmax())
    usual = float(np.median(total))
    spread = 1.4826 * float(np.median(np.abs(total - usual))) + 1e-9
    return first_s + top / correlator.rate_hz, (float(total[top]) - usual) / spread
