"""What a model of a tape's own gains over the shipped one, on clips and tapes that no training saw.

The tape alone is restored before and after, whatever the tuning was shown; the truth is shown to neither.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import mean

from appliance.bench.clips import COLUMNS, Full, Standard, read_scene, standard_of, truth_of
from appliance.bench.material import LEAD, SKIP, SWITCH_ROWS
from appliance.bench.metrics import above, psnr_y
from appliance.bench.pairs import LOOP_FIELDS, ORDERS, write, write_pair
from appliance.bench.quality import Tell, Wanted, find_samples
from appliance.bench.tape import record
from appliance.bench.wear import wear_named
from appliance.core.config import Config
from appliance.core.media import read_pictures
from appliance.core.types import ModelInfo, Picture
from appliance.encode.writer import FilmSpec
from appliance.enhance.manifest import load_model
from appliance.enhance.pipeline import restore
from appliance.enhance.runtime import open_session
from appliance.sim.sound import RATE_HZ, tape_sound
from appliance.worker.adapting import Adapted, AdaptJob, adapt_tape

FIELDS = 128  # of a tape alone
REQUIRED_DB, REQUIRED_MINUTES = 0.3, 10.0


@dataclass(frozen=True)
class AdaptScore:
    """PSNR-Y of the whole tape's film; a model that was not kept gains nothing and costs nothing."""

    clip: str
    wear: str
    camera: bool
    kept: bool
    before: float
    after: float
    said: str
    minutes: float
    cpu_minutes: float

    @property
    def gain(self) -> float:
        return self.after - self.before if self.kept else 0.0


def measure_adapt(wanted: Wanted, minutes: float, camera: bool, tell: Tell) -> list[AdaptScore]:
    """With the first of the wanted tiers."""
    samples = find_samples(wanted)
    found = []
    for number, sample in enumerate(samples):
        tell(number / len(samples), f"Tuning for {sample.name}")
        with tempfile.TemporaryDirectory(prefix="twinreel-bench-") as name:
            job, scene = prepare(sample.clip, sample.wear, sample.seed, camera, Path(name))
            wish = AdaptJob(*job, Path(name) / "model", wanted.own_tiers[0], minutes)
            made = adapt_tape(wish, Config(), lambda fraction, text: None)
            found.append(score(sample.clip, sample.wear, job[0], scene, made))
    tell(1.0, "Done")
    return found


def prepare(
    clip: Path, wear: str, seed: int, camera: bool, folder: Path
) -> tuple[tuple[Path, tuple[Path, ...]], Sequence[Full]]:
    """The files that are tuned on, and the scene of each field; it is repeated where a camera is there."""
    standard = standard_of(clip)
    if camera:
        distinct = read_scene(clip, standard, LOOP_FIELDS // 2 + 1, SKIP)
        scene = distinct + distinct[-2:0:-1]
        tape, film = write_pair(clip, standard, scene, wear, seed, folder)
        return (tape, (film,)), scene
    scene = read_scene(clip, standard, FIELDS, SKIP)
    rate = Fraction(standard.field_rate).limit_denominator(1001)
    spec = FilmSpec(
        COLUMNS,
        standard.rows,
        rate / 2,
        Fraction(4, 3) * Fraction(standard.rows, COLUMNS),
        codec="ffv1",
        pixel_format="yuv422p",
    )
    heard = tape_sound(seed, 0, int(FIELDS / standard.field_rate * RATE_HZ))
    path = folder / "tape.mkv"
    write(path, spec, record(scene, standard, wear_named(wear), seed), heard, ORDERS[standard.order])
    return (path, ()), scene


def score(clip: Path, wear: str, tape: Path, scene: Sequence[Full], made: Adapted) -> AdaptScore:
    standard = standard_of(clip)
    frames = list(read_pictures(tape))[: len(scene) // 2]
    truth = [truth_of(full, 0.0) for full in scene]
    models = [load_model(made.tier), *([load_model(made.tier, made.out)] if made.kept else [])]
    values = [film_psnr(frames, standard, model, truth) for model in models]
    said = made.verdict.sentence()
    minutes, cpu = made.seconds / 60, made.cpu_seconds / 60
    name = clip.stem.split("__")[-1]
    return AdaptScore(name, wear, made.with_camera, made.kept, values[0], values[-1], said, minutes, cpu)


def film_psnr(
    frames: Sequence[Picture], standard: Standard, model: ModelInfo, truth: Sequence[Picture]
) -> float:
    film = list(restore(frames, standard.order, open_session(model, "cpu")))
    some = slice(2 * LEAD, -2 * LEAD, 3)
    made, wanted = ([above(picture, SWITCH_ROWS) for picture in each[some]] for each in (film, truth))
    return psnr_y(made, wanted)


def adapt_rows(found: Sequence[AdaptScore]) -> Iterator[str]:
    """A line for each tape, the means of each wear, and what is asked."""
    yield f"{'':30} {'before':>7} {'after':>7} {'gain':>6}  minutes (processor's)"
    for row in found:
        after = f"{row.after:7.2f} {row.gain:+6.2f}" if row.kept else f"{'not kept':>7} {0:+6.2f}"
        spent = f"{row.minutes:7.1f} ({row.cpu_minutes:.1f})"
        yield f"{row.wear:5} {row.clip[:24]:24} {row.before:7.2f} {after}  {spent}   {row.said}"
    for wear in sorted({row.wear for row in found}):
        gains = [row.gain for row in found if row.wear == wear]
        yield f"{wear}: mean gain {mean(gains):+.2f} dB, least {min(gains):+.2f}, most {max(gains):+.2f}"
    fits = [row.gain for row in found if row.kept]
    if fits:
        enough = sum(gain >= REQUIRED_DB for gain in fits)
        yield f"kept on {len(fits)} of {len(found)}; {enough} gain {REQUIRED_DB} dB or more; asked: no loss"
