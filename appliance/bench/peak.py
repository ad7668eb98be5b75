"""This machine's INT8 peak through onnxruntime, and how near to it a net comes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from appliance.bench.macs import count_macs, load_onnx
from appliance.enhance.manifest import load_model
from appliance.enhance.pack import FOLD, INPUT_CHANNELS
from appliance.enhance.runtime import open_session

SIDE = 1024  # of the matrices; large enough that nothing but arithmetic counts
CHANNELS, MAP = 128, 96  # of the convolution
REPEATS, LEAST_S = 3, 0.5
OPSET = 17


@dataclass(frozen=True)
class NetSpeed:
    """One net alone, without decoding, packing and encoding; ``share`` is of the peak."""

    tier: str
    gmac_a_field: float
    fields_per_s: float
    share: float


@dataclass(frozen=True)
class Peak:
    """Multiplications with addition a second, in thousands of millions, u8 by s8, all threads."""

    matrices_gmac_s: float
    convolution_gmac_s: float

    @property
    def gmac_s(self) -> float:
        return max(self.matrices_gmac_s, self.convolution_gmac_s)


def measure_peak() -> Peak:
    return Peak(SIDE**3 / 1e9 * rate_of(matrices()), CHANNELS**2 * 9 * MAP**2 / 1e9 * rate_of(convolution()))


def measure_net(tier: str, rows: int, columns: int, peak: Peak) -> NetSpeed:
    model = load_model(tier)
    shape = (rows // FOLD, columns // FOLD)
    gmac = model.looks * count_macs(Path(model.path), *shape) / 1e9
    runtime = open_session(model, "cpu")
    fields = np.random.default_rng(1).integers(0, 256, (1, INPUT_CHANNELS, *shape), np.uint8)
    rate = rate_of(lambda: runtime.answer(fields)) / model.looks
    return NetSpeed(tier, gmac, rate, gmac * rate / peak.gmac_s)


def rate_of(work: Callable[[], Any]) -> float:
    """How often a second, the best of a few runs: what others do on the machine only ever slows it."""
    work()
    best = 0.0
    for _ in range(REPEATS):
        begun_s, times = time.perf_counter(), 0
        while time.perf_counter() - begun_s < LEAST_S:
            work()
            times += 1
        best = max(best, times / (time.perf_counter() - begun_s))
    return best


def matrices() -> Callable[[], Any]:
    helper, kinds = load_onnx().helper, load_onnx().TensorProto
    square = [SIDE, SIDE]
    weights = helper.make_tensor("w", kinds.INT8, square, whole_numbers(square).tobytes(), raw=True)
    node = helper.make_node("MatMulInteger", ["x", "w"], ["y"])
    ends = ("x", kinds.UINT8, square), ("y", kinds.INT32, square)
    return session([node], [weights], *ends)


def convolution() -> Callable[[], Any]:
    """3 x 3 and quantised at both ends, as the nets' own."""
    helper, kinds = load_onnx().helper, load_onnx().TensorProto
    shape, image = [CHANNELS, CHANNELS, 3, 3], [1, CHANNELS, MAP, MAP]
    constants = [helper.make_tensor("w", kinds.INT8, shape, whole_numbers(shape).tobytes(), raw=True)]
    constants += [helper.make_tensor(name, kinds.FLOAT, [], [0.02]) for name in ("xs", "ws", "ys")]
    constants += [helper.make_tensor(name, kinds.UINT8, [], [128]) for name in ("xz", "yz")]
    constants.append(helper.make_tensor("wz", kinds.INT8, [], [0]))
    inputs = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"]
    node = helper.make_node("QLinearConv", inputs, ["y"], pads=[1, 1, 1, 1])
    return session([node], constants, ("x", kinds.UINT8, image), ("y", kinds.UINT8, image))


def whole_numbers(shape: list[int]) -> Any:
    return np.random.default_rng(1).integers(-128, 128, shape, np.int8)


def session(nodes: list[Any], constants: list[Any], come: Any, go: Any) -> Callable[[], Any]:
    """Runs the graph on bytes that are made once, with as many threads as the product takes."""
    onnx = load_onnx()
    ends = [onnx.helper.make_tensor_value_info(*end) for end in (come, go)]
    graph = onnx.helper.make_graph(nodes, "peak", ends[:1], ends[1:], constants)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = len(os.sched_getaffinity(0))
    chosen = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    feed = {come[0]: np.random.default_rng(2).integers(0, 256, come[2], np.uint8)}
    return lambda: chosen.run(None, feed)
