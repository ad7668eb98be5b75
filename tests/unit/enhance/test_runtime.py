"""The ladder of providers: which one is taken, what is said about it, and that nothing falls back quietly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from appliance.core.problems import Problem
from appliance.core.types import ModelInfo
from appliance.enhance import runtime
from appliance.enhance.manifest import load_model
from appliance.enhance.runtime import engine_key, open_session, tensorrt_options


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
    fields = np.random.default_rng(0).integers(0, 256, (1, 88, 6, 10), dtype=np.uint8)
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
    with pytest.raises(RuntimeError, match="answered float32"):
        open_session(model, "cpu")


def test_engines_are_kept_by_model_and_asked_for_in_eight_bits(model, tmp_path: Path) -> None:
    options = tensorrt_options(model, tmp_path / "cache")
    folder = Path(options["trt_engine_cache_path"])
    assert folder.is_dir()
    assert folder.name == engine_key(model)
    assert options["trt_int8_enable"] == "1"
    other = ModelInfo(model.name, model.path, "0" * 64, model.tier, model.window)
    assert engine_key(other) != engine_key(model)
    assert "trt_engine_cache_path" not in tensorrt_options(model, None)
