"""Python, the libraries that do the work, the processors they can use, and the model."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from collections.abc import Callable

from appliance.core.problems import Problem
from appliance.core.types import ModelInfo
from appliance.ops.checks.result import Result, failed, of_problem, ok, warning

LIBRARIES = (("PyAV", "av"), ("onnxruntime", "onnxruntime"), ("OpenCV", "cv2"))
OLDEST_PYTHON = (3, 10)
ENOUGH_CORES = 4


def python_version() -> Result:
    finding = f"Python {platform.python_version()} on {platform.machine()}"
    if sys.version_info >= OLDEST_PYTHON:
        return ok("python", finding)
    return failed("python", finding, "Twinreel needs Python 3.10 or newer.", "Install a newer Python.")


def library(title: str, module: str) -> Result:
    name = title.lower()
    try:
        version = str(importlib.import_module(module).__version__)
    except (ImportError, OSError) as error:  # OSError: a shared library that it needs is missing
        cause = f"It cannot be loaded: {error}."
        return failed(name, f"{title} is missing", cause, "Install Twinreel again: `pip install twinreel`.")
    return ok(name, f"{title} {version}")


def providers(machine: str = "") -> Result:
    """Which processors onnxruntime offers; a box with a GPU should not fall back to its CPU."""
    try:
        offered = importlib.import_module("onnxruntime").get_available_providers()
    except (ImportError, OSError) as error:
        return failed(
            "providers", "none", f"onnxruntime cannot be loaded: {error}.", "Install Twinreel again."
        )
    finding = ", ".join(provider.removesuffix("ExecutionProvider") for provider in offered)
    gpu = {"TensorrtExecutionProvider", "CUDAExecutionProvider"} & set(offered)
    if (machine or platform.machine()) == "aarch64" and not gpu:
        cause = "This onnxruntime does not know the Jetson's GPU."
        return warning("providers", finding, cause, "Install NVIDIA's onnxruntime for this JetPack.")
    return ok("providers", finding)


def model(find_model: Callable[[], ModelInfo]) -> Result:
    """``find_model`` checks the file's hash and raises Problem."""
    try:
        found = find_model()
    except Problem as problem:
        return of_problem("model", problem)
    return ok("model", f"{found.name}, tier {found.tier}, sha256 {found.sha256[:12]}")


def cores() -> Result:
    count = len(os.sched_getaffinity(0))
    finding = f"{count} cores"
    if count >= ENOUGH_CORES:
        return ok("cores", finding)
    cause = "Recording and restoring at the same time want four."
    return warning("cores", finding, cause, "Expect films to take longer; the recording itself goes first.")
