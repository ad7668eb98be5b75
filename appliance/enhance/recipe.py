"""Recipes: the stages that a film goes through, as data. Read here, and refused where a word is not known."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from appliance.core.problems import Problem

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHIPPED = Path(__file__).parent / "recipes"
SUFFIX = ".toml"
AUTO = "auto"  # twin where there is a camera, else tape
BETWEEN = "interpolate"  # the net that makes pictures between pictures, unless another is named
FAITHFUL = 0.5
NEVER = object()  # the default of an option that has to be given


@dataclass(frozen=True)
class Option:
    """``allowed``: the only values; else numbers from ``least`` to ``most``, or any text."""

    default: Any = NEVER
    kind: type = str
    allowed: tuple[Any, ...] = ()
    least: float = 0
    most: float = 0

    def fits(self, value: Any) -> bool:
        if self.kind in (str, bool):
            return isinstance(value, self.kind) and (not self.allowed or value in self.allowed)
        if isinstance(value, bool) or not isinstance(value, (int, float) if self.kind is float else int):
            return False
        return value in self.allowed if self.allowed else self.least <= float(value) <= self.most

    @property
    def words(self) -> str:
        if self.allowed:
            return " or ".join(str(value) for value in self.allowed)
        if self.kind is bool:
            return "true or false"
        return "a name in quotes" if self.kind is str else f"a number from {self.least} to {self.most}"


SHARE = Option(1.0, float, least=0, most=1)
YES = Option(False, bool)
TIMES = {"times": Option(kind=int, allowed=(2, 4)), "model": Option(BETWEEN)}
KINDS: dict[str, dict[str, Option]] = {
    "restore": {"tier": Option("auto", allowed=("auto", "live", "standard", "studio")), "if_interlaced": YES},
    "camera": {"strength": SHARE, "if_there": YES},
    "look": {"name": Option("twin", allowed=("restored", "twin", "tape")), "amount": SHARE},
    "net": {"model": Option()},
    "slower": TIMES,
    "smoother": TIMES,
    "squeeze": {"crf": Option(28, int, least=0, most=51), "shrink": Option(2, int, allowed=(2,))},
}


@dataclass(frozen=True)
class Step:
    """One stage; ``options`` has a value for every option of its kind."""

    number: int  # from 1
    do: str
    options: Mapping[str, Any]

    @property
    def words(self) -> str:
        """As the page and the report name it."""
        named = {
            "restore": "restore the tape",
            "camera": "add the camera's detail",
            "look": f"look of {self.options.get('name')}, {self.options.get('amount', 1):.0%}",
            "net": f"{self.options.get('model')}",
            "slower": f"{self.options.get('times')} times as slow",
            "smoother": f"{self.options.get('times')} times the pictures",
            "squeeze": f"squeeze (x265, CRF {self.options.get('crf')})",
        }
        return named[self.do]

    @property
    def look_place(self) -> float:
        """Of a look: 0 is the tape's own, 0.5 the faithful film, 1 the twin."""
        mark = {"tape": 0.0, "restored": FAITHFUL, "twin": 1.0}[self.options["name"]]
        return FAITHFUL + float(self.options["amount"]) * (mark - FAITHFUL)


@dataclass(frozen=True)
class Recipe:
    name: str
    title: str
    about: str
    steps: tuple[Step, ...]

    def with_look(self, name: str, amount: float) -> Recipe:
        """In another look than the recipe itself has."""
        asked = read_step(self.name, 0, {"do": "look", "name": name, "amount": amount})
        kept = [step for step in self.steps if step.do != "look"]
        made = [step.do in ("restore", "camera") for step in kept]
        place = max((number for number, is_made in enumerate(made, 1) if is_made), default=len(kept))
        steps = [*kept[:place], asked, *kept[place:]]
        return replace(self, steps=tuple(replace(step, number=n) for n, step in enumerate(steps, 1)))

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(step.words for step in self.steps)

    @property
    def for_tapes(self) -> bool:
        """Whether it restores whatever it is given."""
        return any(step.do == "restore" and not step.options["if_interlaced"] for step in self.steps)


def find_recipe(word: str, own: Path | None = None) -> Recipe:
    """By name, the user's ``own`` folder first, or by the path of a TOML file. Raises Problem."""
    path = recipe_path(word, own)
    return read_recipe(text_of(path), path.stem)


def recipe_path(word: str, own: Path | None = None) -> Path:
    if word.endswith(SUFFIX) or "/" in word:
        path = Path(word)
        if path.is_file():
            return path
        raise unknown_recipe(word, f"There is no file {path}.", "Check its name.")
    for folder in (own, SHIPPED):
        if folder is not None and (folder / f"{word}{SUFFIX}").is_file():
            return folder / f"{word}{SUFFIX}"
    known = [path.stem for path in recipe_files(own)]
    raise unknown_recipe(word, f"The recipes are {', '.join(known)}.", nearest(word, known))


def recipe_files(own: Path | None = None) -> tuple[Path, ...]:
    """Every recipe's file, by name; the user's own hide shipped ones of the same name."""
    found = {path.stem: path for folder in (SHIPPED, own) if folder for path in folder.glob(f"*{SUFFIX}")}
    return tuple(found[name] for name in sorted(found))


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise wrong(
            "recipe-wrong", path.stem, f"{path} cannot be read: {error}.", "Check the file."
        ) from error


def read_recipe(text: str, name: str) -> Recipe:
    """Raises Problem "recipe-wrong", naming the stage and what was probably meant."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise wrong("recipe-wrong", name, f"It is not valid TOML: {error}.", "Correct that line.") from error
    for key in table:
        if key not in ("title", "about", "stage"):
            raise wrong(
                "recipe-wrong", name, f"There is no key '{key}'.", nearest(key, ("title", "about", "stage"))
            )
    for key in ("title", "about"):
        if not isinstance(table.get(key), str) or not table[key].strip():
            raise wrong(
                "recipe-wrong", name, f"It has no {key}.", f'Add a line {key} = "..." at its beginning.'
            )
    stages = table.get("stage")
    if not isinstance(stages, list) or not stages or not all(isinstance(s, dict) for s in stages):
        raise wrong("recipe-wrong", name, "It has no stage.", 'Add [[stage]] and below it a line do = "...".')
    steps = tuple(read_step(name, number, dict(stage)) for number, stage in enumerate(stages, 1))
    return Recipe(name, table["title"].strip(), table["about"].strip(), steps)


def read_step(name: str, number: int, given: dict[str, Any]) -> Step:
    do = given.pop("do", None)
    if not isinstance(do, str) or do not in KINDS:
        cause = f"has no kind {do!r}" if do else "does not say what to do"
        raise wrong("recipe-wrong", name, f"Stage {number} {cause}.", nearest(str(do), KINDS))
    options = KINDS[do]
    step = Step(number, do, {key: given.get(key, option.default) for key, option in options.items()})
    for key in given:
        if key not in options:
            raise refused("recipe-wrong", name, step, f"has no option '{key}'", nearest(key, options))
    for key, option in options.items():
        if step.options[key] is NEVER:
            raise refused(
                "recipe-wrong",
                name,
                step,
                f"does not say its {key}",
                f"Add a line {key} = ... ({option.words}).",
            )
        if not option.fits(step.options[key]):
            cause = f"cannot have {key} = {step.options[key]!r}"
            raise refused("recipe-wrong", name, step, cause, f"Give {key} {option.words}.")
    return step


def nearest(word: str, known: Iterable[str]) -> str:
    """What to do about a word that is not known."""
    known = list(known)
    close = get_close_matches(word, known, 1, 0.5)
    return f"{f'Did you mean {close[0]!r}? ' if close else ''}Use one of {', '.join(known)}."


def refused(code: str, name: str, step: Step, cause: str, remedy: str) -> Problem:
    return wrong(code, name, f"Stage {step.number} ({step.do}) {cause}.", remedy)


def wrong(code: str, name: str, cause: str, remedy: str) -> Problem:
    return Problem(code, f"The recipe '{name}' cannot run", cause, remedy)


def unknown_recipe(word: str, cause: str, remedy: str) -> Problem:
    see = "`twinreel recipes` tells what each does."
    return Problem("recipe-unknown", f"There is no recipe '{word}'", cause, f"{remedy} {see}")
