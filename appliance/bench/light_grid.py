"""Sync by light against the truth: two cameras film a drawn stage, each in its own way, or two stages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console
from rich.table import Table

from appliance.bench.light_scene import Eye, Frame, Stage, filmed
from appliance.core.types import SyncEstimate
from appliance.sync.light import estimate_light
from appliance.sync.light_curve import LightCurve, read_light

TAPES = ((25.0, "tff"), (30000 / 1001, "bff"))
CAMERA_RATES = (25.0, 30000 / 1001, 30.0, 50.0)
LENGTHS_S = (15.0, 30.0, 60.0, 120.0)
FLASHES_A_SECOND = 0.25
DRIFT_PPM = 200.0
LOOKS = 5  # moments of each pair at which the error is taken
FIELD_MS = 20.0
STRANGER = 500_000
ALLOWED_MS = {True: FIELD_MS, False: 2 * FIELD_MS}  # with flashes, and without


@dataclass(frozen=True)
class LightCase:
    """``offset_s`` of the stage's time passes before the camera begins; below 0 it begins first."""

    seed: int
    tape: Eye
    camera: Eye
    tape_s: float
    camera_s: float
    offset_s: float
    ppm: float
    busy: float
    flashes: float
    related: bool = True

    @property
    def label(self) -> str:
        scan = "i" if self.tape.order != "progressive" else "p"
        lit = "flashes" if self.flashes else "no flash"
        rates = f"{self.tape.rate:.4g}{scan} {self.camera.rate:.4g}p"
        return f"{self.camera_s:.0f}s {rates} {lit} busy {self.busy:.1f} {self.ppm:+.0f}ppm"


@dataclass(frozen=True)
class LightRow:
    """``error_ms``: the worst over the time that both films share; None where they were not placed."""

    label: str
    flashes: bool
    related: bool
    confidence: float
    error_ms: float | None
    seconds: float

    @property
    def accepted(self) -> bool:
        return self.error_ms is not None


def light_rows(
    count: int, seed: int = 1, on_row: Callable[[LightRow], None] = lambda _row: None
) -> list[LightRow]:
    """``count`` pairs of each kind: related and not, with flashes and without."""
    rows = []
    for case in draw_light(count, seed):
        rows.append(measured(case))
        on_row(rows[-1])
    return rows


def draw_light(count: int, seed: int) -> Iterator[LightCase]:
    for number in range(count):
        for kind in range(4):
            rng = np.random.default_rng([seed, number, kind])
            yield draw_case(rng, 1000 * seed + 4 * number + kind, bool(kind % 2), kind < 2)


def draw_case(rng: np.random.Generator, seed: int, flashes: bool, related: bool) -> LightCase:
    rate, order = TAPES[int(rng.integers(len(TAPES)))]
    camera_s = float(rng.choice(LENGTHS_S))
    tape_s = camera_s * float(rng.uniform(0.8, 2.0))
    together_s = min(camera_s, tape_s)
    return LightCase(
        seed,
        Eye(rate, framing(rng, 0.8), "tff" if order == "tff" else "bff", 0.018, noise=rng.uniform(2, 6)),
        camera_of(rng),
        tape_s,
        camera_s,
        offset_s=float(rng.uniform(-0.3 * together_s, tape_s - 0.7 * together_s)),
        ppm=float(rng.uniform(-DRIFT_PPM, DRIFT_PPM)),
        busy=float(rng.uniform(0.3, 0.8)),
        flashes=FLASHES_A_SECOND if flashes else 0.0,
        related=related,
    )


def camera_of(rng: np.random.Generator) -> Eye:
    return Eye(
        float(rng.choice(CAMERA_RATES)),
        framing(rng, 0.9),
        exposure_s=float(rng.uniform(0.008, 0.02)),
        readout_s=float(rng.uniform(0.0, 0.02)),
        gain=float(rng.uniform(0.8, 1.3)),
        gamma=float(rng.uniform(0.75, 1.1)),
        noise=float(rng.uniform(1, 4)),
        automatic=float(rng.uniform(0, 0.8)),
        flicker=float(rng.choice([0.0, 0.03])),
        seed=1,
    )


def framing(rng: np.random.Generator, width: float) -> Frame:
    """A part of the stage about so wide, about in its middle."""
    wide = width * float(rng.uniform(0.85, 1.1))
    left, top = (0.5 + rng.uniform(-0.07, 0.07, 2) - wide / 2).tolist()
    return left, top, left + wide, top + wide


def measured(case: LightCase) -> LightRow:
    tape, camera = curves(case)
    begun_s = time.monotonic()
    found = estimate_light(tape, camera)
    seconds = time.monotonic() - begun_s
    error_ms = None if found.offset_s is None else worst_ms(case, found)
    return LightRow(case.label, case.flashes > 0, case.related, found.confidence, error_ms, seconds)


def curves(case: LightCase) -> tuple[LightCurve, LightCurve]:
    """What both devices made of it; an unrelated camera films another stage."""
    end_s = max(case.tape_s, case.offset_s + 1.001 * case.camera_s) + 1
    facts = (end_s, case.busy, case.flashes)
    stage = Stage(case.seed, *facts)
    other = stage if case.related else Stage(case.seed + STRANGER, *facts)
    tape = read_light(filmed(stage, case.tape, 0.0, case.tape_s), case.tape.order, case.tape.rate)
    eye = replace(case.camera, seed=case.seed + 1)
    film = filmed(other, eye, case.offset_s, case.camera_s, case.ppm)
    return tape, read_light(film, eye.order, eye.rate)


def worst_ms(case: LightCase, found: SyncEstimate) -> float:
    faster = 1 + case.ppm * 1e-6
    begin_s, end_s = max(0.0, -case.offset_s), min(case.camera_s, case.tape_s - case.offset_s)
    times_s = np.linspace(begin_s, end_s, LOOKS)
    return float(1e3 * max(abs(found.tape_time(t) - case.offset_s - faster * t) for t in times_s))


def print_light(rows: Sequence[LightRow], width: int = 120) -> None:
    """Errors, and how many were taken for what they are, on stdout."""
    table = Table(title=f"By light; a field is {FIELD_MS:.0f} ms", title_justify="left")
    for head in ("pairs", "accepted", "median ms", "99 % ms", "99 % fields", "required", ""):
        table.add_column(head, justify="left" if head == "pairs" else "right", no_wrap=True)
    for flashes in (True, False):
        table.add_row(*summary(rows, flashes))
        strangers = [row for row in rows if row.flashes is flashes and not row.related]
        refused = f"{sum(not row.accepted for row in strangers)} of {len(strangers)} refused"
        table.add_row(f"unrelated, {'flashes' if flashes else 'no flash'}", refused)
    Console(width=width).print(table)


def summary(rows: Sequence[LightRow], flashes: bool) -> list[str]:
    name = "related, flashes" if flashes else "related, no flash"
    pairs = [row for row in rows if row.flashes is flashes and row.related]
    errors = [row.error_ms for row in pairs if row.error_ms is not None]
    accepted = f"{len(errors)} of {len(pairs)}"
    if not errors:
        return [name, accepted]
    middle, most = np.percentile(errors, [50, 99])
    allowed = ALLOWED_MS[flashes]
    verdict = "holds" if most < allowed else "falls short"
    fields = f"{most / FIELD_MS:.2f}"
    return [name, accepted, f"{middle:.1f}", f"{most:.1f}", fields, f"{allowed:.0f} ms", verdict]
