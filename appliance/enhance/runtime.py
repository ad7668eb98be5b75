"""Opens a model on the best processor there is: TensorRT, else CUDA, else the CPU, and says which and why."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from appliance.core.problems import Problem
from appliance.core.types import ModelInfo, Plane
from appliance.enhance.manifest import damaged, has_model, load_model
from appliance.enhance.pack import NOTHING, RESIDUAL_CHANNELS

LADDER = ("tensorrt", "cuda", "cpu")
NAMES = {"tensorrt": "TensorRT", "cuda": "CUDA", "cpu": "CPU"}
PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
LIBRARIES = ("usr/lib", "usr/lib/*", "usr/local/lib", "usr/local/tensorrt/lib")
ENGINE_WORKSPACE_BYTES = 1 << 30
GPU_MEMORY_BYTES = 2 << 30
SIZES = {"min": (8, 8), "opt": (144, 180), "max": (320, 480)}  # a quarter of the pictures' rows, columns
TRIAL_PX = 16  # of the quarter size, each way
OFF_LEVELS = 32.0  # a grey, still picture is left alone; the worst net that shipped moved it by 2


@dataclass(frozen=True)
class Runtime:
    """``answer`` takes (1, 120, rows, columns) bytes and gives (24, rows, columns) bytes."""

    model: ModelInfo  # the file that is really used; TensorRT has one of its own
    provider: str
    provider_reason: str
    answer: Callable[[Plane], Plane]


def open_session(
    model: ModelInfo, provider: str = "auto", threads: int = 0, cache: Path | None = None
) -> Runtime:
    """``provider``: "auto" climbs down the ladder, a name insists on it; ``threads`` 0: one for every core.

    ``cache`` keeps TensorRT's engines, without it they are built anew each time. Raises Problem
    "provider-missing" for a provider that was insisted on and cannot be had, and "model-damaged", also for a
    file that is whole and whose answers are not those of a trained net.
    """
    offered = onnxruntime.get_available_providers()
    refusals: list[str] = []
    for name in LADDER if provider == "auto" else (provider,):
        if PROVIDERS.get(name) not in offered:
            refusals.append(f"this onnxruntime does not offer {NAMES.get(name, name)}")
            continue
        used = variant(model, name)
        try:
            session = start(used, name, threads, cache)
            answer = answering(session)
            fault = insane(answer, session.get_inputs()[0].shape[1])
        except Exception as error:  # whatever a driver throws, the next rung is tried
            if name == "cpu":
                raise damaged(f"{Path(used.path).name} cannot be run: {first_line(error)}.") from error
            refusals.append(f"{NAMES[name]} did not start ({first_line(error)})")
            continue
        if not fault:
            return Runtime(used, name, reason(name, provider, refusals), answer)
        if name == "cpu":
            raise damaged(f"{used.name} ({Path(used.path).name}) {fault}.")
        refusals.append(f"{NAMES[name]} computes nonsense (the model {fault})")
    raise missing(provider, refusals)


def variant(model: ModelInfo, name: str) -> ModelInfo:
    """The file of this model that the provider computes with.

    TensorRT needs symmetric INT8; CUDA gains nothing by INT8 and takes the weights before quantisation.
    """
    folder = Path(model.path).parent
    if name == "tensorrt":
        return load_model(f"{model.tier}-s8", folder)
    if name == "cuda" and has_model(f"{model.tier}-f32", folder):
        return load_model(f"{model.tier}-f32", folder)
    return model


def adds_exactly(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this processor has VNNI. Without it onnxruntime would clip the sums of two products of bytes,
    and the film depend on the processor; where it has it, asking for exactness takes three times as long."""
    flags = cpuinfo.read_text(errors="replace") if cpuinfo.exists() else ""
    return any(word in flags for word in ("avx512_vnni", "avx_vnni", "amx_int8"))


def start(model: ModelInfo, name: str, threads: int, cache: Path | None) -> Any:
    """A session that runs wholly on ``name``: a node that would fall back to the CPU is an error."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not adds_exactly():
        options.add_session_config_entry("session.x64quantprecision", "1")
    if name != "cpu":
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    if hasattr(onnxruntime.InferenceSession, "get_provider_graph_assignment_info"):
        options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    providers = [(PROVIDERS[name], provider_options(model, name, cache))]
    session = onnxruntime.InferenceSession(model.path, options, providers=providers)
    if session.get_providers()[0] != PROVIDERS[name]:
        raise RuntimeError(f"the session runs on {session.get_providers()[0]}")
    strangers = elsewhere(session, PROVIDERS[name])
    if strangers:
        raise RuntimeError(f"{len(strangers)} steps would run elsewhere, such as {strangers[0]}")
    return session


def elsewhere(session: Any, provider: str) -> list[str]:
    """The nodes that another provider took; an onnxruntime that cannot tell has refused them before."""
    if not hasattr(session, "get_provider_graph_assignment_info"):
        return []
    parts = session.get_provider_graph_assignment_info()
    return [
        f"{node.op_type} on {p.ep_name}" for p in parts if p.ep_name != provider for node in p.get_nodes()
    ]


def provider_options(model: ModelInfo, name: str, cache: Path | None) -> dict[str, str]:
    if name == "tensorrt":
        return tensorrt_options(model, cache)
    if name == "cuda":  # grows by what is asked for, not by doubling, and stops in time
        return {"arena_extend_strategy": "kSameAsRequested", "gpu_mem_limit": str(GPU_MEMORY_BYTES)}
    return {}


def tensorrt_options(model: ModelInfo, cache: Path | None) -> dict[str, str]:
    """INT8 by the scales in the model, FP16 for the rest. An engine fits one model, software and device.

    One engine for every frame size, tuned for PAL's: without stated limits each size would be built anew.
    """
    options = {
        "trt_int8_enable": "1",
        "trt_fp16_enable": "1",
        "trt_max_workspace_size": str(ENGINE_WORKSPACE_BYTES),
    }
    name, channels = question_of(model)
    for which, (rows, columns) in SIZES.items():
        options[f"trt_profile_{which}_shapes"] = f"{name}:1x{channels}x{rows}x{columns}"
    if cache:
        folder = engine_folder(model, cache)
        folder.mkdir(parents=True, exist_ok=True)
        for kind in ("engine", "timing"):
            options[f"trt_{kind}_cache_enable"] = "1"
            options[f"trt_{kind}_cache_path"] = str(folder)
    return options


def question_of(model: ModelInfo) -> tuple[str, int]:
    """The name of what the net is asked, and its channels."""
    asked = onnxruntime.InferenceSession(model.path, providers=[PROVIDERS["cpu"]]).get_inputs()[0]
    return str(asked.name), int(asked.shape[1])


def engine_folder(model: ModelInfo, cache: Path) -> Path:
    return cache / "engines" / engine_key(model)


def engine_missing(model: ModelInfo, provider: str, cache: Path | None) -> bool:
    """Whether opening this model would make TensorRT compile it, which takes minutes of the whole machine."""
    if (
        provider not in ("auto", "tensorrt")
        or PROVIDERS["tensorrt"] not in onnxruntime.get_available_providers()
    ):
        return False
    used = variant(model, "tensorrt")
    return cache is None or not any(engine_folder(used, cache).glob("*.engine"))


def engine_key(model: ModelInfo) -> str:
    """Changes with the model, onnxruntime, TensorRT's library and the board."""
    parts = [model.sha256, onnxruntime.__version__, *tensorrt_versions(), *device_names()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def tensorrt_versions() -> list[str]:
    """Of the system's library and of the Python package, whichever there are."""
    found = {p.name for folder in LIBRARIES for p in Path("/").glob(f"{folder}/libnvinfer.so.*")}
    for package in ("tensorrt", "tensorrt-cu12", "tensorrt-cu13"):
        with suppress(metadata.PackageNotFoundError):
            found.add(f"{package} {metadata.version(package)}")
    return sorted(found)


def device_names() -> list[str]:
    """The board (a Jetson) and the graphics cards with their driver."""
    files = [Path("/proc/device-tree/model"), Path("/proc/driver/nvidia/version")]
    files += sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    return [path.read_text(errors="replace") for path in files if path.is_file()]


def answering(session: Any) -> Callable[[Plane], Plane]:
    name = session.get_inputs()[0].name

    def answer(fields: Plane) -> Plane:
        residual = np.asarray(session.run(None, {name: fields})[0])
        if residual.dtype != np.uint8 or residual.shape[1] != RESIDUAL_CHANNELS:
            raise RuntimeError(f"the model answered {residual.dtype} {residual.shape}")
        return np.asarray(residual[0], np.uint8)

    return answer


def insane(answer: Callable[[Plane], Plane], channels: int) -> str:
    """Why the answers cannot be those of a trained net, or "": weights that are no numbers give constants.

    A driver that fails does so here, too, and not in the middle of a film.
    """
    size = (1, channels, TRIAL_PX, TRIAL_PX)
    grey = answer(np.full(size, NOTHING, np.uint8)).astype(np.float32) - NOTHING
    if float(np.abs(grey.mean(axis=(1, 2))).max()) > OFF_LEVELS:
        return "does not leave a grey picture grey"
    one, other = (answer(np.random.default_rng(n).integers(0, 256, size, dtype=np.uint8)) for n in (0, 1))
    return "answers the same whatever it is shown" if np.array_equal(one, other) else ""


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
