"""What a recipe would make of a film, worked out before its first picture; refuses what cannot go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from appliance.core.problems import Problem
from appliance.enhance.recipe import Recipe, Step, nearest, refused, wrong

LEAST_PX = 32  # each way
LEAST_SQUEEZED_PX = 64  # x265 writes beyond its memory where a picture is smaller than its largest block
MOST_PX = 4096 * 3072  # of one picture; with more, a few of them in a row take the memory that there is
MOST_RATE = 240
MOST_MOMENTS = 16  # pictures that one of the tape may become
FIRST = "Put it first."
WHOLE = 'Put a stage do = "restore" before it; or, if its pictures are whole, add --field-order progressive.'


@dataclass(frozen=True)
class Shape:
    """The pictures between two stages; ``stretch``: how many times as long as the recording they play."""

    width: int
    height: int
    rate: Fraction
    frames: int
    interlaced: bool = False
    has_camera: bool = False
    stills: bool = False  # a folder of them: without time
    stretch: int = 1
    moments: int = 1  # for each picture that the later stages are given

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def words(self) -> str:
        scan = ", interlaced" if self.interlaced else ""
        return f"{self.width} × {self.height} at {float(self.rate):.4g} pictures/s{scan}"


@dataclass(frozen=True)
class NetFacts:
    """What there is to know of a net before it is opened."""

    name: str
    scale: int = 1
    task: str = "pictures"  # or "between": it makes pictures between pictures
    own: Path | None = None  # the folder that a model of the user's own lies in
    fits: Callable[[int, int], None] = lambda width, height: None  # raises Problem for pictures too large


@dataclass(frozen=True)
class Course:
    """The stages that this film goes through; what does not concern it is left out."""

    recipe: Recipe
    steps: tuple[Step, ...]
    shapes: tuple[Shape, ...]  # one more than steps: before and after each
    nets: Mapping[str, NetFacts] = field(default_factory=dict)

    @property
    def result(self) -> Shape:
        return self.shapes[-1]

    @property
    def later(self) -> tuple[Step, ...]:
        """Those that go on with whole pictures."""
        return tuple(step for step in self.steps if step.do in LATER)

    @property
    def restores(self) -> bool:
        return self.step("restore") is not None

    def step(self, do: str) -> Step | None:
        return next((step for step in self.steps if step.do == do), None)

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(step.words for step in self.steps)


@dataclass(frozen=True)
class Asked:
    """A stage, what comes into it, and what came before."""

    recipe: Recipe
    step: Step
    film: Shape
    shape: Shape
    done: tuple[str, ...]
    nets: Mapping[str, NetFacts]
    restored_scale: int

    def refuse(self, cause: str, remedy: str) -> Problem:
        return refused("recipe-unfit", self.recipe.name, self.step, cause, remedy)


def course_of(recipe: Recipe, film: Shape, nets: Mapping[str, NetFacts], restored_scale: int = 1) -> Course:
    """``nets`` by the name that a recipe calls them; ``restored_scale``: of the tape's tier.

    Raises Problem ("recipe-unfit", "recipe-model") that names recipe, stage and what to change.
    """
    steps: list[Step] = []
    shapes = [film]
    for step in recipe.steps:
        done = tuple(earlier.do for earlier in steps)
        asked = Asked(recipe, step, film, shapes[-1], done, nets, restored_scale)
        if left_out(asked):
            continue
        made = RULES[step.do](asked)
        check_limits(asked, made)
        steps.append(step)
        shapes.append(made)
    if not steps:
        raise wrong(
            "recipe-unfit", recipe.name, "None of its stages concerns this film.", "Choose another one."
        )
    return Course(recipe, tuple(steps), tuple(shapes), nets)


def left_out(asked: Asked) -> bool:
    """A stage that was only wanted where there is something to do for it."""
    options = asked.step.options
    if asked.step.do == "restore":
        return bool(options["if_interlaced"]) and not asked.shape.interlaced
    if asked.step.do == "camera":
        return bool(options["if_there"]) and not (asked.shape.has_camera and "restore" in asked.done)
    return False


def after_restore(asked: Asked) -> Shape:
    if asked.shape.stills:
        raise asked.refuse("restores tapes, and this is a folder of stills", "Leave the stage out.")
    if asked.done:
        raise asked.refuse("comes too late: it reads the tape's own fields", FIRST)
    shape, scale = asked.shape, asked.restored_scale
    return replace(
        shape,
        width=scale * shape.width,
        height=scale * shape.height,
        rate=2 * shape.rate,
        frames=2 * shape.frames,
        interlaced=False,
    )


def after_camera(asked: Asked) -> Shape:
    if not asked.shape.has_camera:
        remedy = "Name its film with --camera, or leave the stage out (if_there = true does so by itself)."
        raise asked.refuse("has no camera to take detail from", remedy)
    if asked.done[-1:] != ("restore",):
        raise asked.refuse("guides what was restored just before", "Put it right after a stage restore.")
    return asked.shape


def after_look(asked: Asked) -> Shape:
    if not asked.done or asked.done[-1] not in ("restore", "camera"):
        raise asked.refuse("needs the restored tape as it was made", "Put it right after restore or camera.")
    return asked.shape


def after_net(asked: Asked) -> Shape:
    check_whole(asked)
    net = needed(asked, str(asked.step.options["model"]), "pictures")
    width, height = (net.scale * side for side in (asked.shape.width, asked.shape.height))
    return replace(asked.shape, width=width, height=height)


def after_slower(asked: Asked) -> Shape:
    times = check_between(asked)
    shape = asked.shape
    return replace(
        shape, frames=times * shape.frames, stretch=times * shape.stretch, moments=times * shape.moments
    )


def after_smoother(asked: Asked) -> Shape:
    times = check_between(asked)
    shape = asked.shape
    return replace(shape, frames=times * shape.frames, rate=times * shape.rate, moments=times * shape.moments)


def after_squeeze(asked: Asked) -> Shape:
    check_whole(asked)
    shrink = int(asked.step.options["shrink"])
    width, height = (squeezed_side(side, shrink) for side in (asked.shape.width, asked.shape.height))
    if min(width, height) < LEAST_SQUEEZED_PX:
        cause = f"would make pictures of {width} × {height}, and x265 takes no less than 64 × 64"
        raise asked.refuse(cause, "Choose a larger film, or leave the stage out.")
    return replace(asked.shape, width=width, height=height)


def squeezed_side(side: int, shrink: int) -> int:
    """Even, as x265 takes it."""
    return side // (2 * shrink) * 2


RULES = {
    "restore": after_restore,
    "camera": after_camera,
    "look": after_look,
    "net": after_net,
    "slower": after_slower,
    "smoother": after_smoother,
    "squeeze": after_squeeze,
}
LATER = ("net", "slower", "smoother", "squeeze")


def check_whole(asked: Asked) -> None:
    if asked.shape.interlaced:
        raise asked.refuse("works on whole pictures, and this film is interlaced", WHOLE)


def check_between(asked: Asked) -> int:
    """Pictures between pictures; says how many times as many there will be."""
    check_whole(asked)
    if asked.shape.stills:
        raise asked.refuse("needs a film: stills have no time", "Leave the stage out.")
    if "restore" in asked.done and not asked.film.interlaced:
        remedy = "Leave restore out, or give it if_interlaced = true."
        raise asked.refuse("would find every picture twice: a progressive film was restored before", remedy)
    needed(asked, str(asked.step.options["model"]), "between")
    return int(asked.step.options["times"])


def needed(asked: Asked, name: str, task: str) -> NetFacts:
    fit = [net.name for net in asked.nets.values() if net.task == task]
    net = asked.nets.get(name)
    if net is not None and net.task == task:
        check_memory(asked, net)
        return net
    if net is not None:
        cause, remedy = (
            f"cannot use the model '{name}', which was made for something else",
            nearest(name, fit),
        )
    else:
        cause = f"needs the model '{name}', which is not there"
        remedy = f"{nearest(name, fit) if fit else ''} `twinreel models add` takes one of your own.".strip()
    raise refused("recipe-model", asked.recipe.name, asked.step, cause, remedy)


def check_memory(asked: Asked, net: NetFacts) -> None:
    try:
        net.fits(asked.shape.width, asked.shape.height)
    except Problem as problem:
        cause = f"cannot use the model '{net.name}': {problem.issue.cause.rstrip('.')}"
        raise asked.refuse(cause, problem.issue.remedy) from problem


def check_limits(asked: Asked, made: Shape) -> None:
    shape = asked.shape
    if asked.step.do != "camera" and min(shape.width, shape.height, made.width, made.height) < LEAST_PX:
        cause = f"needs pictures of {LEAST_PX} × {LEAST_PX} or more, and would have {made.words}"
        raise asked.refuse(cause, "Choose a larger film, or leave the stage out.")
    if made.pixels > MOST_PX:
        cause = f"would make pictures of {made.width} × {made.height}, and 4096 × 3072 is the most"
        raise asked.refuse(cause, "Choose a smaller film, or leave the stage out.")
    if made.rate > MOST_RATE:
        cause = f"would make {float(made.rate):.4g} pictures/s, and {MOST_RATE} is the most"
        raise asked.refuse(cause, "Use times = 2, or leave the stage out.")
    if made.moments > MOST_MOMENTS:
        cause = f"would make {made.moments} pictures of each one, and {MOST_MOMENTS} is the most"
        raise asked.refuse(cause, "Leave one of the stages slower and smoother out.")
