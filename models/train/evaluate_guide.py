"""What the guide's net gains on held-out films, with guides that lie well, badly, and somewhere else."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from appliance.core.types import Picture
from appliance.enhance.guided import SURE, add_guided, match_low, pack_guide, trust_map
from appliance.enhance.runtime import Runtime
from models.train.evaluate import Scores, compare, means, open_model, truths_of
from models.train.guide_data import Films, as_picture, see
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
            seen = [guide_of(truth, rng, off_px) for truth in truths_of(pieces, scene)]
            made = [guided(*pair, runtime) for pair in zip(alone, seen, strict=True)]
            for key, value in compare(made, truths).items():
                found[wear][f"{case}_{key}"].append(value)
    return {wear: means(found[wear]) for wear in WEARS if wear in found}


def guide_of(truth: Picture, rng: np.random.Generator, off_px: float) -> Picture:
    return as_picture(see((truth.y, truth.u, truth.v), rng, off_px))


def guided(film: Picture, guide: Picture, runtime: Runtime) -> Picture:
    """As the product does it, with a camera that sees the whole scene."""
    conf = trust_map(film.y, guide.y, np.full_like(film.y, SURE), 1.0)
    return add_guided(film, runtime.answer(pack_guide(film, match_low(film, guide), conf)), conf)
