"""``twinreel adapt``: a model of a tape's own, kept only if it does better on what it was not tuned on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from appliance.adapt.estimate import Findings
from appliance.adapt.material import Sighting, Stretch, Wear, glimpses, judge, played_again, wear_of
from appliance.adapt.publish import publish
from appliance.adapt.tuning import Course, Example, Glimpse, Tuner, parts
from appliance.adapt.verdict import Verdict
from appliance.adapt.windows import windows_of
from appliance.core.config import Config
from appliance.core.media import probe
from appliance.core.paths import check_writable
from appliance.core.problems import Problem
from appliance.core.types import FieldOrder, ModelInfo
from appliance.enhance.limits import check_size
from appliance.enhance.manifest import load_model
from appliance.enhance.runtime import Runtime, open_session
from appliance.worker.files import camera_films, wanted_order
from appliance.worker.film import piece_views
from appliance.worker.guides import Guide
from appliance.worker.making import guides_of
from appliance.worker.models import Models
from appliance.worker.reel import Piece, piece_of, tape_pictures
from appliance.worker.steps import register_piece, sync_piece

TUNED_BLOCKS = {"live": 2, "standard": 2}
STRETCHES, FRAMES = 8, 14  # of the tape, spread over all of it, and tape frames of each
LEAST_STRETCHES = 4
HELD_BACK = 4  # every fourth stretch is
SETTLED = 6  # fields of a stretch until its windows are whole and a camera is followed
DRAWS = 2  # simulated tapes for each stretch
STEPS, RATE = 500, 5e-4
LEAST_S = 20.0  # for learning, however late it has become
LOOKED, PLAYED, LEARNT = 0.3, 0.5, 0.92  # how far all is when this is done
Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class AdaptJob:
    tape: Path
    cameras: tuple[Path, ...]
    out: Path  # a folder
    tier: str = "live"
    minutes: float = 8.0
    field_order: str = "auto"
    force: bool = False


@dataclass(frozen=True)
class Adapted:
    """``kept`` False: the shipped model does as well, and nothing was written."""

    out: Path
    tier: str
    kept: bool
    findings: Findings
    verdict: Verdict
    with_camera: bool
    seconds: float
    cpu_seconds: float

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "out": str(self.out)}

    def sentence(self) -> str:
        if self.kept:
            return f"{self.verdict.sentence()} Use it: twinreel enhance --model {self.out}"
        return f"The shipped model stays, for tuning it did not help enough. {self.verdict.sentence()}"


@dataclass(frozen=True)
class Material:
    examples: list[Example]
    glimpses: list[Glimpse]
    held: list[Stretch]
    wear: Wear


def adapt_tape(job: AdaptJob, config: Config, tell: Tell) -> Adapted:
    """Raises Problem for what cannot be tuned. The folder appears whole at the end, or not at all."""
    wall, cpu = time.monotonic(), time.process_time()
    check_job(job)
    films, _ = camera_films(job.cameras)
    piece = piece_of(0, probe(job.tape), films)
    order = order_of(job, piece)
    starts = starts_of(piece)
    model = load_model(job.tier)
    shipped = open_session(model, "cpu", config.enhance.threads)
    tuner = Tuner(Path(model.path), job.tier, TUNED_BLOCKS[job.tier], config.enhance.threads)
    guides = guides_for(piece, order, config, shipped, tell)
    stretches = (stretch_of(piece, start, order, guides, shipped) for start in starts)
    material = gather(stretches, len(starts), order, tuner, tell)
    until_s = max(wall + 60 * job.minutes, time.monotonic() + LEAST_S)
    light = material.wear.light
    course = Course(STEPS, RATE, until_s, tuple(light.response), light.noise)
    learning = partial(tell_learning, tell)
    net = tuner.learn(material.examples, material.glimpses, course, learning)
    with TemporaryDirectory(prefix="twinreel-adapt-") as name:
        folder = Path(name)
        tuner.export(net, folder, job.tier)
        tell(LEARNT, "Comparing it with the shipped model")
        tuned = open_session(model_in(folder, model), "cpu", config.enhance.threads)
        verdict = judge(material.held, material.wear, order, shipped.answer, tuned.answer)
        if verdict.keep:
            publish(folder, job.out, job.tier, job.tape.name, verdict.sentence())
    tell(1.0, "Done")
    spent = time.monotonic() - wall, time.process_time() - cpu
    return Adapted(job.out, job.tier, verdict.keep, material.wear.findings, verdict, bool(guides), *spent)


def tell_learning(tell: Tell, part: float) -> None:
    tell(part_of(PLAYED, LEARNT, part), "Tuning")


def part_of(begin: float, end: float, part: float) -> float:
    return begin + (end - begin) * part


def gather(stretches: Iterator[Stretch], count: int, order: FieldOrder, tuner: Tuner, tell: Tell) -> Material:
    """All of them are looked at first: the tape's wear is what most of them show."""
    every = []
    for number, stretch in enumerate(stretches, 1):
        every.append(stretch)
        tell(LOOKED * number / count, "Looking at the tape")
    wear = wear_of(every)
    held = [stretch for number, stretch in enumerate(every) if number % HELD_BACK == 1]
    others = [stretch for number, stretch in enumerate(every) if number % HELD_BACK != 1]
    examples: list[Example] = []
    for seed in range(DRAWS * len(others)):
        tell(
            part_of(LOOKED, PLAYED, seed / (DRAWS * len(others))),
            f"Playing it again: {wear.findings.sentence()}",
        )
        pairs = played_again(others[seed // DRAWS], wear, order, seed)
        examples += [Example(tuner.reached(window.packed), window.missing(truth)) for window, truth in pairs]
    seen = [one for stretch in others for one in glimpses(stretch, wear.light, tuner.reached)]
    return Material(examples, seen, held, wear)


def stretch_of(
    piece: Piece, start: int, order: FieldOrder, guides: Sequence[Guide], shipped: Runtime
) -> Stretch:
    pictures = list(islice(tape_pictures(piece, start), FRAMES))
    windows = list(windows_of(pictures, order))[SETTLED:-SETTLED]
    sightings: list[Sighting | None] = [None] * len(windows)
    if guides:
        views = list(islice(piece_views(piece, order, guides, shipped, start), 2 * len(pictures)))
        lying = [view.lying for view in views[SETTLED:-SETTLED]]
        sightings = [(one.camera, one.coverage) if one else None for one in lying]
    films = [window.finished(shipped.answer(window.packed[None])) for window in windows]
    return Stretch(windows, films, sightings)


def guides_for(
    piece: Piece, order: FieldOrder, config: Config, shipped: Runtime, tell: Tell
) -> tuple[Guide, ...]:
    """A camera that was placed on the tape's clock and in its picture, as for a film."""
    if not piece.cameras:
        return ()
    synced = sync_piece(piece, lambda part, text: tell(0.0, text), order)
    registered = register_piece(piece, synced, order, lambda part: tell(0.0, "Finding the camera's place"))
    return guides_of(piece, synced, registered, config, Models("live", shipped))


def starts_of(piece: Piece) -> list[int]:
    """The first frames of stretches that lie evenly over the tape, end to end where it is short."""
    count = min(STRETCHES, piece.frames // FRAMES)
    if count < LEAST_STRETCHES:
        raise too_short(piece)
    room = piece.frames - FRAMES
    return [round(room * number / (count - 1)) for number in range(count)]


def order_of(job: AdaptJob, piece: Piece) -> FieldOrder:
    order, _ = wanted_order(job.field_order, piece)
    if order == "progressive":
        raise Problem(
            "adapt-progressive",
            f"No model can be tuned for {job.tape.name}",
            "Its pictures are whole ones; a tape is played again as fields.",
            "Restore it with a shipped model; or name its fields with --field-order if that is wrong.",
        )
    return order


def model_in(folder: Path, like: ModelInfo) -> ModelInfo:
    path = folder / f"{like.tier}.onnx"
    return ModelInfo(like.name, str(path), "", like.tier, like.window)


def check_job(job: AdaptJob) -> None:
    """Refuse before the work what would fail after it."""
    if job.tier not in TUNED_BLOCKS:
        raise Problem(
            "adapt-tier",
            f"The tier {job.tier} cannot be tuned",
            f"Those that can are {' and '.join(TUNED_BLOCKS)}.",
            "Choose one of these.",
        )
    if job.out.exists() and not job.force:
        raise Problem(
            "output-exists",
            f"{job.out} is there already",
            "A folder of that name was made before, and nothing is written over unasked.",
            "Choose another name, or add --force.",
        )
    parts()
    info = probe(job.tape)
    check_size(info.width, info.height, job.tape.name)
    check_writable(job.out.resolve().parent)


def too_short(piece: Piece) -> Problem:
    return Problem(
        "adapt-short",
        f"{piece.tape.path.name} is too short for a model of its own",
        f"It has {piece.frames} frames; {LEAST_STRETCHES * FRAMES} are needed: some to learn from, others to"
        " see whether that has helped.",
        "Restore it with a shipped model, or tune one on a longer recording of the same tape.",
    )
