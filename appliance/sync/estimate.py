"""How the clocks of two recordings of the same moment lie on each other, found by their sound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from appliance.core.types import SyncEstimate
from appliance.sync.features import FloatArray, band_features
from appliance.sync.fit import NEAR_S, Clock, confidence, evidence, fit_clock, steps_of, windows_of
from appliance.sync.path import Points, best_path
from appliance.sync.search import search
from appliance.sync.windows import CHANCE, HOP_S, WINDOW_S, measure, probe

Progress = Callable[[float], None]

LEAST_S = 1.0
SILENCE = 10 ** (-80 / 20)
ATTEMPTS = 4
COARSE_TOLERANCE_S, COARSE_STEP = 0.05, 100.0
FINE_STEP = 40.0
ACCEPT = 0.5
ELSEWHERE = "The camera filmed something else: its sound is nowhere on the tape."


def estimate_sync(
    tape: FloatArray, camera: FloatArray, rate_hz: int = 8000, progress: Progress | None = None
) -> SyncEstimate:
    """Find offset, drift and steps between two mono recordings; hours are searched in seconds.

    ``offset_s`` is None, with a ``reason``, when their sound does not belong together.
    """
    tell = progress or (lambda _fraction: None)
    tape, camera = _prepare(tape), _prepare(camera)
    reason = _useless(tape, "tape", rate_hz) or _useless(camera, "camera's recording", rate_hz)
    if reason:
        return SyncEstimate(None, reason=reason)
    features = band_features(tape, rate_hz), band_features(camera, rate_hz)
    places = search(*features, lambda fraction: tell(0.2 + 0.5 * fraction))
    places = probe(tape, camera, rate_hz, places)
    best = SyncEstimate(None, reason=ELSEWHERE)
    for attempt in range(ATTEMPTS):
        path = best_path(places, COARSE_TOLERANCE_S, COARSE_STEP)
        if not len(path):
            break
        found = _measure_along(tape, camera, rate_hz, places.pick(path))
        best = max(best, found, key=lambda e: e.confidence)
        tell(0.7 + 0.3 * (attempt + 1) / ATTEMPTS)
        if best.confidence >= ACCEPT:
            break
        places = places.pick(np.setdiff1d(np.arange(len(places.time_s)), path))
    tell(1.0)
    return best


def _prepare(sound: FloatArray) -> FloatArray:
    # One copy and no more: two hours are a quarter of a gigabyte.
    sound = np.nan_to_num(np.array(sound, np.float32), copy=False)
    if len(sound):
        sound -= sound.mean(dtype=np.float64)
    return sound


def _useless(sound: FloatArray, name: str, rate_hz: int) -> str:
    if len(sound) < LEAST_S * rate_hz:
        return (
            f"The sound on the {name} is shorter than a second."
            if len(sound)
            else f"The {name} has no sound."
        )
    if max(float(sound.max()), -float(sound.min())) < SILENCE:
        return f"There is no sound to compare on the {name}."
    return ""


def _measure_along(tape: FloatArray, camera: FloatArray, rate_hz: int, path: Points) -> SyncEstimate:
    peaks = measure(tape, camera, rate_hz, path)
    if not len(peaks.time_s):
        return SyncEstimate(None, reason=ELSEWHERE)
    nats = Points(peaks.time_s, peaks.lag_s, evidence(peaks.score) - CHANCE)
    points = peaks.pick(best_path(nats, NEAR_S, FINE_STEP))
    times = np.unique(peaks.time_s)
    hop_s = float(np.diff(times).min()) if len(times) > 1 else WINDOW_S
    clock = fit_clock(points, len(times), min(1.0, max(hop_s, HOP_S) / WINDOW_S))
    return _estimate(clock, confidence(clock, (len(tape) + len(camera)) / rate_hz))


def _estimate(clock: Clock, believed: float) -> SyncEstimate:
    if believed < ACCEPT:
        return SyncEstimate(None, confidence=believed, reason=ELSEWHERE)
    return SyncEstimate(
        offset_s=float(clock.offsets_s[0]),
        drift_ppm=clock.drift * 1e6,
        steps=steps_of(clock),
        confidence=believed,
        windows=windows_of(clock.points),
        residual_ms=1e3 * float(np.median(np.abs(clock.residual_s))),
    )
