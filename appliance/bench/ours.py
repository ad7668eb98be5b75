"""The product's own films of a bench tape, made by the same functions as those of a real one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from appliance.bench.clips import Standard
from appliance.core.types import ModelInfo, Picture, Plane
from appliance.enhance.manifest import has_model, load_model
from appliance.enhance.pipeline import answered, guide_question, restore
from appliance.enhance.placed import Told
from appliance.enhance.runtime import Runtime, open_session
from appliance.enhance.tape import TapeField
from appliance.register.lines import far_shifts, line_shifts

TIERS = ("live", "standard", "studio")
FLOAT = "-f32"  # ends the tier's name of a model's twin that was not quantised
GUIDE = "guide"

Seen = tuple[Picture, Plane]  # a registered guide, and 255 where it shows the scene


def tiers_there() -> tuple[str, ...]:
    """The tiers that this version has a model for, smallest first."""
    return tuple(tier for tier in TIERS if has_model(tier))


def model_or_none(tier: str) -> ModelInfo | None:
    return load_model(tier) if has_model(tier) else None


def tape_only(
    tape: Sequence[Picture],
    standard: Standard,
    model: ModelInfo,
    beside: Iterable[Seen] | None = None,
    closely: bool = False,
) -> list[Picture]:
    """Nothing of the camera is shown; one that films the same tells where the tape's lines belong.

    ``closely``: also of lines that stray less than the product's registration errs.
    """
    tell = Camera(beside, closely).tell if beside is not None else None
    return list(restore(tape, standard.order, open_session(model, "cpu"), tell=tell))


class Camera:
    """A registered camera's pictures, one a field."""

    def __init__(self, seen: Iterable[Seen], closely: bool) -> None:
        self._seen, self._closely = iter(seen), closely

    def tell(self, field: TapeField) -> Told:
        picture, there = next(self._seen)
        found = line_shifts(field.field.y, picture.y, there, field.field.bottom)
        found = found if self._closely else far_shifts(found)
        return found.px, found.variance


def guided(films: Sequence[Picture], seen: Iterable[Seen], model: ModelInfo | None) -> list[Picture]:
    """The films with the camera's help: by the guide net, or by rule where ``model`` is None."""
    runtime: Runtime | None = open_session(model, "cpu") if model else None
    both = zip(films, seen, strict=True)
    questions = (guide_question(film, *one, 1.0, runtime is not None) for film, one in both)
    return list(answered(questions, runtime))


def unseen(seen: Iterable[Seen]) -> Iterable[Seen]:
    """The same guides, where none shows anything of the scene."""
    return ((picture, np.zeros_like(coverage)) for picture, coverage in seen)
