"""From measured windows to a clock: one drift, an offset per unbroken piece, and how far to believe it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.core.types import SyncWindow
from appliance.sync.path import MAX_DRIFT, Array, Points

USUAL_DRIFT = 100e-6  # what two crystals differ by; only short takes lean on it
FINEST_S = 5e-5
NEAR_S = 2e-3  # a window further from the clock than wow explains did not measure it
LEAST_NATS = 12.0


@dataclass(frozen=True)
class Means:
    """What windows of sound, or of light, can tell: how finely, and how a true peak differs from chance."""

    finest_s: float = FINEST_S
    near_s: float = NEAR_S
    bandwidth_hz: float = 3000.0
    heard: float = 0.3  # share of the windows in which both recordings have something to compare
    usual_height: float = 6.0  # of their peaks, in deviations
    cell_s: float = 0.02  # lags as near as this are one to the long search
    believe: float = 12.0  # nats more than chance


SOUND = Means()


@dataclass(frozen=True)
class Clock:
    """``lag = offsets_s[piece] + drift * t_camera``; ``piece`` and ``residual_s`` are per point."""

    offsets_s: Array
    drift: float
    points: Points
    piece: NDArray[np.intp]
    residual_s: Array
    nats: float

    def piece_at(self, time_s: Array) -> NDArray[np.intp]:
        """The piece that each camera time belongs to."""
        edges = np.flatnonzero(np.diff(self.piece))
        middle_s = (self.points.time_s[edges] + self.points.time_s[edges + 1]) / 2
        return np.searchsorted(middle_s, time_s)

    def lag_at(self, time_s: Array) -> Array:
        return np.asarray(self.offsets_s[self.piece_at(time_s)] + self.drift * time_s)


def evidence(height: Array) -> Array:
    """How much a peak of this height weighs; one window alone never decides."""
    return np.minimum(height**2 / 2, 30.0)


def fit_clock(points: Points, windows: int, independent: float, means: Means = SOUND) -> Clock:
    """Robust least squares over those of the ``windows`` that lie on the path.

    ``independent`` is the share of the windows that share no sound with their neighbours.
    """
    piece = _pieces(points, means.near_s)
    matrix = np.column_stack([*(piece == p for p in range(piece.max() + 1)), points.time_s]).astype(float)
    weight = evidence(points.score)
    for _ in range(12):
        solution, residual = _solve(matrix, points.lag_s, weight, means.finest_s)
        scale = max(means.finest_s, 1.4826 * float(np.median(np.abs(residual))))
        weight = evidence(points.score) * np.clip(1 - (residual / (5 * scale)) ** 2, 0, 1) ** 2
    near = points.score[np.abs(residual) < means.near_s]
    nats = float(_likelihood(near, means).sum()) + (windows - len(near)) * np.log(1 - means.heard)
    return Clock(solution[:-1], float(solution[-1]), points, piece, residual, independent * nats)


def _likelihood(height: Array, means: Means) -> Array:
    """Log of how much better "the same sound" explains each peak than the best of a few chance lags."""
    by_chance = 2 * means.near_s * means.bandwidth_hz * height * np.exp(-evidence(height))
    same = np.exp(-height / means.usual_height) / means.usual_height
    return np.log((1 - means.heard) + means.heard * same / by_chance)


def confidence(clock: Clock, searched_s: float, means: Means = SOUND) -> float:
    """0 where chance explains it, 1 where nothing else does.

    ``searched_s`` is the span of offsets that was looked through: who looks longer finds more by chance.
    """
    chance = 2 * np.log(max(1.0, searched_s / means.cell_s)) + LEAST_NATS * (len(clock.offsets_s) - 1)
    surplus = clock.nats - chance - means.believe
    return float(1 / (1 + np.exp(-np.clip(surplus / 3, -50, 50))))


def _solve(matrix: Array, lag_s: Array, weight: Array, finest_s: float) -> tuple[Array, Array]:
    centre = float(np.average(matrix[:, -1], weights=weight + 1e-9))
    shifted = matrix.copy()
    shifted[:, -1] -= centre  # so that the usual drift is asked of the slope, not of the offset
    normal = shifted.T @ (shifted * weight[:, None]) / finest_s**2
    normal[-1, -1] += weight.mean() / USUAL_DRIFT**2
    right = shifted.T @ (lag_s * weight) / finest_s**2
    solution = np.linalg.lstsq(normal, right, rcond=None)[0]
    solution[-1] = np.clip(solution[-1], -MAX_DRIFT, MAX_DRIFT)
    residual = lag_s - shifted @ solution
    solution[:-1] -= centre * solution[-1]
    return solution, residual


def _pieces(points: Points, near_s: float) -> NDArray[np.intp]:
    gap, jump = np.diff(points.time_s), np.abs(np.diff(points.lag_s))
    return np.concatenate([[0], np.cumsum(jump > near_s + MAX_DRIFT * gap)])


def windows_of(points: Points) -> tuple[SyncWindow, ...]:
    weight = np.clip(evidence(points.score) / 30.0, 0, 1)
    return tuple(
        SyncWindow(float(t), float(t + lag), float(w))
        for t, lag, w in zip(points.time_s, points.lag_s, weight, strict=True)
    )
