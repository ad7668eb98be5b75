"""Begins a training where an earlier one ended: with the floats of a published ``TIER-f32.onnx``.

A small net may grow into a large one. What is new in it adds nothing at first, so that the large one begins
as good as the small one has become.
"""

from __future__ import annotations

import re
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from appliance.enhance.pack import CHANNELS_A_FIELD, GUESS_CHANNELS
from models.train.fit import Training


def begin_from(training: Training, path: Path) -> None:
    """Only a training that has not begun takes them. Raises ValueError for a net that is no smaller one."""
    if training.step:
        return
    known = floats_of(path)
    state = training.net.state_dict()
    lacking = sorted({"head.weight", "tail.weight", "blocks.0.two.weight"} - known.keys())
    if foreign := sorted(known.keys() - state.keys()) + lacking:
        raise ValueError(f"{path} does not grow into the tier {training.plan.tier}: {foreign[0]}")
    for name, fresh in state.items():
        if name in known:
            state[name] = grown(name, known[name], fresh, training.plan.tier)
        elif ".two." in name:  # a block that is new adds nothing
            state[name] = torch.zeros_like(fresh)
    training.net.load_state_dict(state)
    training.mean.load_state_dict(state)


def floats_of(path: Path) -> dict[str, Tensor]:
    """Weights and biases by the names that they have in the training."""
    constants = {c.name: c for c in onnx.load(path).graph.initializer if c.name.endswith(("weight", "bias"))}
    return {
        re.sub(r"block(\d+)", r"blocks.\1", name): torch.from_numpy(numpy_helper.to_array(c).copy())
        for name, c in constants.items()
    }


def grown(name: str, known: Tensor, fresh: Tensor, tier: str) -> Tensor:
    """``known`` in the corner of ``fresh``: what was there is not changed by what is new, which is drawn."""
    if name == "head.weight":
        known = with_more_fields(known, fresh.shape[1])
    larger = any(a > b for a, b in zip(known.shape, fresh.shape, strict=True))
    if larger or (name == "head.weight" and known.shape[1] != fresh.shape[1]):
        raise ValueError(f"{name} does not fit into the tier {tier}: {known.shape} in {fresh.shape}")
    new = fresh.clone()
    if known.ndim > 1:
        new[: known.shape[0], known.shape[1] :] = 0
    new[tuple(slice(n) for n in known.shape)] = known
    return new


def with_more_fields(head: Tensor, inputs: int) -> Tensor:
    """A head that saw fewer fields does not look at the new ones, as many before its own as after."""
    sides = (inputs - head.shape[1]) // 2
    if sides <= 0 or sides % CHANNELS_A_FIELD:
        return head
    blind = head.new_zeros(len(head), sides, *head.shape[2:])
    return torch.cat([blind, head[:, :-GUESS_CHANNELS], blind, head[:, -GUESS_CHANNELS:]], 1)
