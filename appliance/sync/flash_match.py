"""Which flashes of two recordings are the same: where may they lie on each other, and by how much exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from appliance.sync.flashes import Flashes
from appliance.sync.path import Array, Points

CELL_S = 0.05
PLACES, MOST_LOOKS = 8, 5000
MOST_FLASHES = 1500  # more of them are a strobe light, which is the same everywhere
REACH_S, NEAR_S = 0.15, 0.05
SEEN = 0.4  # share of the flashes that both cameras see: many fall between two pictures
WEIGHT = 8.0  # of a flash among the windows, as the height of a peak
NATS_A_FLASH = 4.0  # for the search alone


@dataclass(frozen=True)
class Pairs:
    """Flashes of the camera, each beside the nearest of the tape: ``beside_s`` later than a clock says.

    ``row`` is where in the camera's picture less where in the tape's, ``unsure_s`` the error of one pair.
    """

    time_s: Array
    beside_s: Array
    row: Array
    unsure_s: float


@dataclass(frozen=True)
class Matched:
    """Pairs of flashes as points, and how much they prove."""

    points: Points
    nats: float


def flash_places(tape: Flashes, camera: Flashes) -> Points:
    """The lags at which most of the flashes coincide, two at least."""
    if not 2 <= len(tape) <= MOST_FLASHES or not 2 <= len(camera) <= MOST_FLASHES:
        return Points.none()
    lags = np.sort((tape.time_s[:, None] - camera.time_s[None]).ravel())
    count = np.searchsorted(lags, lags + CELL_S) - np.arange(len(lags))
    rows: list[tuple[float, float, float]] = []
    for i in np.argsort(-count, kind="stable")[:MOST_LOOKS]:
        lag_s = float(np.mean(lags[i : i + count[i]]))
        if len(rows) == PLACES or count[i] < 2:
            break
        if all(abs(lag_s - other) > CELL_S for _, other, _ in rows):
            rows.append((float(np.median(camera.time_s)), lag_s, NATS_A_FLASH * float(count[i])))
    table = np.array(rows, np.float64).reshape(-1, 3)
    return Points(table[:, 0], table[:, 1], table[:, 2])


def pairs_of(tape: Flashes, camera: Flashes, lag_at: Callable[[Array], Array]) -> Pairs:
    """Pairs within ``REACH_S`` of the lag that is expected at the camera's flash."""
    # A flash is somewhere within the time that its picture was exposed.
    unsure_s = float(np.hypot(tape.apart_s, camera.apart_s)) / np.sqrt(12)
    if not 0 < len(tape) <= MOST_FLASHES or not 0 < len(camera) <= MOST_FLASHES:
        return Pairs(np.zeros(0), np.zeros(0), np.zeros(0), unsure_s)
    expected = camera.time_s + lag_at(camera.time_s)
    nearest = np.abs(tape.time_s[:, None] - expected[None]).argmin(axis=0)
    beside = tape.time_s[nearest] - expected
    near = np.abs(beside) < REACH_S
    row = camera.row - tape.row[nearest]
    return Pairs(camera.time_s[near], beside[near], row[near], unsure_s)


def match_flashes(tape: Flashes, camera: Flashes, lag_at: Callable[[Array], Array]) -> Matched:
    """Pairs within ``REACH_S`` of the lag that is expected at the camera's flash, and near one another."""
    pairs = pairs_of(tape, camera, lag_at)
    if not len(pairs.time_s):
        return Matched(Points.none(), 0.0)
    same = np.abs(pairs.beside_s - densest(pairs.beside_s)) < NEAR_S
    time_s, count = pairs.time_s[same], int(same.sum())
    points = Points(time_s, lag_at(time_s) + pairs.beside_s[same], np.full(count, WEIGHT))
    return Matched(points, nats(tape, camera, camera.time_s + lag_at(camera.time_s), count))


def densest(values: Array) -> float:
    """The middle of the most values that lie within ``NEAR_S`` of it."""
    count = (np.abs(values[:, None] - values[None]) < NEAR_S).sum(axis=0)
    best = values[int(count.argmax())]
    return float(np.median(values[np.abs(values - best) < NEAR_S]))


def nats(tape: Flashes, camera: Flashes, expected: Array, same: int) -> float:
    """How much better "the same flashes" explains so many pairs than chance; the first proves nothing."""
    early_s, late_s = (float(np.interp(s, camera.time_s, expected)) for s in camera.span_s)
    early_s -= float(camera.time_s[0]) - camera.span_s[0]
    late_s += camera.span_s[1] - float(camera.time_s[-1])
    begin, end = max(tape.span_s[0], early_s), min(tape.span_s[1], late_s)
    lit, seen = (int(((times >= begin) & (times <= end)).sum()) for times in (tape.time_s, expected))
    chance = float(np.clip(2 * NEAR_S * lit / max(end - begin, 1.0), 0.01, 0.99))
    missed = max(0, lit - same) + max(0, seen - same)
    return float((same - 1) * np.log(max(SEEN / chance, 1.0)) + missed * np.log((1 - SEEN) / (1 - chance)))
