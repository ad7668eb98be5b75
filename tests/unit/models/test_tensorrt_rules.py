"""What ships for TensorRT keeps its rules, and a graph that breaks one is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.train.tensorrt_rules import check, main

MODELS = Path(__file__).resolve().parents[3] / "models"
SHIPPED = sorted(MODELS.glob("*-s8.onnx"))
Model = onnx.ModelProto


def test_there_is_something_to_check() -> None:
    assert SHIPPED


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_ships_keeps_the_rules(path: Path) -> None:
    assert check(path) == []


@pytest.fixture
def model() -> Model:
    return onnx.load(str(MODELS / "live-s8.onnx"))


def constant(model: Model, name: str) -> TensorProto:
    return next(c for c in model.graph.initializer if c.name == name)


def replace(model: Model, name: str, value: np.ndarray) -> None:
    constant(model, name).CopyFrom(numpy_helper.from_array(value, name))


def node(model: Model, kind: str, number: int = 0) -> onnx.NodeProto:
    return [n for n in model.graph.node if n.op_type == kind][number]


def pair_input(model: Model, place: int) -> str:
    """The name of the scale (1) or the zero point (2) of the first pair on activations."""
    return node(model, "QuantizeLinear").input[place]


def scale_of(value: float) -> Callable[[Model], None]:
    return lambda model: replace(model, pair_input(model, 1), np.float32(value))


def unsigned(model: Model) -> None:
    replace(model, pair_input(model, 2), np.uint8(128))


def asymmetric(model: Model) -> None:
    replace(model, pair_input(model, 2), np.int8(3))


def scale_a_channel(model: Model) -> None:
    name = node(model, "Conv", 1).input[0]
    pair = next(n for n in model.graph.node if n.output[0] == name)
    replace(model, pair.input[1], np.full(64, 0.01, np.float32))


def other_axis(model: Model) -> None:
    name = node(model, "Conv", 1).input[1]
    pair = next(n for n in model.graph.node if n.output[0] == name)
    pair.attribute[0].i = 1


def float_weight(model: Model) -> None:
    conv = node(model, "Conv")
    shape = numpy_helper.to_array(constant(model, "head.weight.steps_of_it")).shape
    model.graph.initializer.append(numpy_helper.from_array(np.ones(shape, np.float32), "loose"))
    conv.input[1] = "loose"


def float_data(model: Model) -> None:
    conv = node(model, "Conv", 1)
    pair = next(n for n in model.graph.node if n.output[0] == conv.input[0])
    before = next(n for n in model.graph.node if n.output[0] == pair.input[0])
    conv.input[0] = before.input[0]


def whole_bias(model: Model) -> None:
    conv = node(model, "Conv")
    bias = numpy_helper.to_array(constant(model, conv.input[2]))
    parts = {"q": bias.astype(np.int32), "s": np.float32(1), "z": np.int32(0)}
    model.graph.initializer.extend(numpy_helper.from_array(np.asarray(v), k) for k, v in parts.items())
    model.graph.node.insert(0, helper.make_node("DequantizeLinear", ["q", "s", "z"], ["bias"], name="bias"))
    conv.input[2] = "bias"


def bias_no_number(model: Model) -> None:
    name = node(model, "Conv").input[2]
    replace(model, name, np.full_like(numpy_helper.to_array(constant(model, name)), np.nan))


def loose_addition(model: Model) -> None:
    add = next(n for n in model.graph.node if n.op_type == "Add" and "block" in n.name)
    relu = node(model, "Relu")
    add.input[1] = relu.output[0]


def old_opset(model: Model) -> None:
    model.opset_import[0].version = 12


def unknown_operator(model: Model) -> None:
    node(model, "Relu").op_type = "HardSwish"
    model.opset_import[0].version = 14


def open_channels(model: Model) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "channels"


def bytes_within(model: Model) -> None:
    cast = node(model, "Cast", 0)
    cast.attribute[0].i = TensorProto.UINT8


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (scale_of(0.0), "not positive"),
        (scale_of(-1.0), "not positive"),
        (scale_of(np.nan), "not positive"),
        (unsigned, "uint8"),
        (asymmetric, "zero point"),
        (scale_a_channel, "a channel instead of one"),
        (other_axis, "another axis"),
        (float_weight, "weight is not dequantised"),
        (float_data, "data is not dequantised"),
        (whole_bias, "bias is not a constant of floats"),
        (bias_no_number, "no number"),
        (loose_addition, "inputs are not dequantised"),
        (old_opset, "opset 12"),
        (unknown_operator, "HardSwish"),
        (open_channels, "fixed number of channels"),
        (bytes_within, "UINT8 within the net"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_broken_rule_is_found(
    model: Model,
    spoil: Callable[[Model], None],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """ONNX's own checker would refuse some of these first; the rules must find them themselves."""
    monkeypatch.setattr(onnx.checker, "check_model", lambda *arguments: None)
    spoil(model)
    (tmp_path / "broken.onnx").write_bytes(model.SerializeToString())
    assert any(said in fault for fault in check(tmp_path / "broken.onnx"))


def test_the_unsigned_twin_and_a_text_are_refused(tmp_path: Path) -> None:
    assert any("uint8" in fault for fault in check(MODELS / "live.onnx"))
    (tmp_path / "text.onnx").write_text("not a model")
    assert "no ONNX model" in check(tmp_path / "text.onnx")[0]


def test_the_command_prints_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(MODELS / "live-s8.onnx")]) == 0
    assert main([str(MODELS / "live.onnx")]) == 1
    assert "live.onnx: " in capsys.readouterr().out
    assert main([]) == 1
