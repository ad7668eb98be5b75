"""``twinreel make``: a recipe on a film, on a take of the box, or on a folder of stills."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from appliance.core.config import Config, merge, validate
from appliance.core.media import probe
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.snapshot import JobProgress
from appliance.core.types import FieldOrder, Issue
from appliance.encode.report import StageReport
from appliance.enhance.course import Course, Shape, course_of
from appliance.enhance.nets import known_nets
from appliance.enhance.recipe import AUTO, Recipe, find_recipe
from appliance.takes.store import load_take
from appliance.worker.files import (
    FILM_SUFFIXES,
    camera_films,
    check_files,
    wanted_order,
    work_beside,
    work_kept_if_worth_it,
)
from appliance.worker.latencies import known_latencies
from appliance.worker.making import Making, single_film
from appliance.worker.models import scale_of
from appliance.worker.progress import Progress
from appliance.worker.reel import Piece, Reel, piece_of, reel_of_take
from appliance.worker.reporting import package
from appliance.worker.room import check_disk
from appliance.worker.stagewords import later_facts, stage_facts
from appliance.worker.still_folder import make_stills, read_stills

TAPE_ROWS, TAPE_RATES = (576, 486, 480, 288, 240), (Fraction(25), Fraction(30000, 1001))


@dataclass(frozen=True)
class RecipeJob:
    """``source`` is a film or a folder of stills; without one, ``take`` is a take's id on the box."""

    recipe: str
    out: Path
    source: Path | None = None
    take: str = ""
    cameras: tuple[Path, ...] = ()  # films, or folders of films
    look: str = ""
    amount: float = 1.0
    field_order: str = "auto"
    provider: str = "auto"
    force: bool = False
    cache: Path | None = None


@dataclass(frozen=True)
class RecipeResult:
    out: Path
    recipe: str
    stages: tuple[StageReport, ...]
    pictures: int
    width: int
    height: int
    rate: float
    provider: str
    issues: tuple[Issue, ...] = ()
    incomplete: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "out": str(self.out),
            "recipe": self.recipe,
            "stages": [asdict(stage) for stage in self.stages],
            "pictures": self.pictures,
            "width": self.width,
            "height": self.height,
            "rate": self.rate,
            "provider": self.provider,
            "issues": [issue.code for issue in self.issues],
        }

    def sentence(self) -> str:
        stages = ", ".join(stage.words for stage in self.stages)
        size = f"{self.width} × {self.height}"
        return f"{self.out}: {self.pictures} pictures of {size} by the recipe {self.recipe} ({stages})."


def make_by_recipe(
    job: RecipeJob, paths: Paths, config: Config, tell: Callable[[float, str], None]
) -> RecipeResult:
    """Raises Problem before the first picture for whatever cannot run."""
    if job.source is not None and job.source.is_dir() and not job.take:
        return of_stills(job, job.source, paths, config, tell)
    reel = reel_of(job, paths)
    check_files(job.out, [info.path for p in reel.pieces for info in (p.tape, *p.cameras)], job.force)
    longest = max(reel.pieces, key=lambda piece: piece.frames)
    recipe = chosen_recipe(job, paths.recipes, has_camera=has_camera(reel.pieces))
    order, said = order_of(job.field_order, longest, recipe)
    chosen = validate(merge(config.model_dump(), {"enhance": {"provider": job.provider}}), "of this command")
    course, chosen = course_for(recipe, reel.pieces, order, chosen, paths.models)
    if job.cameras and course.step("camera") is None:
        raise camera_unasked(course)
    check_disk(course, job.out, work_beside(job.out))
    making = Making(
        pieces_for(course, reel.pieces),
        order,
        work_beside(job.out),
        chosen,
        job.take or longest.tape.path.name,
        job.cache,
        issues=(*reel.issues, *said),
        course=course,
    )
    return made_film(making, course, job, tell)


def made_film(
    making: Making, course: Course, job: RecipeJob, tell: Callable[[float, str], None]
) -> RecipeResult:
    def on_progress(progress: JobProgress) -> None:
        tell(progress.fraction, progress.text)

    progress = Progress(making.title, on_progress)
    film = job.out.suffix.lower() in FILM_SUFFIXES and not job.out.is_dir()
    with work_kept_if_worth_it(making.work):
        made = single_film(making, job.out, progress) if film else package(making, job.out, progress)
    shutil.rmtree(making.work, ignore_errors=True)
    pictures = made.frames * making.per_frame * course.result.moments
    return result_of(course, job.out, pictures, stage_facts(making, made), made.provider, made.issues)


def result_of(
    course: Course,
    out: Path,
    pictures: int,
    facts: tuple[StageReport, ...],
    provider: str,
    issues: tuple[Issue, ...] = (),
) -> RecipeResult:
    shape = course.result
    return RecipeResult(
        out,
        course.recipe.name,
        facts,
        pictures,
        shape.width,
        shape.height,
        float(shape.rate),
        provider,
        issues,
        incomplete=any(issue.code == "cut-off" for issue in issues),
    )


def reel_of(job: RecipeJob, paths: Paths) -> Reel:
    if job.take and job.source is None:
        folder = paths.take(job.take)
        reel = reel_of_take(load_take(folder), folder, known_latencies(paths.latencies))
        if not reel.pieces:
            raise Problem(
                "take-empty",
                "This take holds no pictures",
                f"No tape frame of take {job.take} could be read.",
                "Choose another take.",
            )
        return reel
    if job.source is None or job.take:
        raise Problem(
            "recipe-input",
            "It is not clear what to work on",
            "Both a film and a take were named." if job.take else "Neither a film nor a take was named.",
            "Name a film or a folder of stills, or a take of this box with --take.",
        )
    cameras, unread = camera_films(job.cameras)
    return Reel((piece_of(0, probe(job.source), cameras),), unread)


def order_of(choice: str, piece: Piece, recipe: Recipe) -> tuple[FieldOrder, tuple[Issue, ...]]:
    """As for a tape; but of a clip that no tape can have given, what its file says is believed."""
    tape = piece.tape
    like_tape = recipe.for_tapes or (tape.height in TAPE_ROWS and tape.rate in TAPE_RATES)
    if choice == "auto" and tape.field_order == "progressive" and not like_tape:
        return "progressive", ()
    return wanted_order(choice, piece)


def chosen_recipe(job: RecipeJob, own: Path, has_camera: bool) -> Recipe:
    name = ("twin" if has_camera else "tape") if job.recipe == AUTO else job.recipe
    recipe = find_recipe(name, own)
    return recipe.with_look(job.look, job.amount) if job.look else recipe


def has_camera(pieces: Sequence[Piece]) -> bool:
    return any(piece.cameras for piece in pieces)


def course_for(
    recipe: Recipe, pieces: Sequence[Piece], order: FieldOrder, config: Config, own: Path | None = None
) -> tuple[Course, Config]:
    """What the recipe makes of these recordings, and the configuration with the recipe's own settings.

    ``own`` is the folder of the user's own models.
    """
    chosen = with_settings(config, recipe)
    tape = pieces[0].tape
    film = Shape(
        tape.width,
        tape.height,
        tape.rate,
        sum(piece.frames for piece in pieces),
        interlaced=order != "progressive",
        has_camera=has_camera(pieces),
    )
    course = course_of(recipe, film, known_nets(own), scale_of(chosen.enhance))
    look = course.step("look")
    if look is not None:
        looks = {"enhance": {"look": look.look_place}}
        chosen = validate(merge(chosen.model_dump(), looks), f"with the recipe {recipe.name}")
    return course, chosen


def with_settings(config: Config, recipe: Recipe) -> Config:
    """The tier and the camera's share are those of the recipe's stages."""
    steps = {step.do: step for step in recipe.steps}
    chosen: dict[str, Any] = {"guide_strength": 0.0}
    if "camera" in steps:
        chosen["guide_strength"] = config.enhance.guide_strength * steps["camera"].options["strength"]
    if "restore" in steps and steps["restore"].options["tier"] != AUTO:
        chosen["tier"] = steps["restore"].options["tier"]
    return validate(merge(config.model_dump(), {"enhance": chosen}), f"with the recipe {recipe.name}")


def pieces_for(course: Course, pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Without the camera where no stage asks for it: then it need not be placed either."""
    if course.step("camera") is not None:
        return tuple(pieces)
    return tuple(replace(piece, cameras=()) for piece in pieces)


def of_stills(
    job: RecipeJob, folder: Path, paths: Paths, config: Config, tell: Callable[[float, str], None]
) -> RecipeResult:
    stills = read_stills(folder)
    recipe = find_recipe(job.recipe, paths.recipes)
    film = Shape(stills.width, stills.height, stills.rate, len(stills.paths), stills=True)
    chosen = validate(merge(config.model_dump(), {"enhance": {"provider": job.provider}}), "of this command")
    course = course_of(recipe, film, known_nets(paths.models))
    stages = make_stills(stills, job.out, course, chosen, job.force, tell)
    provider = next((stage.provider for stage in stages if stage.provider), "cpu")
    return result_of(course, job.out, course.result.frames, later_facts(stages), provider)


def camera_unasked(course: Course) -> Problem:
    return Problem(
        "recipe-unfit",
        f"The recipe '{course.recipe.name}' does not look at a camera",
        f"Its stages are: {', '.join(course.words)}.",
        "Leave --camera out, or choose the recipe twin.",
    )
