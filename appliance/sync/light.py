"""How the clocks of two recordings of the same event lie on each other, found by what their pictures show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from appliance.core.types import SyncEstimate, SyncStep
from appliance.sync.features import FRAMES_PER_S
from appliance.sync.fit import Clock, Means, confidence, evidence, fit_clock, windows_of
from appliance.sync.flash_match import Matched, flash_places, match_flashes
from appliance.sync.flashes import Flashes, find_flashes, without_flashes
from appliance.sync.light_curve import Array, LightCurve
from appliance.sync.light_features import light_features
from appliance.sync.light_frame import find_frame
from appliance.sync.light_windows import CHANCE, Matcher, measure, probe
from appliance.sync.path import Points, best_path
from appliance.sync.search import search

Progress = Callable[[float], None]

LIGHT = Means(
    finest_s=0.02, near_s=0.1, bandwidth_hz=5.0, heard=0.3, usual_height=6.0, cell_s=0.1, believe=4.0
)
LEAST_S = 3.0
STANDS_STILL = 0.05  # levels: less than any camera's noise; the same picture again and again
ATTEMPTS = 4
COARSE_TOLERANCE_S, COARSE_STEP = 0.1, 60.0
FINE_STEP = 60.0
LEAST_FLASHES = 3
LEAST_NATS = -6.0  # what flashes that one camera missed may take away
INDEPENDENT = 0.5  # windows overlap by half
ACCEPT = 0.5
ELSEWHERE = "The camera filmed something else: what it saw is nowhere on the tape."


def estimate_light(tape: LightCurve, camera: LightCurve, progress: Progress | None = None) -> SyncEstimate:
    """Find offset, drift and steps between two films by their brightness, motion, cuts and flashes.

    ``offset_s`` is None, with a ``reason``, when what they show does not belong together.
    """
    tell = progress or (lambda _fraction: None)
    reason = useless(tape, "tape") or useless(camera, "camera's recording")
    if reason:
        return SyncEstimate(None, method="light", reason=reason)
    flashes = find_flashes(tape), find_flashes(camera)
    steady = [without_flashes(*pair) for pair in zip((tape, camera), flashes, strict=True)]
    matcher = Matcher(*(light_features(curve) for curve in steady))
    tell(0.2)
    places = all_places(matcher, flashes, lambda fraction: tell(0.2 + 0.5 * fraction))
    best = SyncEstimate(None, method="light", reason=ELSEWHERE)
    for attempt in range(ATTEMPTS):
        path = best_path(places, COARSE_TOLERANCE_S, COARSE_STEP)
        if not len(path):
            break
        found = along(matcher, flashes, places.pick(path))
        best = max(best, found, key=lambda e: e.confidence)
        tell(0.7 + 0.3 * (attempt + 1) / ATTEMPTS)
        if best.confidence >= ACCEPT:
            break
        places = places.pick(np.setdiff1d(np.arange(len(places.time_s)), path))
    if best.offset_s is not None:
        best = in_frame(matcher, flashes, steady[1], best)
    tell(1.0)
    return best


def in_frame(
    matcher: Matcher, flashes: tuple[Flashes, Flashes], camera: LightCurve, rough: SyncEstimate
) -> SyncEstimate:
    """The same once more, looking at the part of the camera's picture that the tape shows."""
    times_s, tape_s = (
        np.array([getattr(window, name) for window in rough.windows]) for name in ("t_camera_s", "t_tape_s")
    )
    frame = find_frame(matcher.tape, camera, times_s, lambda t: np.interp(t, times_s, fitted(rough, times_s)))
    exact = by_windows(
        Matcher(matcher.tape, light_features(camera, frame)),
        flashes,
        Points(times_s, tape_s - times_s, np.ones(len(times_s))),
    )
    return exact if exact.confidence >= rough.confidence - 1e-3 else rough


def fitted(estimate: SyncEstimate, times_s: Array) -> Array:
    """The lag at each camera time."""
    return np.array([estimate.tape_time(float(t)) - t for t in times_s])


def useless(curve: LightCurve, name: str) -> str:
    if len(curve.time_s) < 2 or curve.duration_s - float(curve.time_s[0]) < LEAST_S:
        return f"The {name} has less than {LEAST_S:.0f} seconds of pictures."
    if float(curve.level.std(axis=0, dtype=np.float32).max()) < STANDS_STILL:
        return f"Nothing moves and nothing changes in the pictures of the {name}."
    return ""


def all_places(matcher: Matcher, flashes: tuple[Flashes, Flashes], progress: Progress) -> Points:
    """Where on the tape each piece of the camera's film may lie, by the curves and by the flashes."""
    places = search(matcher.tape, matcher.camera, progress)
    apart = np.diff(np.unique(places.time_s))
    piece_s = float(apart.min()) if len(apart) else matcher.camera.shape[1] / FRAMES_PER_S
    seen, lit = probe(matcher, places, piece_s), flash_places(*flashes)
    return together(seen, lit)


def together(one: Points, other: Points) -> Points:
    """Both, in the order of time."""
    both = Points(
        np.concatenate([one.time_s, other.time_s]),
        np.concatenate([one.lag_s, other.lag_s]),
        np.concatenate([one.score, other.score]),
    )
    return both.pick(np.argsort(both.time_s, kind="stable"))


def along(matcher: Matcher, flashes: tuple[Flashes, Flashes], path: Points) -> SyncEstimate:
    """Measure near the path, by the windows and by the flashes alone; the surer of the two."""
    both = by_windows(matcher, flashes, path), by_flashes(matcher, flashes, path)
    return max(both, key=lambda e: e.confidence)


def by_windows(matcher: Matcher, flashes: tuple[Flashes, Flashes], path: Points) -> SyncEstimate:
    """Windows give the drift and the steps; the more flashes, the more of the exact offset is theirs."""
    clock = window_clock(matcher, path)
    if clock is None:
        return SyncEstimate(None, method="light", reason=ELSEWHERE)
    matched = match_flashes(*flashes, clock.lag_at)
    count = len(matched.points.time_s)
    exact = clock.offsets_s + matched.shift_s * count / (count + 1)
    clock = replace(clock, offsets_s=exact, nats=clock.nats + max(LEAST_NATS, matched.nats))
    return estimate_of(clock, matched, searched_s(matcher))


def by_flashes(matcher: Matcher, flashes: tuple[Flashes, Flashes], path: Points) -> SyncEstimate:
    matched = match_flashes(*flashes, lambda time_s: np.interp(time_s, path.time_s, path.lag_s))
    count = len(matched.points.time_s)
    if count < LEAST_FLASHES:
        return SyncEstimate(None, method="light", reason=ELSEWHERE)
    clock = fit_clock(matched.points, count, 1.0, LIGHT)
    drift_as_usual = np.log(searched_s(matcher) / LIGHT.cell_s)  # it was not searched for
    return estimate_of(replace(clock, nats=matched.nats + drift_as_usual), matched, searched_s(matcher))


def searched_s(matcher: Matcher) -> float:
    return float(matcher.tape.shape[1] + matcher.camera.shape[1]) / FRAMES_PER_S


def window_clock(matcher: Matcher, path: Points) -> Clock | None:
    peaks = measure(matcher, path)
    if not len(peaks.time_s):
        return None
    proven = Points(peaks.time_s, peaks.lag_s, evidence(peaks.score) - CHANCE)
    points = peaks.pick(best_path(proven, LIGHT.near_s, FINE_STEP))
    return fit_clock(points, len(np.unique(peaks.time_s)), INDEPENDENT, LIGHT)


def estimate_of(clock: Clock, matched: Matched, searched: float) -> SyncEstimate:
    believed = confidence(clock, searched, LIGHT)
    if believed < ACCEPT:
        return SyncEstimate(None, confidence=believed, method="light", reason=ELSEWHERE)
    measured = matched.points if len(matched.points.time_s) >= 2 else clock.points
    beside = measured.lag_s - clock.lag_at(measured.time_s)
    return SyncEstimate(
        offset_s=float(clock.offsets_s[0]),
        drift_ppm=clock.drift * 1e6,
        steps=steps_of(clock),
        confidence=believed,
        method="light",
        windows=windows_of(together(clock.points, matched.points)),
        residual_ms=1e3 * float(np.median(np.abs(beside))),
    )


def steps_of(clock: Clock) -> tuple[SyncStep, ...]:
    points, steps = clock.points, []
    for i in np.flatnonzero(np.diff(clock.piece)):
        shift_s = float(clock.offsets_s[clock.piece[i + 1]] - clock.offsets_s[clock.piece[i]])
        moment_s = (points.time_s[i] + points.time_s[i + 1]) / 2
        steps.append(SyncStep(float(moment_s + points.lag_s[i + 1]), shift_s))
    return tuple(steps)
