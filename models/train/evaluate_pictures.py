"""What the exported nets of whole pictures make of held-out pieces, beside what they were given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from appliance.enhance.pack import NOTHING
from models.train.batches import Example
from models.train.evaluate import open_model
from models.train.plan import Plan

EXAMPLES = 200
Scores = dict[str, dict[str, float]]


def evaluate_pictures(draw: Callable[[np.random.Generator], Example], folder: Path, plan: Plan) -> Scores:
    """In decibels, means over crops; ``given`` is the middle picture, enlarged where the net enlarges."""
    rng = np.random.default_rng(4)
    examples = [draw(rng) for _ in range(EXAMPLES)]
    names = (plan.tier, f"{plan.tier}-s8", f"{plan.tier}-f32")
    found = {"given_psnr_y": mean_db([missing[:16] for _, missing in examples])}
    found["given_psnr_c"] = mean_db([missing[16:] for _, missing in examples])
    for name in names:
        answer = open_model(folder / f"{name}.onnx").answer
        errors = [
            missing - (answer(asked[None].astype(np.uint8)).astype(np.float32) - NOTHING)
            for asked, missing in examples
        ]
        found[f"{name}_psnr_y"] = mean_db([error[:16] for error in errors])
        found[f"{name}_psnr_c"] = mean_db([error[16:] for error in errors])
    return {"held-out": found}


def mean_db(errors: list[np.ndarray]) -> float:
    squares = [max(float(np.mean(np.square(error))), 1e-2) for error in errors]
    return float(np.mean([10 * np.log10(255**2 / square) for square in squares]))
