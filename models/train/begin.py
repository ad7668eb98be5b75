"""Begins a training where an earlier one ended: with the floats of a published ``TIER-f32.onnx``."""

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
    """Only a training that has not begun takes them. Raises ValueError for a net of another shape."""
    if training.step:
        return
    constants = {c.name: c for c in onnx.load(path).graph.initializer}
    state = training.net.state_dict()
    for name, wanted in state.items():
        if name.endswith("peak"):
            continue
        constant = constants.get(re.sub(r"blocks\.(\d+)", r"block\1", name))
        value = None if constant is None else torch.from_numpy(numpy_helper.to_array(constant).copy())
        if value is not None and name == "head.weight":
            value = with_more_fields(value, wanted.shape[1])
        if value is None or value.shape != wanted.shape:
            raise ValueError(f"{path} holds another net than the tier {training.plan.tier}: {name} differs")
        state[name] = value
    training.net.load_state_dict(state)
    training.mean.load_state_dict(state)


def with_more_fields(head: Tensor, inputs: int) -> Tensor:
    """A head that saw fewer fields does not look at the new ones, as many before its own as after."""
    sides = (inputs - head.shape[1]) // 2
    if sides <= 0 or sides % CHANNELS_A_FIELD:
        return head
    blind = head.new_zeros(len(head), sides, *head.shape[2:])
    return torch.cat([blind, head[:, :-GUESS_CHANNELS], blind, head[:, -GUESS_CHANNELS:]], 1)
