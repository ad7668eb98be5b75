"""What the guide's net gains on held-out films, with guides that lie well, badly, and somewhere else."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from appliance.core.types import Picture
from appliance.enhance.guide import SEEN, inject
from appliance.enhance.pipeline import NO_ANSWER, guide_question
from appliance.enhance.runtime import Runtime
from models.train.evaluate import Scores, compare, means, open_model, truths_of
from models.train.guide_data import Films, Planes, matched, misplace, see
from models.train.prepare import TARGETS, WEARS, Pieces

CASES = {"guided_0.35px": 0.35, "guided_1.2px": 1.2, "guided_3px": 3.0, "guided_wrong": 0.35}


def evaluate_guide(pieces: Pieces, films: Films, folder: Path) -> Scores:
    runtime = open_model(folder / "guide.onnx")
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number in range(len(films.y)):
        truths, wear = truths_of(pieces, number), WEARS[pieces.wear[number]]
        alone = [Picture(films.y[number, t], *films.c[number, t], 0.0) for t in range(len(TARGETS))]
        for key, value in compare(alone, truths).items():
            found[wear][f"alone_{key}"].append(value)
        for case, off_px in CASES.items():
            rng = np.random.default_rng(number)
            scene = (number + 1) % len(films.y) if case == "guided_wrong" else number
            views = [view_of(truth, rng, off_px) for truth in truths_of(pieces, scene)]
            seen = [matched(*pair) for pair in zip(alone, views, strict=True)]
            for by, maker in ((case, by_net), (f"{case}_by_rule", by_rule)):
                made = [maker(*pair, runtime) for pair in zip(alone, seen, strict=True)]
                for key, value in compare(made, truths).items():
                    found[wear][f"{by}_{key}"].append(value)
    return {wear: means(found[wear]) for wear in WEARS if wear in found}


def view_of(truth: Picture, rng: np.random.Generator, off_px: float) -> Planes:
    return see(misplace((truth.y, truth.u, truth.v), rng, off_px), rng)


def by_net(film: Picture, guide: Picture, runtime: Runtime) -> Picture:
    """As the product does it, with a camera that sees the whole scene."""
    question = guide_question(film, guide, np.full_like(film.y, SEEN), 1.0, by_net=True)
    return question.finish(NO_ANSWER if question.fields is None else runtime.answer(question.fields))


def by_rule(film: Picture, guide: Picture, runtime: Runtime) -> Picture:
    return inject(film, guide, np.full_like(film.y, SEEN), 1.0)
