"""How much a net has to compute, read from its file; needs the package onnx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from appliance.core.problems import Problem

# Which input of each kind of node holds the weights.
CONVOLUTIONS = {"Conv": 1, "ConvInteger": 1, "QLinearConv": 3}
MATRICES = {"MatMul": 1, "Gemm": 1, "MatMulInteger": 1, "QLinearMatMul": 3}


def load_onnx() -> Any:
    """The package, which only those who develop have."""
    try:
        import onnx
    except ImportError as error:
        raise Problem(
            "bench-onnx",
            "The share of the processor's peak cannot be measured",
            "The Python package onnx, which reads the models' files, is not installed.",
            "Install it: pip install onnx.",
        ) from error
    return onnx


def count_macs(path: Path, rows: int, columns: int) -> int:
    """Multiplications with addition for one answer at an input of this size."""
    onnx = load_onnx()
    model = onnx.load(str(path))
    for place, size in ((2, rows), (3, columns)):
        model.graph.input[0].type.tensor_type.shape.dim[place].dim_value = size
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    shapes = {value.name: dimensions(value) for value in (*inferred.value_info, *inferred.output)}
    shapes |= {weights.name: tuple(weights.dims) for weights in inferred.initializer}
    return sum(node_macs(node, shapes) for node in inferred.node)


def dimensions(value: Any) -> tuple[int, ...]:
    return tuple(int(dim.dim_value) for dim in value.type.tensor_type.shape.dim)


def node_macs(node: Any, shapes: dict[str, tuple[int, ...]]) -> int:
    """A convolution's weights are used once for every place of one output channel."""
    if node.op_type in CONVOLUTIONS:
        weights, made = shapes[node.input[CONVOLUTIONS[node.op_type]]], shapes[node.output[0]]
        return int(np.prod(weights) * np.prod(made[2:]))
    if node.op_type in MATRICES:
        weights, made = shapes[node.input[MATRICES[node.op_type]]], shapes[node.output[0]]
        return int(np.prod(made) * weights[-2])
    return 0
