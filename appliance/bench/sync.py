"""``twinreel bench sync``: where it puts one recording on another, beside where it belongs."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from appliance.bench.light_grid import LightRow, light_rows
from appliance.bench.process import Cost, cost_of
from appliance.bench.sync_grid import (
    LEAST_CLAIM_DB,
    Case,
    Pair,
    draw_grid,
    draw_short,
    drift_ppm,
    make,
    make_clips,
)
from appliance.bench.sync_ours import ANSWER, compare
from appliance.bench.sync_peer import PeerAnswer, ask_peer, peer_there
from appliance.bench.sync_sound import LINEAR_SP_HZ, Library, Way, find_library, write_sound
from appliance.core.types import SyncEstimate

Tell = Callable[[float, str], None]
SEED = 31
HOURS = 2.0
CLIP_S, TAPE_HOURS, CLIPS = 90.0, 4.0, 3
STEP_S, STEP_SHIFT_S = 0.5, 0.005
LONG_S = 600.0  # from here on the drift is required
SHARE_GRID, SHARE_SHORT, LIGHT_BEGINS = 0.35, 0.15, 0.75


@dataclass(frozen=True)
class Wanted:
    data: Path | None
    cases: int = 30
    decisions: int = 100
    peer_cases: int = 8
    light: int = 20  # pairs of each kind: related or not, with flashes or without
    long: bool = True
    cache: Path = Path()


@dataclass(frozen=True)
class Row:
    """One pair: how far each common moment was from its place, and what the peer said."""

    label: str
    related: bool
    overlap_s: float
    estimate: SyncEstimate
    errors_ms: tuple[float, ...]
    drift_error_ppm: float
    steps_wanted: int
    steps_found: int  # of those, near enough
    steps_false: int
    seconds: float
    least_snr_db: float
    peer: PeerAnswer | None = None
    peer_error_ms: float = 0.0

    @property
    def accepted(self) -> bool:
        return self.estimate.offset_s is not None


@dataclass(frozen=True)
class SyncFigures:
    grid: tuple[Row, ...]
    related: tuple[Row, ...]
    unrelated: tuple[Row, ...]
    clips: tuple[Row, ...] = ()
    two_hours: Row | None = None
    cost: Cost | None = None
    peer: str = ""  # why there is none
    light: tuple[LightRow, ...] = ()


def measure_sync(wanted: Wanted, tell: Tell) -> SyncFigures:
    library = find_library(wanted.data)
    command = peer_there(wanted.cache) if wanted.peer_cases else None
    with tempfile.TemporaryDirectory(prefix="twinreel-bench-sync-") as name:
        folder = Path(name)

        def rows(cases: Iterable[Case], count: int, begin: float, share: float, text: str) -> tuple[Row, ...]:
            found = []
            for number, case in enumerate(cases):
                tell(begin + share * number / max(1, count), text)
                ask = command if number < wanted.peer_cases else None
                found.append(measure(make(case, library), folder, ask))
            return tuple(found)

        grid = rows(draw_grid(wanted.cases, SEED), wanted.cases, 0.0, SHARE_GRID, "The grid")
        count = wanted.decisions
        related = rows(draw_short(count, SEED, True), count, SHARE_GRID, SHARE_SHORT / 2, "Related pairs")
        half = SHARE_GRID + SHARE_SHORT / 2
        unrelated = rows(draw_short(count, SEED, False), count, half, SHARE_SHORT / 2, "Unrelated pairs")
        clips: tuple[Row, ...] = ()
        two, cost = None, None
        if wanted.long:
            tell(SHARE_GRID + SHARE_SHORT, "Clips of a minute and a half on a tape of four hours")
            clips = tuple(measure_clips(library, folder))
            tell(0.65, "Two hours against two hours")
            two, cost = measure_hours(library, folder)
        light = light_part(wanted.light, tell)
    why = "" if command else "audio-offset-finder could not be installed here"
    why = why if wanted.peer_cases else "not asked"
    return SyncFigures(grid, related, unrelated, clips, two, cost, why, light)


def light_part(count: int, tell: Tell) -> tuple[LightRow, ...]:
    tell(LIGHT_BEGINS, "By light")
    done: list[LightRow] = []

    def on_row(row: LightRow) -> None:
        done.append(row)
        tell(LIGHT_BEGINS + (1 - LIGHT_BEGINS) * len(done) / (4 * count), "By light")

    return tuple(light_rows(count, SEED, on_row))


def measure(pair: Pair, folder: Path, peer: Path | None) -> Row:
    tape, camera = written(pair, folder)
    begun_s = time.monotonic()
    estimate = compare(tape, camera)
    seconds = time.monotonic() - begun_s
    answer = ask_peer(peer, tape, camera) if peer else None
    return row_of(pair, estimate, seconds, answer)


def written(pair: Pair, folder: Path) -> tuple[Path, Path]:
    kbit_s = pair.case.kbit_s
    tape = write_sound(folder / "tape.wav", pair.tape)
    return tape, write_sound(folder / f"camera.{'m4a' if kbit_s else 'wav'}", pair.camera, kbit_s)


def row_of(pair: Pair, estimate: SyncEstimate, seconds: float, answer: PeerAnswer | None = None) -> Row:
    case = pair.case
    found_s = np.array([estimate.camera_time(float(t)) for t in pair.tape_s])
    near, false = judge_steps(estimate, pair.steps)
    lag_s = pair.tape_s - pair.camera_s
    accepted = estimate.offset_s is not None and case.related
    return Row(
        case.label,
        case.related,
        len(pair.tape_s) / 2,
        estimate,
        tuple(float(ms) for ms in 1e3 * np.abs(found_s - pair.camera_s)) if accepted else (),
        estimate.drift_ppm - drift_ppm(case),
        len(pair.steps),
        near,
        false,
        seconds,
        min(case.tape.snr_db, case.camera.snr_db),
        answer,
        1e3 * float(np.median(np.abs(answer.offset_s - lag_s))) if answer and len(lag_s) else 0.0,
    )


def judge_steps(estimate: SyncEstimate, wanted: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """How many of the losses were found near enough, and how many steps there are beside them."""
    near = sum(
        any(abs(s.t_tape_s - at_s) < STEP_S and abs(s.shift_s - by_s) < STEP_SHIFT_S for s in estimate.steps)
        for at_s, by_s in wanted
    )
    return near, len(estimate.steps) - near


def measure_clips(library: Library, folder: Path) -> Iterable[Row]:
    """Several clips of one camera against one long tape, in no order."""
    rng = np.random.default_rng(SEED)
    tape = Way(60.0, TAPE_HOURS * 3600, 30.0, 0.001, LINEAR_SP_HZ, 10.0)
    starts_s = rng.uniform(60.0, 60.0 + tape.length_s - CLIP_S, CLIPS)
    cameras = [Way(float(start_s), CLIP_S, -60.0, snr_db=6.0, room_s=0.5) for start_s in starts_s]
    for pair in make_clips([Case(SEED, tape, camera) for camera in cameras], library):
        yield measure(pair, folder, None)


def measure_hours(library: Library, folder: Path) -> tuple[Row, Cost]:
    tape = Way(100.0, HOURS * 3600, 60.0, 0.002, LINEAR_SP_HZ, 10.0, lost=((3000.0, 1.5),))
    camera = Way(130.0, HOURS * 3600, -50.0, snr_db=6.0, room_s=0.5)
    pair = make(Case(SEED, tape, camera), library)
    files = written(pair, folder)
    answer = folder / "answer.json"
    cost = cost_of([sys.executable, "-m", "appliance.bench.sync_ours", *map(str, files), str(answer)])
    return row_of(pair, ANSWER.validate_json(answer.read_bytes()), cost.seconds), cost


def claimed(rows: Iterable[Row]) -> list[Row]:
    """Those that must be accepted: quieter ones may be refused."""
    return [row for row in rows if row.least_snr_db >= LEAST_CLAIM_DB]


def pooled_ms(rows: Iterable[Row]) -> list[float]:
    return [ms for row in rows for ms in row.errors_ms] or [float("nan")]


def required(figures: SyncFigures) -> list[tuple[str, str, bool]]:
    """What is asked, what was found, whether it holds."""
    grid, errors = figures.grid, pooled_ms(figures.grid)
    median, worst = float(np.median(errors)), float(np.percentile(errors, 99))
    drifts = [abs(row.drift_error_ppm) for row in grid if row.accepted and row.overlap_s >= LONG_S - 60]
    steps, found = sum(r.steps_wanted for r in grid if r.accepted), sum(r.steps_found for r in grid)
    false, drift = sum(row.steps_false for row in grid), max(drifts, default=0.0)
    taken, refused = sum(r.accepted for r in figures.related), sum(not r.accepted for r in figures.unrelated)
    misplaced = sum(max(row.errors_ms, default=0.0) > 1e3 for row in (*figures.related, *grid))
    answers = [
        ("offset error, median < 1 ms", f"{median:.2f} ms", median < 1),
        ("offset error, 99 % < 5 ms", f"{worst:.2f} ms", worst < 5),
        ("accepted but at a wrong place: 0", f"{misplaced}", not misplaced),
        (
            "drift over ten minutes within 2 ppm",
            f"{drift:.2f} ppm",
            drift < 2,
        ),
        ("steps within 0.5 s and 5 ms", f"{found} of {steps}, {false} false", found == steps and not false),
        ("related pairs accepted", f"{taken} of {len(figures.related)}", taken == len(figures.related)),
        ("unrelated refused", f"{refused} of {len(figures.unrelated)}", refused == len(figures.unrelated)),
    ]
    if figures.clips:
        clips = max(pooled_ms(figures.clips))
        placed = sum(row.accepted for row in figures.clips)
        text = f"{placed} of {len(figures.clips)} placed, at most {clips:.2f} ms off"
        answers.append(("clips of 90 s on four hours within 5 ms", text, placed == CLIPS and clips < 5))
    if figures.cost:
        seconds, megabytes = figures.cost.seconds, figures.cost.peak_mb
        answers.append(("two hours against two hours in < 20 s", f"{seconds:.1f} s", seconds < 20))
        answers.append(("and in < 500 MB", f"{megabytes:.0f} MB", megabytes < 500))
    return answers
