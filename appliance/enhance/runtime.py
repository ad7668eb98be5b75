"""Opens a model on the best processor there is: TensorRT, else CUDA, else the CPU, and says which and why."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from appliance.core.problems import Problem
from appliance.core.types import ModelInfo, Plane
from appliance.enhance.manifest import load_model
from appliance.enhance.pack import NOTHING, RESIDUAL_CHANNELS

LADDER = ("tensorrt", "cuda", "cpu")
NAMES = {"tensorrt": "TensorRT", "cuda": "CUDA", "cpu": "CPU"}
PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
ENGINE_WORKSPACE_BYTES = 1 << 30


@dataclass(frozen=True)
class Runtime:
    """``answer`` takes (1, 88, rows, columns) bytes and gives (24, rows, columns) bytes."""

    model: ModelInfo  # the file that is really used; TensorRT has one of its own
    provider: str
    provider_reason: str
    answer: Callable[[Plane], Plane]


def open_session(
    model: ModelInfo, provider: str = "auto", threads: int = 0, cache: Path | None = None
) -> Runtime:
    """``provider``: "auto" climbs down the ladder, a name insists on it; ``threads`` 0: one for every core.

    ``cache`` keeps TensorRT's engines, without it they are built anew each time. Raises
    Problem "provider-missing" for a provider that was insisted on and cannot be had, and "model-damaged".
    """
    offered = onnxruntime.get_available_providers()
    refusals: list[str] = []
    for name in LADDER if provider == "auto" else (provider,):
        if PROVIDERS.get(name) not in offered:
            refusals.append(f"this onnxruntime does not offer {NAMES.get(name, name)}")
            continue
        try:
            used = load_model(f"{model.tier}-s8", Path(model.path).parent) if name == "tensorrt" else model
            session = start(used, name, threads, cache)
        except Problem:
            raise
        except Exception as error:  # whatever a driver throws, the next rung is tried
            refusals.append(f"{NAMES[name]} did not start ({first_line(error)})")
            continue
        return Runtime(used, name, reason(name, provider, refusals), answering(session))
    raise missing(provider, refusals)


def start(model: ModelInfo, name: str, threads: int, cache: Path | None) -> Any:
    """A session that runs wholly on ``name``: a node that would fall back to the CPU is an error."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if name != "cpu":
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    providers = [(PROVIDERS[name], tensorrt_options(model, cache) if name == "tensorrt" else {})]
    session = onnxruntime.InferenceSession(model.path, options, providers=providers)
    if session.get_providers()[0] != PROVIDERS[name]:
        raise RuntimeError(f"the session runs on {session.get_providers()[0]}")
    return session


def tensorrt_options(model: ModelInfo, cache: Path | None) -> dict[str, str]:
    """INT8 by the scales in the model, FP16 for the rest. An engine fits one model, software and device."""
    options = {
        "trt_int8_enable": "1",
        "trt_fp16_enable": "1",
        "trt_max_workspace_size": str(ENGINE_WORKSPACE_BYTES),
    }
    if cache:
        folder = cache / "engines" / engine_key(model)
        folder.mkdir(parents=True, exist_ok=True)
        for kind in ("engine", "timing"):
            options[f"trt_{kind}_cache_enable"] = "1"
            options[f"trt_{kind}_cache_path"] = str(folder)
    return options


def engine_key(model: ModelInfo) -> str:
    """Changes with the model, onnxruntime, TensorRT's library and the board."""
    libraries = sorted(p.name for p in Path("/usr/lib").glob("*/libnvinfer.so.*"))
    board = Path("/proc/device-tree/model")
    device = board.read_text(errors="replace") if board.exists() else ""
    parts = [model.sha256, onnxruntime.__version__, *libraries, device]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def answering(session: Any) -> Callable[[Plane], Plane]:
    name = session.get_inputs()[0].name

    def answer(fields: Plane) -> Plane:
        residual = np.asarray(session.run(None, {name: fields})[0])
        if residual.dtype != np.uint8 or residual.shape[1] != RESIDUAL_CHANNELS:
            raise RuntimeError(f"the model answered {residual.dtype} {residual.shape}")
        return np.asarray(residual[0], np.uint8)

    blank = np.full((1, session.get_inputs()[0].shape[1], 8, 8), NOTHING, np.uint8)
    answer(blank)  # a driver that fails does so here and not in the middle of a film
    return answer


def reason(name: str, wanted: str, refusals: list[str]) -> str:
    if wanted == "auto" and refusals:
        return f"{NAMES[name]}: {'; '.join(refusals)}."
    why = "the best there is" if wanted == "auto" else "the configuration asks for it"
    return f"{NAMES[name]}: {why}."


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def missing(provider: str, refusals: list[str]) -> Problem:
    return Problem(
        "provider-missing",
        f"The restoration cannot run on {NAMES.get(provider, provider)}",
        f"{'; '.join(refusals)}.".capitalize(),
        'Set the provider of the section "enhance" to "auto" in the configuration.',
    )
