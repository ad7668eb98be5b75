"""A float net of the user's own made INT8, calibrated and measured on frames of the user's own."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from appliance.core.problems import Problem
from appliance.enhance.foreign_colour import Floats
from appliance.enhance.foreign_frames import piece
from appliance.enhance.foreign_net import Net, inputs_for, start_net
from appliance.enhance.foreign_tiles import Tiling, up

FLOOR_DB = 35.0
SIDE_PX = 192  # of a piece of a frame
OPSET = 13  # the first that can scale each channel of weights apart
NODES = ("Conv", "ConvTranspose", "MatMul", "Gemm")
PEAK_DB = 99.0
PARTS = 2  # of every frame that is calibrated by


@dataclass(frozen=True)
class Quantised:
    """``psnr_db`` of its answers against those of the float net, on frames that it was not calibrated by."""

    path: Path
    psnr_db: float
    spared: bool  # the first and the last layer stayed floats
    frames: int


def quantise(net: Net, path: Path, tiling: Tiling, frames: Sequence[list[Floats]], folder: Path) -> Quantised:
    """Unsigned activations, signed weights, as processors compute fastest.

    All layers, or without the first and the last where that is closer to the floor. Raises Problem where the
    package onnx is missing, or the net cannot be quantised.
    """
    onnx = load_onnx()
    if net.port.numbers != "float32":
        raise unfit("It computes in float16", "Export it in float32 and add that with --quantise.")
    sides = (tiling.rows, tiling.columns) if tiling.rows else 2 * (up(SIDE_PX, tiling.align),)
    calibrate = [piece(m, *sides, PARTS * k + n) for k, m in enumerate(frames[::2]) for n in range(PARTS)]
    measure = [piece(moment, *sides, k) for k, moment in enumerate(frames[1::2])]
    model = modern(onnx, path)
    weighty = [node.name for node in model.graph.node if node.op_type in NODES]
    if not weighty:
        raise unfit("It has no layer that gains by it", "Add it without --quantise.")
    wanted = [net.ask(moment) for moment in measure]
    best: Quantised | None = None
    for spare in (False, True):
        left_out = [weighty[0], weighty[-1]] if spare else []
        if spare and len(weighty) < 3:
            break
        made = static(model, net, calibrate, left_out, folder / f"int8-{int(spare)}.onnx")
        found = Quantised(made, loss_db(made, net, measure, wanted), spare, len(measure))
        best = found if best is None or found.psnr_db > best.psnr_db else best
        if best.psnr_db >= FLOOR_DB:
            break
    assert best is not None
    return best


def check_floor(found: Quantised, force: bool) -> None:
    if found.psnr_db < FLOOR_DB and not force:
        cause = (
            f"On {found.frames} of your frames its answers are {found.psnr_db:.1f} dB from the float net's,"
            f" and {FLOOR_DB:.0f} dB is the least"
        )
        raise unfit(
            cause, "Add it without --quantise, give more typical frames, or take it as it is: --force."
        )


def load_onnx() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise Problem(
            "own-model-onnx",
            "This needs the Python package onnx",
            "It is not installed; it is only needed to quantise a model, or to join it into one file.",
            "Install it: pip install 'twinreel[models]' (or pip install onnx).",
        ) from error
    return onnx


def modern(onnx: Any, path: Path) -> Any:
    """The model with a name for each layer, written anew where its ONNX is too old."""
    model = onnx.load(str(path))
    old = next((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), OPSET)
    if old < OPSET:
        try:
            model = onnx.version_converter.convert_version(model, OPSET)
        except Exception as error:  # it raises RuntimeErrors of many kinds
            cause = f"It was written for an old ONNX (opset {old}) and cannot be converted: {error}"
            raise unfit(cause.splitlines()[0], "Export it again with opset 17.") from error
    for number, node in enumerate(model.graph.node):
        node.name = node.name or f"node{number}"
    return model


def static(model: Any, net: Net, pictures: Sequence[list[Floats]], left_out: list[str], made: Path) -> Path:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.rest: Iterator[list[Floats]] = iter(pictures)

        def get_next(self) -> Any:
            moment = next(self.rest, None)
            return None if moment is None else feeds_of(net, moment)

    with quiet():
        quantize_static(
            model,
            str(made),
            Reader(),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            nodes_to_exclude=left_out,
            op_types_to_quantize=list(NODES),
        )
    return made


def feeds_of(net: Net, moment: list[Floats]) -> dict[str, Any]:
    """What the net is really given, in its own levels."""
    from appliance.enhance.foreign_net import LEVELS

    times, plus = LEVELS[net.levels]
    planes = [np.moveaxis(picture, 2, 0)[None] * np.float32(times) + np.float32(plus) for picture in moment]
    return {
        name: np.ascontiguousarray(v, np.float32) for name, v in inputs_for(net.port, planes, 0.5).items()
    }


@contextmanager
def quiet() -> Iterator[None]:
    """The quantiser recommends its own ways of working at length."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def loss_db(made: Path, net: Net, measure: Sequence[list[Floats]], wanted: Sequence[Floats]) -> float:
    """Of all frames together; what the film cannot hold anyway is cut off before."""
    session, _, _ = start_net(made, "cpu")
    whole = replace(net, session=session)
    squares = [
        np.mean((np.clip(whole.ask(m), 0, 1) - np.clip(w, 0, 1)) ** 2)
        for m, w in zip(measure, wanted, strict=True)
    ]
    mean = float(np.mean(squares))
    return min(PEAK_DB, -10 * float(np.log10(mean))) if mean > 0 else PEAK_DB


def unfit(cause: str, remedy: str) -> Problem:
    return Problem("own-model-quantise", "The model was not quantised", f"{cause}.", remedy)
