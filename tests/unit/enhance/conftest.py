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
from appliance.enhance.guided import GUIDE_CHANNELS
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
    add_model(tmp_path, "live", "picker", picking_model())
    return tmp_path


@pytest.fixture
def with_guide(models: Path) -> Path:
    """The same with a guide net, which answers what the guide has more than the film."""
    add_model(models, "guide", "differ", differing_model())
    return models


def add_model(folder: Path, tier: str, name: str, model: onnx.ModelProto) -> None:
    data = model.SerializeToString()
    (folder / f"{tier}.onnx").write_bytes(data)
    row = (f'name = "{name}"', f'tier = "{tier}"', f'file = "{tier}.onnx"', "window = 5")
    digest = f'sha256 = "{hashlib.sha256(data).hexdigest()}"'
    with (folder / "manifest.toml").open("a") as manifest:
        manifest.write("\n".join(["[[model]]", *row, digest, ""]))


def differing_model() -> onnx.ModelProto:
    """guide - film + 128, within a byte."""
    numbers = {"film": range(24), "guide": range(24, 48)}
    constants = [helper.make_tensor(f"of_{k}", TensorProto.INT64, [24], v) for k, v in numbers.items()]
    constants += [helper.make_tensor(f"{v}", TensorProto.FLOAT, [], [v]) for v in (0, 128, 255)]
    nodes = [helper.make_node("Cast", ["fields"], ["floats"], to=TensorProto.FLOAT)]
    nodes += [helper.make_node("Gather", ["floats", f"of_{k}"], [k], axis=1) for k in numbers]
    nodes += [
        helper.make_node("Sub", ["guide", "film"], ["more"]),
        helper.make_node("Add", ["more", "128"], ["levels"]),
        helper.make_node("Clip", ["levels", "0", "255"], ["clipped"]),
        helper.make_node("Cast", ["clipped"], ["residual"], to=TensorProto.UINT8),
    ]
    return model_of(nodes, constants, GUIDE_CHANNELS)


def model_of(
    nodes: list[onnx.NodeProto], constants: list[onnx.TensorProto], channels: int
) -> onnx.ModelProto:
    inputs, outputs = (
        helper.make_tensor_value_info(name, TensorProto.UINT8, ["batch", count, "rows", "columns"])
        for name, count in (("fields", channels), ("residual", RESIDUAL_CHANNELS))
    )
    graph = helper.make_graph(nodes, "test", [inputs], [outputs], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def picking_model() -> onnx.ModelProto:
    channels = helper.make_tensor(
        "channels", TensorProto.INT64, [RESIDUAL_CHANNELS], range(RESIDUAL_CHANNELS)
    )
    nodes = [helper.make_node("Gather", ["fields", "channels"], ["residual"], axis=1)]
    return model_of(nodes, [channels], INPUT_CHANNELS)
