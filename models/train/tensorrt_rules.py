"""TensorRT's rules for explicit quantisation, asserted on a graph where no TensorRT runs.

    python -m models.train.tensorrt_rules models/*-s8.onnx

prints every violation and ends with 1 if there is one. What is asserted is what NVIDIA's documentation of
quantised types and of the ONNX parser asks for: symmetric INT8 with constant positive scales, one scale for a
tensor of activations, one for it or for each output channel of weights, both inputs of a convolution
dequantised, biases in floats, additions whose inputs are dequantised or come right from a convolution, and
only operators and types that the parser knows (UINT8 only at the ends of the net, behind a Cast).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

OPSETS = range(13, 18)  # 13 brought scales per channel; TensorRT 8.6 reads up to 17
PAIR = ("QuantizeLinear", "DequantizeLinear")
KNOWN = {
    *PAIR,
    "Add",
    "Cast",
    "Clip",
    "Concat",
    "Conv",
    "Div",
    "Identity",
    "Max",
    "Min",
    "Mul",
    "Relu",
    "Round",
}
KNOWN |= {"Reshape", "Slice", "Sub", "Transpose"}
FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16)
BATCH, CHANNELS = 0, 1


class Graph:
    """A model's graph with its constants and who makes and takes what."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.nodes = list(model.graph.node)
        self.inputs, self.outputs = list(model.graph.input), list(model.graph.output)
        self.constants = {c.name: c for c in model.graph.initializer}
        self.constants |= {n.output[0]: n.attribute[0].t for n in self.nodes if n.op_type == "Constant"}
        self.maker = {name: node for node in self.nodes for name in node.output}
        self.opset = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)

    def kind(self, tensor: str) -> str:
        """The operator that makes it, "" for what comes from outside or is constant."""
        node = self.maker.get(tensor)
        return node.op_type if node is not None and node.op_type != "Constant" else ""

    def value(self, tensor: str) -> NDArray[np.generic] | None:
        constant = self.constants.get(tensor)
        return numpy_helper.to_array(constant) if constant is not None else None

    def weighs(self, node: onnx.NodeProto) -> bool:
        """Whether the pair works on weights: on a constant, quantised here or before."""
        source = node.input[0]
        if self.kind(source) == "QuantizeLinear":
            source = self.maker[source].input[0]
        return source in self.constants


def check(path: str | Path) -> list[str]:
    """Every violation in words, none for a graph that TensorRT takes."""
    try:
        model = onnx.load(str(path))
        onnx.checker.check_model(model)
    except Exception as error:
        return [f"it is no ONNX model: {(str(error).splitlines() or [''])[0]}"]
    graph = Graph(model)
    found = [*of_the_whole(graph), *of_the_ends(graph)]
    rules = {"Conv": of_convolution, "Add": of_addition, "Cast": of_cast} | dict.fromkeys(PAIR, of_pair)
    for node in graph.nodes:
        if node.op_type in rules:
            found += [f"{node.op_type} {node.name}: {fault}" for fault in rules[node.op_type](graph, node)]
    return found


def of_the_whole(graph: Graph) -> Iterator[str]:
    if graph.opset not in OPSETS:
        yield f"opset {graph.opset} is not one of {OPSETS.start} to {OPSETS.stop - 1}"
    unknown = sorted({n.op_type for n in graph.nodes} - KNOWN - {"Constant"})
    if unknown:
        yield f"unsupported operators: {', '.join(unknown)}"
    if not any(node.op_type == "QuantizeLinear" for node in graph.nodes):
        yield "nothing is quantised"


def of_the_ends(graph: Graph) -> Iterator[str]:
    """Channels must be known; batch, rows and columns may be left open: one profile covers them."""
    for end in (*graph.inputs, *graph.outputs):
        sides = end.type.tensor_type.shape.dim
        if len(sides) != 4 or not sides[CHANNELS].dim_value:
            yield f"{end.name}: the shape is not (batch, a fixed number of channels, rows, columns)"
    for node in graph.nodes:
        for name in node.input:
            raw = next((end for end in graph.inputs if end.name == name), None)
            if (
                raw is not None
                and raw.type.tensor_type.elem_type == TensorProto.UINT8
                and node.op_type != "Cast"
            ):
                yield f"{name}: UINT8 goes into {node.op_type}, only a Cast takes it"


def of_pair(graph: Graph, node: onnx.NodeProto) -> Iterator[str]:
    scale = graph.value(node.input[1])
    if scale is None:
        yield "the scale is not constant"
        return
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        yield "a scale is not positive"
    zero = graph.value(node.input[2]) if len(node.input) > 2 else None
    if zero is None or zero.dtype != np.int8:
        yield f"the type is {'uint8' if zero is None else zero.dtype}, not int8"
    elif zero.any():
        yield "the zero point is not 0"
    if node.op_type == "DequantizeLinear" and graph.kind(node.input[0]) not in ("", "QuantizeLinear"):
        yield f"it follows {graph.kind(node.input[0])}, not a QuantizeLinear"
    yield from of_axis(graph, node, scale)


def of_axis(graph: Graph, node: onnx.NodeProto, scale: NDArray[np.generic]) -> Iterator[str]:
    if scale.size == 1:
        return
    axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
    weight = graph.value(node.input[0])
    if not graph.weighs(node):
        yield "activations have one scale a channel instead of one"
    elif axis != 0 or (weight is not None and len(weight) != scale.size):
        yield "weights have scales along another axis than the output channels"


def of_convolution(graph: Graph, node: onnx.NodeProto) -> Iterator[str]:
    for name, tensor in zip(("data", "weight"), node.input, strict=False):
        if graph.kind(tensor) != "DequantizeLinear":
            yield f"its {name} is not dequantised"
    if len(node.input) > 2:
        bias = graph.constants.get(node.input[2])
        if bias is None or bias.data_type not in FLOATS:
            yield "its bias is not a constant of floats"
        elif not np.isfinite(numpy_helper.to_array(bias)).all():
            yield "its bias is no number"


def of_addition(graph: Graph, node: onnx.NodeProto) -> Iterator[str]:
    """Only those of two activations among quantised layers; the levels at the ends are shifted in floats."""
    if any(tensor in graph.constants for tensor in node.input):
        return
    kinds = [graph.kind(tensor) for tensor in node.input]
    if "DequantizeLinear" not in kinds or not {*kinds} <= {"DequantizeLinear", "Conv"}:
        yield "its inputs are not dequantised"


def of_cast(graph: Graph, node: onnx.NodeProto) -> Iterator[str]:
    """UINT8 exists in TensorRT at the net's ends only."""
    target = next(a.i for a in node.attribute if a.name == "to")
    ends = {end.name for end in graph.outputs}
    if target == TensorProto.UINT8 and node.output[0] not in ends:
        yield "UINT8 within the net"
    elif target not in (*FLOATS, TensorProto.UINT8, TensorProto.INT32, TensorProto.INT64):
        yield f"to {TensorProto.DataType.Name(target)}"


def main(paths: list[str]) -> int:
    found = [(path, fault) for path in paths for fault in check(path)]
    for path, fault in found:
        print(f"{path}: {fault}")
    print(f"{len(paths)} models, {len(found)} violations of TensorRT's rules")
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
