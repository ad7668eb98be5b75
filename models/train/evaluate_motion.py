"""What the exported flow nets make of held-out pieces, beside mixing and beside flow without a net."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.train.batches import Example
from models.train.evaluate import open_model
from models.train.motion_loss import light, shown
from models.train.plan import Plan

EXAMPLES = 200
Scores = dict[str, dict[str, float]]


def evaluate_motion(draw: Callable[[np.random.Generator], Example], folder: Path, plan: Plan) -> Scores:
    """In decibels of light, means over the pieces."""
    rng = np.random.default_rng(4)
    examples = [draw(rng) for _ in range(EXAMPLES)]
    names = (plan.tier, f"{plan.tier}-s8", f"{plan.tier}-f32")
    answers = {name: open_model(folder / f"{name}.onnx").answer for name in names}
    found: dict[str, list[float]] = {}
    for asked, packed in examples:
        known = torch.from_numpy(packed[None])
        note = {"mixed": mixed(known), "flow": shown(torch.zeros(1, 24, *asked.shape[1:]), known)}
        for name, answer in answers.items():
            told = answer(asked[None].astype(np.uint8)).astype(np.float32) - 128
            note[name] = shown(torch.from_numpy(told[None]), known)
        for name, picture in note.items():
            found.setdefault(f"{name}_psnr_y", []).append(decibels(picture, light(known, 2)))
    return {"held-out": {name: float(np.mean(values)) for name, values in found.items()}}


def mixed(packed: Tensor) -> Tensor:
    part = packed[:, -1:, :1, :1]
    return (1 - part) * light(packed, 0) + part * light(packed, 1)


def decibels(made: Tensor, truth: Tensor) -> float:
    square = float(((made.round() - truth) ** 2).mean())
    return 10 * float(np.log10(255**2 / max(square, 1e-2)))
