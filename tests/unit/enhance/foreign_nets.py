"""Small real nets of the kinds that people have, built on the spot: each does something simple."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
Shape = Sequence[int | str | None]


def save(
    path: Path,
    nodes: list[Any],
    constants: dict[str, Any],
    inputs: dict[str, Shape],
    half: bool = False,
    outputs: Sequence[str] = ("out",),
    opset: int = OPSET,
    about: dict[str, str] | None = None,
) -> Path:
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    number = np.float16 if half else np.float32
    values = {
        name: np.asarray(v) if np.asarray(v).dtype == np.int64 else np.asarray(v, number)
        for name, v in constants.items()
    }
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    for key, value in (about or {}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    path.write_bytes(model.SerializeToString())
    return path


def node(kind: str, inputs: Sequence[str], output: str, **options: Any) -> Any:
    return helper.make_node(kind, list(inputs), [output], name=output, **options)


def chain(
    path: Path,
    scale: int = 1,
    layers: int = 3,
    channels: int = 8,
    colours: int = 3,
    sides: tuple[Any, Any] = ("h", "w"),
    half: bool = False,
    **more: Any,
) -> Path:
    """Convolutions of 3 x 3 that keep the picture and add a little of what is around; pixels shuffled."""
    rng = np.random.default_rng(7)
    nodes, constants, name = [], {}, "x"
    widths = [colours, *[channels] * (layers - 1), colours * scale * scale]
    for number, (before, after) in enumerate(pairwise(widths)):
        weight = rng.normal(0, 0.02, (after, before, 3, 3))
        for place in range(after):
            kept = place // (scale * scale) if number == layers - 1 else place
            if kept < colours:
                weight[place, kept, 1, 1] += 1
        constants |= {f"w{number}": weight, f"b{number}": np.zeros(after)}
        nodes.append(node("Conv", [name, f"w{number}", f"b{number}"], f"c{number}", pads=[1, 1, 1, 1]))
        name = f"c{number}"
        if number < layers - 1:
            nodes.append(node("Relu", [name], f"r{number}"))
            name = f"r{number}"
    if scale > 1:
        nodes.append(node("DepthToSpace", [name], "out", blocksize=scale, mode="CRD"))
    else:
        nodes.append(node("Identity", [name], "out"))
    return save(path, nodes, constants, {"x": ["n", colours, *sides]}, half, **more)


def same(path: Path, colours: int = 3) -> Path:
    """Changes nothing."""
    return save(path, [node("Identity", ["x"], "out")], {}, {"x": [1, colours, "h", "w"]})


def of_eights(path: Path) -> Path:
    """Nine tenths of the picture and a tenth of its mean in each 8 x 8: takes multiples of 8 only."""
    ones = np.zeros((3, 1, 8, 8)) + 0.1
    nodes = [
        node("AveragePool", ["x"], "pool", kernel_shape=[8, 8], strides=[8, 8]),
        node("ConvTranspose", ["pool", "ones"], "wide", strides=[8, 8], group=3),
        node("Mul", ["x", "most"], "kept"),
        node("Add", ["kept", "wide"], "out"),
    ]
    return save(path, nodes, {"ones": ones, "most": 0.9}, {"x": [1, 3, "h", "w"]})


def overall(path: Path, sides: tuple[Any, Any] = ("h", "w")) -> Path:
    """Four fifths of the picture and a fifth of its mean: looks at all of it."""
    nodes = [
        node("GlobalAveragePool", ["x"], "mean"),
        node("Mul", ["x", "most"], "kept"),
        node("Mul", ["mean", "rest"], "some"),
        node("Add", ["kept", "some"], "out"),
    ]
    return save(path, nodes, {"most": 0.8, "rest": 0.2}, {"x": [1, 3, *sides]})


def of_bytes(path: Path) -> Path:
    """Wants 0..255 and answers so."""
    nodes = [node("Mul", ["x", "most"], "kept"), node("Add", ["kept", "some"], "out")]
    return save(path, nodes, {"most": 0.96, "some": 5.0}, {"x": [1, 3, "h", "w"]})


def no_numbers(path: Path) -> Path:
    nodes = [node("Sub", ["x", "much"], "below"), node("Sqrt", ["below"], "out")]
    return save(path, nodes, {"much": 300.0}, {"x": [1, 3, "h", "w"]})


def upside_down(path: Path) -> Path:
    """White for black: whatever it is, no better picture of the same."""
    nodes = [node("Sub", ["one", "x"], "out")]
    return save(path, nodes, {"one": 1.0}, {"x": [1, 3, "h", "w"]})


def two(path: Path, opset: int = OPSET) -> Path:
    """The mean of two pictures."""
    nodes = [node("Add", ["img0", "img1"], "sum"), node("Mul", ["sum", "half"], "out")]
    sides = [1, 3, "h", "w"]
    return save(path, nodes, {"half": 0.5}, {"img0": sides, "img1": sides}, opset=opset)


def two_with_time(path: Path, time: Shape = (1,)) -> Path:
    nodes = [
        node("Sub", ["img1", "img0"], "way"),
        node("Mul", ["way", "timestep"], "part"),
        node("Add", ["img0", "part"], "out"),
    ]
    sides = [1, 3, "h", "w"]
    return save(path, nodes, {}, {"img0": sides, "timestep": list(time), "img1": sides})


def joined(path: Path, channels: int) -> Path:
    """Both pictures in one input; after them the moment, and whatever else the real ones want."""
    ends = {"a": (0, 3), "b": (3, 6)} | ({"t": (6, 7)} if channels > 6 else {})
    constants: dict[str, Any] = {"axis": np.array([1])}
    nodes = []
    for name, (first, last) in ends.items():
        constants |= {f"{name}0": np.array([first]), f"{name}1": np.array([last])}
        nodes.append(node("Slice", ["x", f"{name}0", f"{name}1", "axis"], name))
    if channels == 6:
        constants["t"] = 0.5
    nodes += [
        node("Sub", ["b", "a"], "way"),
        node("Mul", ["way", "t"], "part"),
        node("Add", ["a", "part"], "out"),
    ]
    return save(path, nodes, constants, {"x": [1, channels, "h", "w"]})


def frozen(path: Path) -> Path:
    """Says that it takes any size, and was traced with 64 x 64, as windowed attention often is."""
    shape = np.array([1, 3, 8, 8, 64])
    back = np.array([1, 3, 64, 64])
    nodes = [node("Reshape", ["x", "windows"], "inner"), node("Reshape", ["inner", "back"], "out")]
    return save(path, nodes, {"windows": shape, "back": back}, {"x": [1, 3, "h", "w"]})


def external(folder: Path) -> Path:
    """Its weights in a second file."""
    model = onnx.load_from_string(chain(folder / "inside.onnx").read_bytes())
    path = folder / "outside.onnx"
    onnx.save(model, str(path), save_as_external_data=True, location="outside.onnx.data", size_threshold=10)
    return path
