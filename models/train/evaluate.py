"""Held-out pieces through the exported files and through the usual deinterlacers, beside the truth."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

from appliance.core.types import FieldOrder, ModelInfo, Picture
from appliance.enhance.pack import NOTHING, RESIDUAL_CHANNELS, WINDOW, baseline, guess_between
from appliance.enhance.pipeline import restore
from appliance.enhance.runtime import Runtime, open_session
from appliance.enhance.tape import read_fields
from models.train.prepare import TARGETS, WEARS, Pieces

Method = Callable[[list[Picture], FieldOrder], list[Picture]]
Scores = dict[str, dict[str, float]]


def pictures_of(pieces: Pieces, number: int) -> list[Picture]:
    frames = zip(pieces.tape_y[number], pieces.tape_c[number], strict=True)
    return [Picture(y, c[0], c[1], k / 25) for k, (y, c) in enumerate(frames)]


def open_model(path: Path) -> Runtime:
    return open_session(ModelInfo(path.stem, str(path), "", path.stem, WINDOW), "cpu", threads=1)


def by_model(path: Path) -> Method:
    runtime = open_model(path)
    return lambda tape, order: list(restore(tape, order, runtime))


def by_line_average(tape: list[Picture], order: FieldOrder) -> list[Picture]:
    """Every field alone."""
    out = []
    for field in read_fields(tape, order):
        look = field.field.flipped() if field.field.bottom else field.field
        planes = baseline(look, guess_between([look] * WINDOW))
        y, u, v = (p[::-1] if field.field.bottom else p for p in planes)
        out.append(Picture(y, u, v, field.time_s))
    return out


def by_guess(tape: list[Picture], order: FieldOrder) -> list[Picture]:
    """What the net adds to."""

    def nothing(fields: np.ndarray) -> np.ndarray:
        return np.full((RESIDUAL_CHANNELS, *fields.shape[2:]), NOTHING, np.uint8)

    return list(restore(tape, order, Runtime(ModelInfo("", "", "", "", WINDOW), "", "", nothing)))


def by_bwdif(tape: list[Picture], order: FieldOrder) -> list[Picture]:
    """FFmpeg's bwdif, two pictures a frame."""
    height, width = tape[0].y.shape
    parity = "tff" if order == "tff" else "bff"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv422p"]
    command += ["-s", f"{width}x{height}", "-r", "25", "-i", "-", "-vf", f"bwdif=send_field:{parity}:all"]
    command += ["-f", "rawvideo", "-pix_fmt", "yuv422p", "-"]
    raw = b"".join(p.tobytes() for picture in tape for p in (picture.y, picture.u, picture.v))
    done = subprocess.run(command, input=raw, capture_output=True, check=True).stdout
    frames = np.frombuffer(done, np.uint8).reshape(-1, 2 * height * width)
    return [read_frame(frame, height, width) for frame in frames]


def read_frame(frame: np.ndarray, height: int, width: int) -> Picture:
    y, u, v = np.split(frame, [height * width, height * width * 3 // 2])
    small = (width // 2, height // 2)
    u, v = (cv2.resize(c.reshape(height, width // 2), small, interpolation=cv2.INTER_AREA) for c in (u, v))
    return Picture(y.reshape(height, width), np.asarray(u, np.uint8), np.asarray(v, np.uint8), 0.0)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    error = np.mean((a.astype(np.float32) - b) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-3)))


def evaluate_tier(pieces: Pieces, folder: Path, tier: str) -> Scores:
    methods = {name: by_model(folder / f"{name}.onnx") for name in (tier, f"{tier}-s8", f"{tier}-f32")}
    return evaluate(pieces, methods | {"guess": by_guess, "bwdif": by_bwdif})


def evaluate(pieces: Pieces, methods: dict[str, Method]) -> Scores:
    """For each wear the mean over the pieces: ``psnr_y`` and ``psnr_c`` of every method in dB."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number in range(len(pieces.tape_y)):
        order: FieldOrder = "tff" if pieces.top_first[number] else "bff"
        wear = WEARS[pieces.wear[number]]
        for name, method in methods.items():
            made = method(pictures_of(pieces, number), order)
            truths = truths_of(pieces, number)
            for key, value in compare([made[t] for t in TARGETS], truths).items():
                found[wear][f"{name}_{key}"].append(value)
    return {wear: means(found[wear]) for wear in WEARS if wear in found}


def means(lists: dict[str, list[float]]) -> dict[str, float]:
    return {key: float(np.mean(values)) for key, values in lists.items()}


def truths_of(pieces: Pieces, number: int) -> list[Picture]:
    planes = zip(pieces.truth_y[number], pieces.truth_c[number], strict=True)
    return [Picture(y, c[0], c[1], 0.0) for y, c in planes]


def compare(made: list[Picture], truths: list[Picture]) -> dict[str, float]:
    pairs = list(zip(made, truths, strict=True))
    light = [psnr(m.y, t.y) for m, t in pairs]
    colour = [psnr(np.stack([m.u, m.v]), np.stack([t.u, t.v])) for m, t in pairs]
    return {"psnr_y": float(np.mean(light)), "psnr_c": float(np.mean(colour))}
