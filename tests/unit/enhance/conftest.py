"""Small moving tapes, and a model that answers with nothing so that the way around the net can be seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from appliance.core.types import ModelInfo, Picture
from appliance.enhance.pack import INPUT_CHANNELS, NOTHING, RESIDUAL_CHANNELS, WINDOW
from appliance.enhance.runtime import Runtime

MakeTape = Callable[..., list[Picture]]


@pytest.fixture
def make_tape() -> MakeTape:
    """Textured pictures that move 3 pixels a frame; ``chroma`` is "420", "422" or "444"."""

    def make(
        frames: int = 6, height: int = 64, width: int = 96, chroma: str = "422", seed: int = 0
    ) -> list[Picture]:
        rng = np.random.default_rng(seed)
        small = rng.integers(40, 200, (3, height // 8 + 2, width // 8 + 2)).astype(np.uint8)
        base = np.kron(small, np.ones((1, 8, 8), np.uint8))[:, :height, :width]
        down, across = (2 if chroma == "420" else 1), (1 if chroma == "444" else 2)
        moved = [np.roll(base, 3 * k, axis=2) for k in range(frames)]
        return [
            Picture(m[0].copy(), m[1, ::down, ::across].copy(), m[2, ::down, ::across].copy(), 10 + k * 0.04)
            for k, m in enumerate(moved)
        ]

    return make


@pytest.fixture
def idle() -> Runtime:
    """Answers that nothing is to be added."""

    def answer(fields: np.ndarray) -> np.ndarray:
        assert fields.shape[:2] == (1, INPUT_CHANNELS)
        return np.full((RESIDUAL_CHANNELS, *fields.shape[2:]), NOTHING, np.uint8)

    return Runtime(ModelInfo("idle", "", "", "live", WINDOW), "cpu", "CPU: for a test.", answer)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of models: ``live`` picks the first channels of its input."""
    data = picking_model().SerializeToString()
    (tmp_path / "live.onnx").write_bytes(data)
    row = ('name = "picker"', 'tier = "live"', 'file = "live.onnx"', "window = 5")
    digest = f'sha256 = "{hashlib.sha256(data).hexdigest()}"'
    (tmp_path / "manifest.toml").write_text("\n".join(["[[model]]", *row, digest, ""]))
    return tmp_path


def picking_model() -> onnx.ModelProto:
    channels = helper.make_tensor(
        "channels", TensorProto.INT64, [RESIDUAL_CHANNELS], range(RESIDUAL_CHANNELS)
    )
    sides = ["batch", "rows", "columns"]
    graph = helper.make_graph(
        [helper.make_node("Gather", ["fields", "channels"], ["residual"], axis=1)],
        "picker",
        [helper.make_tensor_value_info("fields", TensorProto.UINT8, [sides[0], INPUT_CHANNELS, *sides[1:]])],
        [
            helper.make_tensor_value_info(
                "residual", TensorProto.UINT8, [sides[0], RESIDUAL_CHANNELS, *sides[1:]]
            )
        ],
        [channels],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
