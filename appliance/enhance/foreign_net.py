"""A net of the user's own as a function of pictures; plain words where its inputs do not fit.

Pictures are arrays (rows, columns, channels) of float32 within 0..1.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from appliance.core.problems import Problem
from appliance.enhance.foreign_colour import Floats
from appliance.enhance.runtime import GPU_MEMORY_BYTES, NAMES, PROVIDERS, adds_exactly, first_line, missing

NUMBERS = {"tensor(float)": "float32", "tensor(float16)": "float16"}
LEVELS = {"0..1": (1.0, 0.0), "0..255": (255.0, 0.0), "-1..1": (2.0, -1.0)}  # times, plus
# How an input's channels are filled after two pictures: the moment between them, a scale of 1, the grid that
# nets which warp by hand want (from -1 to 1 across and down, and what a pixel is of that).
JOINED = {6: "", 7: "t", 8: "t1", 11: "txyab"}
EXPORT_AGAIN = "Export it again as NCHW with one picture in and one out, RGB from 0 to 1"


@dataclass(frozen=True)
class Port:
    """What a net is asked by, as its file says."""

    layout: str  # "picture"; "two", "two-time"; "joined6" .. "joined11"
    inputs: tuple[str, ...]  # pictures first, in their order
    time_shape: tuple[int, ...]  # of the input for the moment; 0: as the picture
    output: str
    channels: int
    numbers: str
    rows: int  # 0: any
    columns: int

    @property
    def pictures(self) -> int:
        return 1 if self.layout == "picture" else 2


@dataclass(frozen=True)
class Net:
    session: Any
    port: Port
    provider: str
    provider_reason: str
    levels: str = "0..1"

    def ask(self, pictures: Sequence[Floats], time: float = 0.5) -> Floats:
        """The answer, within its own bounds; raises whatever onnxruntime raises."""
        times, plus = LEVELS[self.levels]
        planes = [
            np.moveaxis(picture, 2, 0)[None] * np.float32(times) + np.float32(plus) for picture in pictures
        ]
        given = inputs_for(self.port, planes, time)
        feeds = {name: np.ascontiguousarray(value, self.port.numbers) for name, value in given.items()}
        found = np.asarray(self.session.run([self.port.output], feeds)[0])
        if found.ndim != 4 or found.shape[:2] != (1, self.port.channels):
            raise shape_problem(f"It answers with an array of {by(found.shape)}, which is no picture.")
        answer = np.moveaxis(found[0].astype(np.float32), 0, 2)
        return np.ascontiguousarray((answer - np.float32(plus)) / np.float32(times))


def inputs_for(port: Port, planes: list[Floats], time: float) -> dict[str, NDArray[Any]]:
    rows, columns = planes[0].shape[2:]
    if port.layout.startswith("joined"):
        extra = [fill(kind, rows, columns, time) for kind in JOINED[int(port.layout[6:])]]
        return {port.inputs[0]: np.concatenate([*planes, *extra], axis=1)}
    given: dict[str, NDArray[Any]] = dict(zip(port.inputs, planes, strict=False))
    if port.layout == "two-time":
        shape = list(port.time_shape)
        for place, size in ((-2, rows), (-1, columns)):
            if len(shape) == 4 and not shape[place]:
                shape[place] = size
        given[port.inputs[2]] = np.full([side or 1 for side in shape], time, np.float32)
    return given


def fill(kind: str, rows: int, columns: int, time: float) -> Floats:
    across, down = (np.linspace(-1, 1, side, dtype=np.float32) for side in (columns, rows))
    value: Any = {
        "t": time,
        "1": 1.0,
        "x": across[None, :],
        "y": down[:, None],
        "a": 2 / max(1, columns - 1),
        "b": 2 / max(1, rows - 1),
    }[kind]
    return np.broadcast_to(np.asarray(value, np.float32), (1, 1, rows, columns))


def open_net(path: Path, task: str, provider: str = "auto", threads: int = 0, levels: str = "0..1") -> Net:
    """Raises Problem: "own-model-file", "own-model-operators" or "own-model-shape", all of them in words."""
    session, name, why = start_net(path, provider, threads)
    return Net(session, port_of(session, task), name, why, levels)


def start_net(path: Path, provider: str = "auto", threads: int = 0) -> tuple[Any, str, str]:
    """On the graphics card where there is one, else the processor; TensorRT only where it is asked for, as it
    would build an engine for every size of picture."""
    offered = onnxruntime.get_available_providers()
    wanted = ("cuda", "cpu") if provider == "auto" else (provider,)
    refusals = []
    for name in wanted:
        if PROVIDERS.get(name) not in offered:
            refusals.append(f"this onnxruntime does not offer {NAMES.get(name, name)}")
            continue
        try:
            session = onnxruntime.InferenceSession(str(path), options_of(threads), providers=on(name))
        except Exception as error:  # whatever a driver throws, the next one is tried
            if name == "cpu":
                raise load_problem(path, error) from error
            refusals.append(f"{NAMES[name]} did not start ({first_line(error)})")
            continue
        return session, name, f"{NAMES[name]}: {'; '.join(refusals) or 'the best there is'}."
    raise missing(provider, refusals)


def on(name: str) -> list[Any]:
    options = {"gpu_mem_limit": str(GPU_MEMORY_BYTES)} if name == "cuda" else {}
    rest = [PROVIDERS[other] for other in ("cuda", "cpu") if other != name] if name == "tensorrt" else []
    return [(PROVIDERS[name], options), *(rest or ([PROVIDERS["cpu"]] if name != "cpu" else []))]


def options_of(threads: int) -> Any:
    """Without the arena, which grows by doubling and never gives back: the bound on memory has to hold."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.log_severity_level = 4  # what fails is said in our words
    if not adds_exactly():
        options.add_session_config_entry("session.x64quantprecision", "1")
    return options


def load_problem(path: Path, error: Exception) -> Problem:
    """onnxruntime's refusal in plain words."""
    text = str(error)
    if "xternal data" in text:
        return file_problem(
            path,
            "Its weights lie in a second file, which is not beside it.",
            "Give the .onnx where its .data file lies beside it, or export it again as one file.",
        )
    strange = re.search(r"([\w.]+:\w+)\(-?\d+\) is not a registered", text)
    unknown = re.search(r"No Op registered for (\w+)", text)
    if strange or unknown:
        operator = strange.group(1) if strange else unknown.group(1)  # type: ignore[union-attr]
        return operator_problem(
            f"It uses the operator {operator}, which onnxruntime {onnxruntime.__version__} does not know.",
            "Export it again with plain ONNX operators, or install a newer onnxruntime.",
        )
    if "opset" in text.lower() or "IR version" in text:
        found = re.search(r"[Oo]pset (\d+)", text)
        number = f" (opset {found.group(1)})" if found else ""
        return operator_problem(
            f"It was written for a newer ONNX{number} than onnxruntime {onnxruntime.__version__} knows.",
            "Export it again with opset 17, or install a newer onnxruntime.",
        )
    if "Protobuf" in text or "No graph" in text:
        return file_problem(path, "It is no ONNX file, or was cut off.", "Copy it again, or choose another.")
    return operator_problem(f"onnxruntime refuses it: {first_line(error)}.", f"{EXPORT_AGAIN}.")


def port_of(session: Any, task: str) -> Port:
    """Which input is what; raises Problem "own-model-shape"."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    for one in inputs:
        if one.type not in NUMBERS:
            raise shape_problem(f"Its input {one.name} takes {one.type}, not float32 or float16.")
    if len(outputs) != 1:
        names = ", ".join(one.name for one in outputs)
        raise shape_problem(f"It has {len(outputs)} outputs ({names}), where one picture is wanted.")
    layout, ordered = layout_of(inputs, task)
    first = ordered[0]
    joined = layout.startswith("joined")
    sizes = tuple(side if isinstance(side, int) else 0 for side in first.shape)
    if sizes[0] not in (0, 1):
        raise shape_problem(
            f"It takes {sizes[0]} pictures at once.", "Export it again for one (batch size 1)."
        )
    if bool(sizes[2]) != bool(sizes[3]):
        raise shape_problem(f"It takes pictures of {by(first.shape[2:])}: only one of its sides is fixed.")
    time_shape = (
        tuple(s if isinstance(s, int) else 0 for s in ordered[2].shape) if layout == "two-time" else ()
    )
    return Port(
        layout,
        tuple(one.name for one in ordered),
        time_shape,
        outputs[0].name,
        3 if joined else (sizes[1] or 3),
        NUMBERS[first.type],
        sizes[2],
        sizes[3],
    )


def layout_of(inputs: list[Any], task: str) -> tuple[str, list[Any]]:
    pictures = [one for one in inputs if is_picture(one)]
    others = [one for one in inputs if not is_picture(one)]
    if task != "interpolate":
        if len(inputs) != 1:
            names = ", ".join(one.name for one in inputs)
            raise shape_problem(f"It has {len(inputs)} inputs ({names}), where one picture is wanted.")
        if not pictures:
            raise channels_problem(inputs[0])
        return "picture", inputs
    channels = inputs[0].shape[1] if len(inputs) == 1 and len(inputs[0].shape) == 4 else 0
    if channels in JOINED:
        return f"joined{channels}", inputs
    coloured = [one for one in pictures if one.shape[1] == 3]
    if len(coloured) == 2 and len(inputs) == 3:  # the moment may look like a picture of one channel
        return "two-time", [*coloured, *(one for one in inputs if one not in coloured)]
    if len(pictures) == 2 and not others:
        return "two", pictures
    shapes = "; ".join(f"{one.name} {by(one.shape)}" for one in inputs)
    raise shape_problem(
        f"Its inputs ({shapes}) are not those of a net for pictures between pictures: two of 3 channels with"
        " or without a time, or one of 6, 7, 8 or 11 channels."
    )


def is_picture(one: Any) -> bool:
    if len(one.shape) != 4:
        return False
    unknown = not isinstance(one.shape[1], int)
    return one.shape[3] not in (1, 3) if unknown else one.shape[1] in (1, 3)


def channels_problem(one: Any) -> Problem:
    if len(one.shape) == 4 and one.shape[3] in (1, 3):
        return shape_problem("Its colours come last (NHWC).")
    if len(one.shape) == 4:
        return shape_problem(f"It takes {one.shape[1]} channels, where 3 (RGB) or 1 (light) are wanted.")
    return shape_problem(f"Its input {one.name} is an array of {by(one.shape)}, which is no picture.")


def by(shape: Sequence[Any]) -> str:
    return " × ".join(str(side) for side in shape) or "one number"


def file_problem(path: Path, cause: str, remedy: str) -> Problem:
    return Problem("own-model-file", f"{path.name} cannot be read as a model", cause, remedy)


def operator_problem(cause: str, remedy: str) -> Problem:
    return Problem("own-model-operators", "This model cannot be computed here", cause, remedy)


def shape_problem(cause: str, remedy: str = f"{EXPORT_AGAIN}.") -> Problem:
    return Problem("own-model-shape", "This model does not fit a film", cause, remedy)
