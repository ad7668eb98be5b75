"""A film's recipe in words, for the page and the report: its stages, and the model of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from appliance.core.types import ModelInfo
from appliance.encode.report import StageReport
from appliance.enhance.recipe import find_recipe
from appliance.worker.later import LaterStage

if TYPE_CHECKING:
    from appliance.worker.making import Made, Making


def recipe_words(making: Making) -> tuple[str, tuple[str, ...]]:
    """The recipe's title, and its stages as far as they concern this film."""
    if making.course is not None:
        return making.course.recipe.title, making.course.words
    recipe = find_recipe("twin" if making.with_camera else "tape")
    return recipe.title, recipe.words


def stage_facts(making: Making, made: Made) -> tuple[StageReport, ...]:
    """Each stage with the model that did it; without one where it was done by rule."""
    _, words = recipe_words(making)
    early = words[: len(words) - len(made.stages)]
    kinds = [step.do for step in making.course.steps] if making.course else ["restore", "camera"]
    own = {"restore": made.model, "camera": made.guide}
    found = [fact(word, own.get(kind)) for word, kind in zip(early, kinds, strict=False)]
    return (*found, *later_facts(made.stages))


def later_facts(stages: Sequence[LaterStage]) -> tuple[StageReport, ...]:
    return tuple(fact(stage.words, stage.model) for stage in stages)


def fact(words: str, model: ModelInfo | None) -> StageReport:
    return StageReport(words, model.name, model.sha256) if model is not None else StageReport(words)
