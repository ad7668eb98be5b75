"""The moment of a loss: to where along the recordings the one lag holds, and from where the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from appliance.core.types import SyncStep
from appliance.sync.fit import Clock
from appliance.sync.path import Array
from appliance.sync.windows import Correlator

BRIEF_S, HOP_S = 0.6, 0.05
NEAR_S = 3e-3  # wow bends the clock by as much
UNSURE = 2.0 * BRIEF_S / HOP_S  # nats; each moment is heard in so many windows
AROUND_S, MOST_EARLY_S = 1.5, 6.0


def steps_of(clock: Clock, brief: Correlator) -> tuple[SyncStep, ...]:
    """``brief`` correlates windows of BRIEF_S."""
    points = clock.points
    found = []
    for i in np.flatnonzero(np.diff(clock.piece)):
        one, other = (clock.offsets_s[clock.piece[k]] for k in (i, i + 1))
        # Into what only the camera recorded the first lag may seem to go on by chance.
        early_s = AROUND_S + min(MOST_EARLY_S, max(0.0, float(one - other)))
        between = points.time_s[i] - early_s, points.time_s[i + 1] + AROUND_S
        found.append(step(brief, clock.drift, (float(one), float(other)), between))
    return tuple(found)


def step(
    brief: Correlator, drift: float, offsets_s: tuple[float, float], camera_s: Sequence[float]
) -> SyncStep:
    """Where the camera lost a piece, look along its time; where the tape did, along the tape's.

    Along the other's time neither lag holds for as long as the piece was.
    """
    one, other = offsets_s
    times = np.arange(camera_s[0], camera_s[1], HOP_S)
    if other > one:
        before, after = times, times
        moments = times + other
    else:
        before, after = times, times + (one - other)
        moments = times + one
    better = height(brief, before, one, drift) - height(brief, after, other, drift)
    place = change(better)
    moment_s = moments[min(place, len(moments) - 1)] - HOP_S / 2
    return SyncStep(float(moment_s + drift * times[min(place, len(times) - 1)]), other - one)


def change(better: Array) -> int:
    """Up to the best place to change the first lag explains more, from there on the second.

    In a pause neither tells anything: then it is in the middle of the pause.
    """
    total = np.concatenate([[0.0], np.cumsum(better)])
    as_good = total > total.max() - UNSURE
    first = last = int(total.argmax())
    while first > 0 and as_good[first - 1]:
        first -= 1
    while last < len(total) - 1 and as_good[last + 1]:
        last += 1
    return (first + last) // 2


def height(brief: Correlator, times_s: Array, offset_s: float, drift: float) -> Array:
    """How much more than chance a brief window at each moment stands up at that lag."""
    tops = [brief.height_at(float(t), offset_s + drift * float(t), NEAR_S) for t in times_s]
    return np.minimum(np.array(tops) ** 2 / 2, 30.0)
