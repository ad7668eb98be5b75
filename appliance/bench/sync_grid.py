"""The grid of the sync bench: pairs of recordings whose place on each other is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from appliance.bench.sync_sound import (
    FAST,
    LINEAR_LP_HZ,
    LINEAR_SP_HZ,
    SLOW,
    SPEEDS,
    Library,
    Sound,
    Times,
    Way,
    clock,
    programme,
    recorded,
)

LENGTHS_S = (60.0, 120.0, 300.0, 600.0)
SNRS_DB = (0.0, 3.0, 6.0, 10.0, 20.0)
WOWS = (0.0, 0.001, 0.003)
ROOMS_S = (0.0, 0.4, 0.8)
DRIFT_PPM = 200.0
CODECS_KBIT_S = (0, 32, 64)
STEP_CASES = 3  # every so many cases one recorder lost a piece
LEAST_CLAIM_DB = 3.0
SHORT_S = 30.0
NEAR_STEP_S = 0.6
LOOK_EVERY_S = 0.5
DEVICE_LOSSES = ("tape", "camera")


@dataclass(frozen=True)
class Case:
    seed: int
    tape: Way
    camera: Way
    kbit_s: int = 0
    related: bool = True

    @property
    def label(self) -> str:
        rate = f"{self.kbit_s}k" if self.kbit_s else "pcm"
        bent, room = f"wow {100 * self.tape.wow:.1f}%", f"room {self.camera.room_s:.1f}s"
        band = "LP" if self.tape.band_hz == LINEAR_LP_HZ else "SP"
        return f"{self.camera.length_s:.0f}s {band} {self.tape.snr_db:.0f}dB {bent} {room} {rate}"


@dataclass(frozen=True)
class Pair:
    """Both recordings; ``camera_s`` at each of the ``tape_s`` where both show the same moment."""

    case: Case
    tape: Sound
    camera: Sound
    tape_s: Times
    camera_s: Times
    steps: tuple[tuple[float, float], ...]  # tape time, and by how much the tape's times move


def draw_grid(count: int, seed: int) -> Iterator[Case]:
    """Cases of a quarter of a minute to ten minutes: every axis of the grid is drawn for each."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        length_s = float(rng.choice(LENGTHS_S))
        # The tape may begin after the camera, or end before it.
        tape = way(rng, rng.uniform(60, 300), length_s + rng.uniform(-0.3, 2.0) * length_s, wow=True)
        camera = way(rng, tape.start_s + rng.uniform(-0.4, 0.9) * tape.length_s, length_s, wow=False)
        tape, camera = lose(rng, number, tape, camera)
        yield Case(1000 * seed + number, tape, camera, int(rng.choice(CODECS_KBIT_S)))


def way(rng: np.random.Generator, start_s: float, length_s: float, wow: bool) -> Way:
    start_s = max(0.0, start_s)
    drift = rng.uniform(-DRIFT_PPM, DRIFT_PPM) / 2
    snr_db = float(rng.choice(SNRS_DB))
    if not wow:
        return Way(start_s, length_s, drift, snr_db=snr_db, room_s=float(rng.choice(ROOMS_S)))
    band = (LINEAR_SP_HZ, LINEAR_LP_HZ)[rng.integers(2)]
    return Way(start_s, length_s, drift, float(rng.choice(WOWS)), band, snr_db)


def lose(rng: np.random.Generator, number: int, tape: Way, camera: Way) -> tuple[Way, Way]:
    """Where the recordings run together for long enough, one of them loses a piece in the middle."""
    begin = max(tape.start_s, camera.start_s)
    end = min(tape.start_s + tape.length_s, camera.start_s + camera.length_s)
    if number % STEP_CASES or end - begin < 60:
        return tape, camera
    moment_s, lost_s = rng.uniform(begin + 25, end - 25), float(rng.uniform(0.2, 3.0))
    if DEVICE_LOSSES[rng.integers(2)] == "tape":
        return with_loss(tape, moment_s, lost_s), camera
    return tape, with_loss(camera, moment_s, lost_s)


def with_loss(way: Way, moment_s: float, lost_s: float) -> Way:
    values: dict[str, Any] = {**way.__dict__, "lost": ((moment_s - way.start_s, lost_s),)}
    return Way(**values)


def draw_short(count: int, seed: int, related: bool) -> Iterator[Case]:
    """Half a minute of camera and a few minutes of tape: do they belong together?"""
    for number in range(count):
        rng = np.random.default_rng([seed, number, 7])
        tape, camera = way(rng, 10.0, 150.0, wow=True), way(rng, rng.uniform(20, 120), SHORT_S, wow=False)
        loud = {"snr_db": max(LEAST_CLAIM_DB, tape.snr_db)}
        tape = Way(**{**tape.__dict__, **loud})
        camera = Way(**{**camera.__dict__, "snr_db": max(LEAST_CLAIM_DB, camera.snr_db)})
        yield Case(1000 * seed + number, tape, camera, int(rng.choice(CODECS_KBIT_S)), related)


def make(case: Case, library: Library) -> Pair:
    return next(make_clips([case], library))


def make_clips(cases: Sequence[Case], library: Library) -> Iterator[Pair]:
    """Clips on one tape: the cases differ in their cameras only."""
    first = cases[0]
    end_s = max(last_moment(way) for case in cases for way in (case.tape, case.camera)) + 1
    scene = programme(library, end_s, first.seed, SPEEDS if first.related else SLOW)
    tape = recorded(scene, first.tape, None, 2 * first.seed)
    for case in cases:
        rng = np.random.default_rng([case.seed, 5])
        filmed = scene if case.related else programme(library, end_s, case.seed + 500_000, FAST)
        room = (
            library.rooms[rng.integers(len(library.rooms))] if library.rooms and rng.uniform() < 0.5 else None
        )
        camera = recorded(filmed, case.camera, room, 2 * case.seed + 1)
        yield Pair(case, tape, camera, *common_times(case), steps_of(case))


def last_moment(way: Way) -> float:
    return way.start_s + way.length_s * 1.001 + sum(lost_s for _, lost_s in way.lost)


def common_times(case: Case) -> tuple[Times, Times]:
    """Moments that both recorded, away from the pieces that either lost."""
    tape_own, tape_scene = clock(case.tape, 2 * case.seed)
    camera_own, camera_scene = clock(case.camera, 2 * case.seed + 1)
    tape_s = np.arange(LOOK_EVERY_S, case.tape.length_s, LOOK_EVERY_S)
    moment_s = np.interp(tape_s, tape_own, tape_scene)
    camera_s = np.interp(moment_s, camera_scene, camera_own)
    inside = (moment_s > camera_scene[0]) & (moment_s < camera_scene[-2])
    for tape_at_s, _ in steps_of(case):
        inside &= np.abs(tape_s - tape_at_s) > NEAR_STEP_S + sum(s for _, s in case.camera.lost)
    return tape_s[inside], camera_s[inside]


def steps_of(case: Case) -> tuple[tuple[float, float], ...]:
    tape_own, tape_scene = clock(case.tape, 2 * case.seed)
    from_tape = [(at_s, -lost_s) for at_s, lost_s in case.tape.lost]
    from_camera = [
        (float(np.interp(case.camera.start_s + at_s + lost_s, tape_scene, tape_own)), lost_s)
        for at_s, lost_s in case.camera.lost
    ]
    return tuple(sorted(from_tape + from_camera))


def drift_ppm(case: Case) -> float:
    """How much faster the tape's time runs than the camera's."""
    return 1e6 * ((1 + case.camera.faster_ppm * 1e-6) / (1 + case.tape.faster_ppm * 1e-6) - 1)
