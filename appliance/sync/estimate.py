"""How the clocks of two recordings of the same moment lie on each other, found by their sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from appliance.core.types import SyncEstimate
from appliance.sync.bends import follow
from appliance.sync.features import band_features
from appliance.sync.fill import OUTSTANDING, fill, known_places, search_near
from appliance.sync.fit import NEAR_S, Clock, confidence, evidence, fit_clock, windows_of
from appliance.sync.path import Points, best_path
from appliance.sync.search import search
from appliance.sync.steps import BRIEF_S, steps_of
from appliance.sync.track import Sound, loudest
from appliance.sync.windows import CHANCE, HOP_S, WINDOW_S, Correlator, measure, probe, track_clock

Progress = Callable[[float], None]

LEAST_S = 1.0
SILENCE = 10 ** (-80 / 20)
ATTEMPTS = 4
COARSE_TOLERANCE_S, COARSE_STEP = 0.05, 100.0
FINE_STEP = 40.0
ACCEPT = 0.5
CLOCKS_S = 3.0  # two recorders that were started together are seldom further apart than they say
ELSEWHERE = "The camera filmed something else: its sound is nowhere on the tape."


def estimate_sync(
    tape: Sound,
    camera: Sound,
    rate_hz: int = 8000,
    progress: Progress | None = None,
    expected_s: float | None = None,
) -> SyncEstimate:
    """Find offset, drift and steps between two mono recordings; hours are searched in seconds.

    ``expected_s`` is the offset that the recorders' own clocks foretell, where both ran at once: it is
    looked at first. ``offset_s`` is None, with a ``reason``, when their sound does not belong together.
    """
    tell = progress or (lambda _fraction: None)
    reason = _useless(tape, "tape", rate_hz) or _useless(camera, "camera's recording", rate_hz)
    if reason:
        return SyncEstimate(None, reason=reason)
    best = SyncEstimate(None, reason=ELSEWHERE)
    if expected_s is not None:
        best = _measure_expected(tape, camera, rate_hz, expected_s)
    if best.confidence < ACCEPT:
        best = _measure_anywhere(tape, camera, rate_hz, tell)
    tell(1.0)
    return best


def _measure_expected(tape: Sound, camera: Sound, rate_hz: int, expected_s: float) -> SyncEstimate:
    correlator = Correlator(tape, camera, rate_hz)
    places = search_near(correlator, len(camera) / rate_hz, expected_s, CLOCKS_S)
    if not len(places.time_s):
        return SyncEstimate(None, reason=ELSEWHERE)
    path = best_path(places, COARSE_TOLERANCE_S, OUTSTANDING)
    return _measure_along(tape, camera, rate_hz, places.pick(path))


def _measure_anywhere(
    tape: Sound, camera: Sound, rate_hz: int, tell: Callable[[float], None]
) -> SyncEstimate:
    best = SyncEstimate(None, reason=ELSEWHERE)
    features = band_features(tape, rate_hz), band_features(camera, rate_hz)
    places = search(*features, lambda fraction: tell(0.2 + 0.5 * fraction))
    places = probe(tape, camera, rate_hz, places)
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
    return best


def _useless(sound: Sound, name: str, rate_hz: int) -> str:
    if len(sound) < LEAST_S * rate_hz:
        return (
            f"The sound on the {name} is shorter than a second."
            if len(sound)
            else f"The {name} has no sound."
        )
    if loudest(sound) < SILENCE:
        return f"There is no sound to compare on the {name}."
    return ""


def _measure_along(
    tape: Sound, camera: Sound, rate_hz: int, path: Points, again: bool = True
) -> SyncEstimate:
    peaks = measure(tape, camera, rate_hz, path)
    if not len(peaks.time_s):
        return SyncEstimate(None, reason=ELSEWHERE)
    nats = Points(peaks.time_s, peaks.lag_s, evidence(peaks.score) - CHANCE)
    points = peaks.pick(best_path(nats, NEAR_S, FINE_STEP))
    times = np.unique(peaks.time_s)
    hop_s = float(np.diff(times).min()) if len(times) > 1 else WINDOW_S
    clock = fit_clock(points, len(times), min(1.0, max(hop_s, HOP_S) / WINDOW_S))
    believed = confidence(clock, (len(tape) + len(camera)) / rate_hz)
    if believed < ACCEPT:
        return SyncEstimate(None, confidence=believed, reason=ELSEWHERE)
    fine = track_clock(tape, camera, rate_hz, clock.lag_at)
    more = fill(Correlator(tape, camera, rate_hz), clock, fine, CHANCE) if again else Points.none()
    if len(more.time_s):
        return _measure_along(tape, camera, rate_hz, known_places(clock, more), again=False)
    return _estimate(Correlator(tape, camera, rate_hz, BRIEF_S), clock, fine, believed)


def _estimate(brief: Correlator, clock: Clock, fine: Points, believed: float) -> SyncEstimate:
    found = SyncEstimate(
        offset_s=float(clock.offsets_s[0]),
        drift_ppm=clock.drift * 1e6,
        steps=steps_of(clock, brief),
        bends=follow(clock, fine),
        confidence=believed,
        windows=windows_of(clock.points),
    )
    missed_s = [window.t_camera_s - found.camera_time(window.t_tape_s) for window in found.windows]
    return replace(found, residual_ms=1e3 * float(np.median(np.abs(missed_s))))
