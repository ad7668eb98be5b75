"""How much a net computes, by its file; and how the peak is timed."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from appliance.bench.macs import count_macs
from appliance.bench.peak import Peak, convolution, matrices
from appliance.core.problems import Problem
from appliance.enhance.manifest import load_model

onnx = pytest.importorskip("onnx")


def small_net(path: Path) -> Path:
    """3 x 3 from 4 to 8 channels, then a half as large 1 x 1 from 8 to 2."""
    helper, kinds = onnx.helper, onnx.TensorProto
    weights = [
        helper.make_tensor(name, kinds.FLOAT, shape, np.zeros(shape, np.float32).tobytes(), raw=True)
        for name, shape in (("a", (8, 4, 3, 3)), ("b", (2, 8, 1, 1)))
    ]
    nodes = [
        helper.make_node("Conv", ["x", "a"], ["h"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Conv", ["r", "b"], ["y"], strides=[2, 2]),
    ]
    ends = [
        helper.make_tensor_value_info(name, kinds.FLOAT, [1, channels, rows, columns])
        for name, channels, rows, columns in (("x", 4, "rows", "columns"), ("y", 2, None, None))
    ]
    graph = helper.make_graph(nodes, "small", ends[:1], ends[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def test_every_convolution_is_counted_at_its_own_size(tmp_path: Path) -> None:
    asked = 10 * 20 * 8 * 4 * 9 + 5 * 10 * 2 * 8
    assert count_macs(small_net(tmp_path / "small.onnx"), 10, 20) == asked


def test_the_shipped_net_can_be_counted_and_grows_with_the_picture() -> None:
    path = Path(load_model("live").path)
    assert count_macs(path, 144, 180) == 4 * count_macs(path, 72, 90) > 1e9


def test_the_peaks_nets_do_run() -> None:
    for work in (matrices, convolution):
        assert np.ptp(work()()[0]) > 0
    assert Peak(100.0, 120.0).gmac_s == 120.0


def test_without_onnx_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "onnx":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(Problem) as refused:
        count_macs(Path("any.onnx"), 1, 1)
    assert "pip install onnx" in refused.value.issue.remedy
