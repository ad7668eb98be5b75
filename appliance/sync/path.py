"""One way through many doubtful measurements: smooth but for drift, with a price on every step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MAX_DRIFT = 300e-6


@dataclass(frozen=True)
class Points:
    """Measurements in the order of camera time; ``lag_s`` is tape time less camera time."""

    time_s: Array
    lag_s: Array
    score: Array

    @staticmethod
    def none() -> Points:
        return Points(np.empty(0), np.empty(0), np.empty(0))

    def pick(self, chosen: NDArray[np.intp]) -> Points:
        return Points(self.time_s[chosen], self.lag_s[chosen], self.score[chosen])


def guesses(path: Points, centre_s: float, reach_s: float, most_s: float) -> Iterator[tuple[float, float]]:
    """Lags to expect at a moment and how far around to look; two where the path makes a step.

    ``reach_s`` beside the path, more with drift the further the next point is, but never over ``most_s``.
    """
    after = int(np.searchsorted(path.time_s, centre_s))
    near = sorted({max(0, after - 1), min(after, len(path.time_s) - 1)})
    near.sort(key=lambda i: abs(path.time_s[i] - centre_s))
    first = path.lag_s[near[0]]
    for i in near:
        if i == near[0] or abs(path.lag_s[i] - first) > reach_s:
            around_s = reach_s + MAX_DRIFT * abs(path.time_s[i] - centre_s)
            yield float(path.lag_s[i]), min(float(around_s), most_s)


def best_path(points: Points, tolerance_s: float, step_cost: float) -> NDArray[np.intp]:
    """Indices of the chain of points, at most one per time, with the highest sum of scores less steps.

    A step is a change of lag beyond ``tolerance_s`` and what drift explains; it costs ``step_cost``.
    Neither recording ever goes back in time.
    """
    count = len(points.time_s)
    best, before = points.score.copy(), np.full(count, -1)
    tape_s = points.time_s + points.lag_s
    for i in range(count):
        earlier = int(np.searchsorted(points.time_s, points.time_s[i]))
        if not earlier:
            continue
        gap = points.time_s[i] - points.time_s[:earlier]
        jump = np.abs(points.lag_s[i] - points.lag_s[:earlier]) > tolerance_s + MAX_DRIFT * gap
        back = tape_s[:earlier] > tape_s[i] + tolerance_s
        total = np.where(back, -np.inf, best[:earlier] - step_cost * jump)
        if total.max() > 0:
            before[i] = int(total.argmax())
            best[i] += total.max()
    return _walk_back(int(best.argmax()), before) if count else np.empty(0, np.intp)


def _walk_back(last: int, before: NDArray[np.intp]) -> NDArray[np.intp]:
    chain = [last]
    while before[chain[-1]] >= 0:
        chain.append(int(before[chain[-1]]))
    return np.array(chain[::-1], np.intp)
