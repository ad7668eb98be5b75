"""The ladder of providers: which one is taken, what is said about it, and that nothing falls back quietly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from appliance.core.problems import Problem
from appliance.core.types import ModelInfo
from appliance.enhance import runtime
from appliance.enhance.manifest import load_model
from appliance.enhance.pack import INPUT_CHANNELS
from appliance.enhance.runtime import adds_exactly, engine_key, open_session, tensorrt_options
from tests.unit.enhance.conftest import add_model, model_of, picking_model


@pytest.fixture
def model(models: Path) -> ModelInfo:
    return load_model(folder=models)


def offer(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(names))


def test_without_others_the_cpu_is_taken_and_the_reason_names_them(model, monkeypatch) -> None:
    offer(monkeypatch, "CPUExecutionProvider")
    opened = open_session(model)
    assert opened.provider == "cpu"
    assert opened.provider_reason.startswith("CPU: ")
    assert "TensorRT" in opened.provider_reason
    assert "CUDA" in opened.provider_reason


def test_the_session_answers_with_the_models_bytes(model) -> None:
    fields = np.random.default_rng(0).integers(0, 256, (1, INPUT_CHANNELS, 6, 10), dtype=np.uint8)
    assert np.array_equal(open_session(model, "cpu").answer(fields), fields[0, :24])


def test_a_provider_that_was_asked_for_and_is_not_there_is_a_problem(model, monkeypatch) -> None:
    offer(monkeypatch, "CPUExecutionProvider")
    with pytest.raises(Problem) as raised:
        open_session(model, "cuda")
    assert raised.value.issue.code == "provider-missing"
    assert "CUDA" in raised.value.issue.cause.upper()


def test_one_that_does_not_start_is_passed_over_by_auto_and_the_reason_says_so(model, monkeypatch) -> None:
    offer(monkeypatch, "CUDAExecutionProvider", "CPUExecutionProvider")
    real = runtime.start

    def broken(used: ModelInfo, name: str, *rest: Any) -> Any:
        if name == "cuda":
            raise RuntimeError("libcudnn.so.9: cannot open\nmore")
        return real(used, name, *rest)

    monkeypatch.setattr(runtime, "start", broken)
    opened = open_session(model)
    assert opened.provider == "cpu"
    assert "CUDA did not start (libcudnn.so.9: cannot open)" in opened.provider_reason
    with pytest.raises(Problem, match="did not start"):
        open_session(model, "cuda")


def test_a_session_that_runs_elsewhere_than_asked_is_an_error(model) -> None:
    """This onnxruntime has no CUDA: it would warn and run on the CPU."""
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        model = ModelInfo(model.name, model.path + ".none", model.sha256, model.tier, model.window)
    with pytest.raises(Exception, match=r"runs on|fallback|NO_SUCHFILE|not exist|CPU"):
        runtime.start(model, "cuda", 1, None)


def test_tensorrt_needs_its_own_file(model, monkeypatch) -> None:
    offer(monkeypatch, "TensorrtExecutionProvider", "CPUExecutionProvider")
    with pytest.raises(Problem) as raised:
        open_session(model, "tensorrt")
    assert raised.value.issue.code == "model-damaged"


def test_a_model_that_answers_something_else_is_refused(model, monkeypatch) -> None:
    class Odd:
        def get_inputs(self) -> list[Any]:
            return [type("Input", (), {"name": "fields", "shape": [1, 88, "rows", "columns"]})]

        def run(self, _: Any, fields: dict[str, np.ndarray]) -> list[np.ndarray]:
            return [np.zeros((1, 3, 8, 8), np.float32)]

    monkeypatch.setattr(runtime, "start", lambda *_: Odd())
    with pytest.raises(Problem) as raised:
        open_session(model, "cpu")
    assert raised.value.issue.code == "model-damaged"
    assert "answered float32" in raised.value.issue.cause


def test_engines_are_kept_by_model_and_asked_for_in_eight_bits(model, tmp_path: Path) -> None:
    options = tensorrt_options(model, tmp_path / "cache")
    folder = Path(options["trt_engine_cache_path"])
    assert folder.is_dir()
    assert folder.name == engine_key(model)
    assert options["trt_int8_enable"] == "1"
    other = ModelInfo(model.name, model.path, "0" * 64, model.tier, model.window)
    assert engine_key(other) != engine_key(model)
    assert "trt_engine_cache_path" not in tensorrt_options(model, None)


def refused(model: ModelInfo) -> str:
    with pytest.raises(Problem) as raised:
        open_session(model, "cpu")
    assert raised.value.issue.code == "model-damaged"
    return raised.value.issue.cause


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["weight.step", "first.step", "read.step"])
def test_weights_that_are_no_numbers_are_refused_at_load_with_the_models_name(
    tmp_path: Path, number: float, place: str
) -> None:
    net = onnx.load(load_model().path)
    for constant in net.graph.initializer:
        if place in constant.name and "bias" not in constant.name:
            values = np.full_like(numpy_helper.to_array(constant), number)
            constant.CopyFrom(numpy_helper.from_array(values, constant.name))
    onnx.save(net, str(tmp_path / "broken.onnx"))
    broken = ModelInfo("twinreel-broken", str(tmp_path / "broken.onnx"), "", "live", 5)
    assert "broken.onnx" in refused(broken)


def test_a_bias_that_is_no_number_is_refused_too(tmp_path: Path) -> None:
    bias = numpy_helper.from_array(np.full(24, np.nan, np.float32), "bias")
    weight = numpy_helper.from_array(np.zeros((24, 88, 1, 1), np.float32), "weight")
    nodes = [
        helper.make_node("Cast", ["fields"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["floats", "weight", "bias"], ["sum"]),
        helper.make_node("Cast", ["sum"], ["residual"], to=TensorProto.UINT8),
    ]
    onnx.save(model_of(nodes, [weight, bias], 88), str(tmp_path / "bias.onnx"))
    refused(ModelInfo("bias", str(tmp_path / "bias.onnx"), "", "live", 5))


def test_a_file_that_is_no_model_is_refused_though_its_hash_is_right(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("not a model")
    assert "cannot be run" in refused(ModelInfo("text", str(tmp_path / "text.onnx"), "", "live", 5))


def test_a_driver_that_computes_nonsense_is_passed_over_and_named(model, monkeypatch) -> None:
    offer(monkeypatch, "CUDAExecutionProvider", "CPUExecutionProvider")
    real = runtime.start

    class Wrong:
        def get_inputs(self) -> list[Any]:
            return [type("Input", (), {"name": "fields", "shape": [1, 88, "rows", "columns"]})]

        def run(self, _: Any, fields: dict[str, np.ndarray]) -> list[np.ndarray]:
            return [np.zeros((1, 24, 16, 16), np.uint8)]

    monkeypatch.setattr(
        runtime, "start", lambda m, name, *r: Wrong() if name == "cuda" else real(m, name, *r)
    )
    opened = open_session(model)
    assert opened.provider == "cpu"
    assert "CUDA computes nonsense" in opened.provider_reason


def test_a_step_that_another_provider_took_is_found() -> None:
    node = type("Node", (), {"op_type": "Conv"})
    part = type("Part", (), {"ep_name": "CPUExecutionProvider", "get_nodes": lambda self: [node]})()
    session = type("Session", (), {"get_provider_graph_assignment_info": lambda self: [part]})()
    assert runtime.elsewhere(session, "CUDAExecutionProvider") == ["Conv on CPUExecutionProvider"]
    assert runtime.elsewhere(session, "CPUExecutionProvider") == []


def test_cuda_takes_the_weights_from_before_quantisation_where_there_are_such(models: Path) -> None:
    live = load_model("live", models)
    assert runtime.variant(live, "cuda") == live
    add_model(models, "live-f32", "floats", picking_model())
    assert runtime.variant(live, "cuda").name == "floats"
    assert runtime.variant(live, "cpu") == live


def test_memory_on_a_graphics_card_is_bounded(model) -> None:
    assert int(tensorrt_options(model, None)["trt_max_workspace_size"]) <= 1 << 30
    options = runtime.provider_options(model, "cuda", None)
    assert options["arena_extend_strategy"] == "kSameAsRequested"
    assert int(options["gpu_mem_limit"]) <= 2 << 30


@pytest.mark.parametrize("what", ["tensorrt_versions", "device_names"])
def test_engines_change_with_the_software_and_the_device(model, monkeypatch, what: str) -> None:
    before = engine_key(model)
    monkeypatch.setattr(runtime, what, lambda: ["another one"])
    assert engine_key(model) != before
    monkeypatch.undo()
    monkeypatch.setattr(onnxruntime, "__version__", "9.9.9")
    assert engine_key(model) != before


@pytest.mark.parametrize(
    ("flags", "exact"),
    [("sse4_2 avx2", False), ("avx2 avx512_vnni", True), ("avx2 avx_vnni", True), ("amx_int8", True)],
)
def test_exact_sums_are_asked_for_only_where_they_are_not_given(
    tmp_path: Path, flags: str, exact: bool
) -> None:
    (tmp_path / "cpuinfo").write_text(f"flags : fpu {flags} end\n")
    assert adds_exactly(tmp_path / "cpuinfo") is exact
    assert not adds_exactly(tmp_path / "none")
