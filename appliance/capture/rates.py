"""The true rate of a device: how many samples or frames it makes in a second of CLOCK_MONOTONIC.

A time stamp can only be late: a driver hands over in bursts, a process is woken after the fact. So of each
stretch of time only the least late stamp counts, and a line is laid through these, robustly. The figure gets
better with time: bursts of 1 ms that beat slowly with the periods cannot be told from drift, so it is never
called better than 1 ms in the time watched: 17 ppm after one minute, 1.7 after ten, 0.3 after an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

VERDICT_S = 60.0
STRETCH_S = 1.0  # at first; it doubles whenever there are too many
MOST_POINTS = 512
BURST_S = 0.001  # USB hands over once in that time
ROUNDS = 8
PHASE_GAIN = 0.05  # follows a VCR that runs 0.5 % off
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class TrueRate:
    hz: float
    ppm: float  # against what the device claims; above 0: it is fast
    uncertainty_ppm: float  # at 95 %
    seconds: float  # it was watched for

    def __str__(self) -> str:
        digits = 1 if self.hz > 1000 else 4
        return f"{self.hz:.{digits}f} Hz, {self.ppm:+.1f} ppm ±{self.uncertainty_ppm:.1f}"


@dataclass(frozen=True)
class Point:
    lap: int  # counted anew after each interruption
    time_s: float
    late_s: float  # behind what the claimed rate would give


class RateFit:
    """Not thread-safe for ``add``; ``result`` may be asked from any thread. Memory and time are bounded."""

    def __init__(self, nominal_hz: float) -> None:
        self.nominal_hz = nominal_hz
        self._points: tuple[Point, ...] = ()
        self._stretch_s = STRETCH_S
        self._best: Point | None = None  # of the stretch that runs
        self._ends_s = 0.0
        self._lap = 0

    def add(self, count: int, time_s: float) -> None:
        """``count`` pieces since the lap began had been made by then."""
        point = Point(self._lap, time_s, time_s - count / self.nominal_hz)
        if self._best is None or point.lap != self._best.lap or time_s >= self._ends_s:
            self._keep()
            self._best, self._ends_s = point, time_s + self._stretch_s
        elif point.late_s < self._best.late_s:
            self._best = point

    def new_lap(self) -> None:
        """Pieces were lost, or the device was started anew: what comes is counted from anywhere."""
        self._lap += 1

    def _keep(self) -> None:
        if self._best is None:
            return
        points = (*self._points, self._best)
        if len(points) > MOST_POINTS:
            points = thinned(points)
            self._stretch_s *= 2
        self._points = points

    def result(self) -> TrueRate | None:
        """None until there were enough of them for long enough."""
        points = self._points
        seconds = watched_s(points)
        if seconds < VERDICT_S:
            return None
        slope, error = line(points)
        hz = self.nominal_hz * (1 - slope)
        return TrueRate(hz, -slope * 1e6, (error + BURST_S / seconds) * 1e6, seconds)

    def text(self) -> str:
        """The result as the log of a recording says it."""
        found = self.result()
        if found is None:
            return f"not known yet, watched for {watched_s(self._points):.0f} of {VERDICT_S:.0f} s"
        return f"{found} (watched for {found.seconds:.0f} s)"


class FrameCount:
    """How many frames a device has made, by their time stamps: also those that it lost without a word.

    A stamp that is far off counts wrongly for its own frame only.
    """

    def __init__(self, rate_hz: float) -> None:
        self._period_s = 1 / rate_hz
        self._zero_s: float | None = None

    def at(self, time_s: float) -> int:
        if self._zero_s is None:
            self._zero_s = time_s
        count = round((time_s - self._zero_s) / self._period_s)
        self._zero_s += PHASE_GAIN * (time_s - self._zero_s - count * self._period_s)
        return count


def watched_s(points: tuple[Point, ...]) -> float:
    return sum((b.time_s - a.time_s for a, b in pairwise(points) if a.lap == b.lap), 0.0)


def thinned(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Half as many: of two neighbours the one that is less late."""
    kept: list[Point] = []
    waiting: Point | None = None
    for point in points:
        if waiting is None or waiting.lap != point.lap:
            kept.append(point)
            waiting = point
        else:
            kept[-1] = min(waiting, point, key=lambda each: each.late_s)
            waiting = None
    return tuple(kept)


def line(points: tuple[Point, ...]) -> tuple[float, float]:
    """The slope that all laps share, each with a height of its own, and the error of it at 95 %."""
    laps = np.array([point.lap for point in points])
    times = np.array([point.time_s for point in points])
    lates = np.array([point.late_s for point in points])
    weights = np.ones(len(points))
    slope, rest = 0.0, lates
    for _ in range(ROUNDS):
        x, y = centred(times, weights, laps), centred(lates, weights, laps)
        slope = float((weights * x * y).sum() / (weights * x * x).sum())
        rest = y - slope * x
        scale = 1.4826 * float(np.median(np.abs(rest))) + 1e-9
        weights = np.minimum(1.0, 1.5 * scale / np.maximum(np.abs(rest), 1e-12))
    return slope, 2 * spread(rest, weights, laps) / float(np.sqrt((weights * x * x).sum()))


def centred(values: Numbers, weights: Numbers, laps: NDArray[np.int_]) -> Numbers:
    out = np.empty_like(values)
    for lap in np.unique(laps):
        mine = laps == lap
        out[mine] = values[mine] - np.average(values[mine], weights=weights[mine])
    return out


def spread(rest: Numbers, weights: Numbers, laps: NDArray[np.int_]) -> float:
    """Of what the line leaves; larger where neighbours err alike and so tell less than they seem to."""
    freedom = max(len(rest) - len(np.unique(laps)) - 1, 1)
    variance = float((weights * rest * rest).sum()) / freedom
    alike = float((rest[1:] * rest[:-1]).sum() / max((rest * rest).sum(), 1e-30))
    alike = min(max(alike, 0.0), 0.95)
    return float(np.sqrt(variance * (1 + alike) / (1 - alike)))
