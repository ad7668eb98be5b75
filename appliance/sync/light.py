"""How the clocks of two recordings of the same event lie on each other, found by what their pictures show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from appliance.core.types import SyncEstimate, SyncStep
from appliance.sync.features import FRAMES_PER_S
from appliance.sync.fit import Clock, Means, confidence, evidence, fit_clock, windows_of
from appliance.sync.flash_match import Matched, flash_places, match_flashes
from appliance.sync.flashes import Flashes, find_flashes, without_flashes
from appliance.sync.light_band import common_band
from appliance.sync.light_curve import LightCurve
from appliance.sync.light_exact import exact
from appliance.sync.light_features import light_features
from appliance.sync.light_frame import find_frame
from appliance.sync.light_stack import LONGEST_S, best_lag
from appliance.sync.light_windows import CHANCE, Matcher, centres, measure, probe
from appliance.sync.path import Points, best_path
from appliance.sync.search import search, search_whole

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


@dataclass(frozen=True)
class Found:
    """A clock, the flashes that it brings together, and how far to believe it."""

    clock: Clock
    matched: Matched
    believed: float


def estimate_light(tape: LightCurve, camera: LightCurve, progress: Progress | None = None) -> SyncEstimate:
    """Find offset, drift and steps between two films by their brightness, motion, cuts and flashes.

    ``offset_s`` is None, with a ``reason``, when what they show does not belong together.
    """
    tell = progress or (lambda _fraction: None)
    reason = useless(tape, "tape") or useless(camera, "camera's recording")
    if reason:
        return SyncEstimate(None, method="light", reason=reason)
    flashes = find_flashes(tape), find_flashes(camera)
    steady = without_flashes(tape, flashes[0]), without_flashes(camera, flashes[1])
    matcher = Matcher(light_features(steady[0]), light_features(steady[1]))
    tell(0.2)
    places = all_places(matcher, flashes, lambda fraction: tell(0.2 + 0.5 * fraction))
    best = best_of(matcher, flashes, places, lambda fraction: tell(0.7 + 0.2 * fraction))
    if best is None or best.believed < ACCEPT:
        best = surer(best, by_stack(matcher, flashes, places))
    if best is None or best.believed < ACCEPT:
        believed = best.believed if best else 0.0
        return SyncEstimate(None, confidence=believed, method="light", reason=ELSEWHERE)
    best = in_frame(matcher, steady, flashes, best)
    tell(1.0)
    return estimate_of(best)


def best_of(
    matcher: Matcher, flashes: tuple[Flashes, Flashes], places: Points, tell: Progress
) -> Found | None:
    """The first that is believed, or the most believed of some."""
    best = None
    for attempt in range(ATTEMPTS):
        path = best_path(places, COARSE_TOLERANCE_S, COARSE_STEP)
        if not len(path):
            break
        best = surer(best, along(matcher, flashes, places.pick(path)))
        tell((attempt + 1) / ATTEMPTS)
        if best is not None and best.believed >= ACCEPT:
            break
        places = places.pick(np.setdiff1d(np.arange(len(places.time_s)), path))
    return best


def by_stack(matcher: Matcher, flashes: tuple[Flashes, Flashes], places: Points) -> Found | None:
    """All windows of a short film together, where none of them proves anything alone."""
    if matcher.camera_s > LONGEST_S:
        return None
    whole = search_whole(matcher.tape, matcher.camera)
    clock = best_lag(matcher, np.concatenate([places.lag_s, whole.lag_s]))
    return proven(matcher, flashes, clock) if clock else None


def surer(one: Found | None, other: Found | None) -> Found | None:
    if one is None or other is None:
        return one or other
    return one if one.believed >= other.believed else other


def in_frame(
    matcher: Matcher,
    curves: tuple[LightCurve, LightCurve],
    flashes: tuple[Flashes, Flashes],
    rough: Found,
) -> Found:
    """The exact clock: by the part of the camera's picture that the tape shows, and what both share there."""
    tape, camera = curves
    lag_at = rough.clock.lag_at
    band = common_band(matcher.tape, matcher.camera, lag_at)
    seen, centres_s = light_features(tape, band=band), centres(matcher, rough.clock.points)
    frame = find_frame(seen, camera, centres_s, lag_at, band)
    band = common_band(matcher.tape, light_features(camera, frame), lag_at)
    exactly = Matcher(light_features(tape, band=band), light_features(camera, frame, band), band.independent)
    return replace(rough, clock=exact(exactly, flashes, rough.clock))


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


def along(matcher: Matcher, flashes: tuple[Flashes, Flashes], path: Points) -> Found | None:
    """Measure near the path, by the windows and by the flashes alone; the surer of the two."""
    return surer(by_windows(matcher, flashes, path), by_flashes(matcher, flashes, path))


def by_windows(matcher: Matcher, flashes: tuple[Flashes, Flashes], path: Points) -> Found | None:
    """Windows give the drift and the steps; flashes prove it, or speak against it."""
    clock = window_clock(matcher, path)
    return proven(matcher, flashes, clock) if clock else None


def proven(matcher: Matcher, flashes: tuple[Flashes, Flashes], clock: Clock) -> Found:
    """What windows and flashes prove together."""
    matched = match_flashes(*flashes, clock.lag_at)
    clock = replace(clock, nats=clock.nats + max(LEAST_NATS, matched.nats))
    return Found(clock, matched, confidence(clock, searched_s(matcher), LIGHT))


def by_flashes(matcher: Matcher, flashes: tuple[Flashes, Flashes], path: Points) -> Found | None:
    matched = match_flashes(*flashes, lambda time_s: np.interp(time_s, path.time_s, path.lag_s))
    count = len(matched.points.time_s)
    if count < LEAST_FLASHES:
        return None
    drift_as_usual = np.log(searched_s(matcher) / LIGHT.cell_s)  # it was not searched for
    clock = replace(fit_clock(matched.points, count, 1.0, LIGHT), nats=matched.nats + drift_as_usual)
    return Found(clock, matched, confidence(clock, searched_s(matcher), LIGHT))


def searched_s(matcher: Matcher) -> float:
    return float(matcher.tape.shape[1] + matcher.camera.shape[1]) / FRAMES_PER_S


def window_clock(matcher: Matcher, path: Points) -> Clock | None:
    peaks = measure(matcher, path)
    if not len(peaks.time_s):
        return None
    proven = Points(peaks.time_s, peaks.lag_s, evidence(peaks.score) - CHANCE)
    points = peaks.pick(best_path(proven, LIGHT.near_s, FINE_STEP))
    return fit_clock(points, len(np.unique(peaks.time_s)), INDEPENDENT, LIGHT)


def estimate_of(found: Found) -> SyncEstimate:
    clock, matched = found.clock, found.matched
    measured = matched.points if len(matched.points.time_s) >= 2 else clock.points
    beside = measured.lag_s - clock.lag_at(measured.time_s)
    return SyncEstimate(
        offset_s=float(clock.offsets_s[0]),
        drift_ppm=clock.drift * 1e6,
        steps=steps_of(clock),
        confidence=found.believed,
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
