"""From the trained net straight to ONNX with quantise / dequantise pairs around every convolution.

Three files of one training: ``TIER`` with unsigned activations for processors, ``TIER-s8`` with symmetric
signed ones (zero point 0 everywhere), which is all TensorRT takes, and ``TIER-f32``, the same net before it
learnt to round, to compare with. All read and answer bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from appliance.enhance.pack import NOTHING, RESIDUAL_CHANNELS
from models.train.batches import Example
from models.train.fit import Training
from models.train.net import LEVELS, SIGNED_STEPS, Block, Convolution, Restorer, Scale

OPSET = 13
SIDES = ["batch", "rows", "columns"]


class Graph:
    """Collects nodes and constants; every method returns the name of what it made."""

    def __init__(self, signed: bool, rounding: bool = True) -> None:
        self.signed, self.rounding = signed, rounding
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: NDArray[np.generic] | np.generic) -> str:
        self.constants[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def node(self, kind: str, inputs: list[str], output: str, **options: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **options))
        return output

    def rounded(self, x: str, step: float, zero: int, name: str) -> str:
        """A pair that rounds ``x``; the unsigned kind with zero point 0 is the ReLU at the same time."""
        if not self.rounding:
            return x
        pair = self.pair(step, zero, name)
        quantised = self.node("QuantizeLinear", [x, *pair], f"{name}.bytes")
        return self.node("DequantizeLinear", [quantised, *pair], name)

    def pair(self, step: float, zero: int, name: str) -> list[str]:
        point = np.int8(0) if self.signed else np.uint8(zero)
        return [self.constant(f"{name}.step", np.float32(step)), self.constant(f"{name}.zero", point)]

    def positive(self, x: str, scale: Scale, name: str) -> str:
        """Signed bytes have only half as many steps above zero, so theirs are twice as large."""
        peak = float(scale.peak.detach())
        if self.signed or not self.rounding:
            return self.rounded(self.node("Relu", [x], f"{name}.relu"), peak / SIGNED_STEPS, 0, name)
        return self.rounded(x, float(scale.step().detach()), 0, name)

    def convolution(self, x: str, part: Convolution, step_in: float, name: str) -> str:
        if not self.rounding:
            parts = [
                self.constant(f"{name}.{k}", v.detach().cpu().numpy()) for k, v in part.named_parameters()
            ]
            return self.node("Conv", [x, *parts], name, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        steps = part.weight_steps().flatten().cpu().numpy().astype(np.float32)
        weight = np.rint(part.weight.detach().cpu().numpy() / steps[:, None, None, None]).astype(np.int8)
        bias_steps = steps * np.float32(step_in)
        assert part.bias is not None
        bias = np.rint(part.bias.detach().cpu().numpy() / bias_steps).astype(np.int32)
        parts = [x]
        for kind, value, scale in (("weight", weight, steps), ("bias", bias, bias_steps)):
            if kind == "bias" and self.signed:  # TensorRT reads biases as floats only
                parts.append(self.constant(f"{name}.bias", (value * scale).astype(np.float32)))
                continue
            inputs = [
                self.constant(f"{name}.{kind}.steps_of_it", value),
                self.constant(f"{name}.{kind}.step", scale),
                self.constant(f"{name}.{kind}.zero", np.zeros(len(scale), value.dtype)),
            ]
            parts.append(self.node("DequantizeLinear", inputs, f"{name}.{kind}", axis=0))
        return self.node("Conv", parts, name, kernel_shape=[3, 3], pads=[1, 1, 1, 1])


def export(net: Restorer, path: Path, signed: bool, rounding: bool = True) -> None:
    """The file's name is the graph's; without ``rounding`` the weights and signals stay floats."""
    graph = Graph(signed, rounding)
    x, step = read_bytes(graph), 1 / LEVELS
    x = graph.positive(graph.convolution(x, net.head, step, "head"), net.first, "first")
    step = positive_step(net.first, signed)
    for number, block in enumerate(net.blocks):
        assert isinstance(block, Block)
        x, step = add_block(graph, x, step, block, f"block{number}")
    write_bytes(graph, graph.convolution(x, net.tail, step, "tail"))
    save(graph, path, net.head.in_channels)


def export_all(training: Training, folder: Path) -> None:
    """The rounding net twice, and the one that it was before it learnt to round."""
    tier = training.plan.tier
    export(training.mean, folder / f"{tier}.onnx", signed=False)
    export(training.mean, folder / f"{tier}-s8.onnx", signed=True)
    export(training.before_rounding(), folder / f"{tier}-f32.onnx", signed=False, rounding=False)


def check_export(training: Training, draw: Callable[[np.random.Generator], Example], folder: Path) -> None:
    """The file must answer as the net did in training, but for a level of rounding here and there: in a deep
    net one number rounded the other way changes many after it."""
    fields = draw(np.random.default_rng(0))[0][None]
    with torch.no_grad():
        levels = training.mean(training.on_device(fields)).cpu().numpy()
    wanted = np.clip(np.rint(levels) + NOTHING, 0, 255)
    session = onnxruntime.InferenceSession(str(folder / f"{training.plan.tier}.onnx"))
    answer = np.asarray(session.run(None, {"fields": fields.astype(np.uint8)})[0])
    assert np.abs(answer - wanted).mean() < 0.5, "the exported model differs from the trained one"


def positive_step(scale: Scale, signed: bool) -> float:
    return float(scale.peak.detach()) / SIGNED_STEPS if signed else float(scale.step().detach())


def read_bytes(graph: Graph) -> str:
    """The fields less 128, in 128ths; exact in both kinds."""
    if not graph.signed and graph.rounding:
        return graph.node("DequantizeLinear", ["fields", *graph.pair(1 / LEVELS, 128, "read")], "read")
    floats = graph.node("Cast", ["fields"], "read.floats", to=TensorProto.FLOAT)
    middle, scale = (
        graph.constant("read.middle", np.float32(128)),
        graph.constant("read.scale", np.float32(LEVELS)),
    )
    centred = graph.node("Sub", [floats, middle], "read.centred")
    return graph.rounded(graph.node("Div", [centred, scale], "read.scaled"), 1 / LEVELS, 0, "read")


def add_block(graph: Graph, x: str, step: float, block: Block, name: str) -> tuple[str, float]:
    inner = graph.convolution(x, block.one, step, f"{name}.one")
    inner = graph.positive(inner, block.inner, f"{name}.inner")
    branch = graph.convolution(inner, block.two, positive_step(block.inner, graph.signed), f"{name}.two")
    branch = graph.rounded(branch, float(block.branch.step().detach()), 128, f"{name}.branch")
    total = graph.node("Add", [branch, x], f"{name}.add")
    return graph.positive(total, block.sum, f"{name}.sum"), positive_step(block.sum, graph.signed)


def write_bytes(graph: Graph, x: str) -> None:
    """In whole levels around 128."""
    if not graph.signed and graph.rounding:
        graph.node("QuantizeLinear", [x, *graph.pair(1 / LEVELS, NOTHING, "write")], "residual")
        return
    scale, middle = (
        graph.constant("write.scale", np.float32(LEVELS)),
        graph.constant("write.middle", np.float32(128)),
    )
    low, high = graph.constant("write.low", np.float32(0)), graph.constant("write.high", np.float32(255))
    levels = graph.node("Add", [graph.node("Mul", [x, scale], "write.levels"), middle], "write.shifted")
    whole = graph.node("Clip", [graph.node("Round", [levels], "write.whole"), low, high], "write.clipped")
    graph.node("Cast", [whole], "residual", to=TensorProto.UINT8)


def save(graph: Graph, path: Path, channels: int) -> None:
    inputs: list[str | int | None] = [SIDES[0], channels, *SIDES[1:]]
    outputs: list[str | int | None] = [SIDES[0], RESIDUAL_CHANNELS, *SIDES[1:]]
    body = helper.make_graph(
        graph.nodes,
        f"twinreel-{path.stem}",
        [helper.make_tensor_value_info("fields", TensorProto.UINT8, inputs)],
        [helper.make_tensor_value_info("residual", TensorProto.UINT8, outputs)],
        list(graph.constants.values()),
    )
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
