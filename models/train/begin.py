"""Begins a training where an earlier one ended: with the floats of a published ``TIER-f32.onnx``."""

from __future__ import annotations

import re
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper

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
        if constant is None or tuple(constant.dims) != tuple(wanted.shape):
            raise ValueError(f"{path} holds another net than the tier {training.plan.tier}: {name} differs")
        state[name] = torch.from_numpy(numpy_helper.to_array(constant).copy())
    training.net.load_state_dict(state)
    training.mean.load_state_dict(state)
