"""Writes an example pair: tape.mkv, camera.mkv, the progressive truth clean.mkv, and truth.json."""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import av
import av.container
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Plane, StreamFormat
from appliance.sim.cache import Reel, fetch_reel
from appliance.sim.optics import Planes, camera_to_tape
from appliance.sim.recipe import Recipe
from appliance.sim.render import clean_field
from appliance.sim.sound import RATE_HZ

FFV1 = {"level": "3", "slices": "4", "slicecrc": "1", "g": "1"}
FIELD_ORDERS = {"tff": "tt", "bff": "bb", "progressive": "progressive"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m appliance.sim.render", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--wear", choices=("clean", "good", "worn"), default="good")
    parser.add_argument("--standard", choices=("pal", "ntsc"), default="pal")
    parser.add_argument("--size", choices=("full", "quarter"), default="full")
    parser.add_argument("--camera", choices=("same", "other", "none"), default="same")
    parser.add_argument("--camera-offset-s", type=float, default=2.6)
    parser.add_argument("--camera-ppm", type=float, default=80.0)
    parser.add_argument("--seed", type=int, default=1)
    options = vars(parser.parse_args())
    write_example(options.pop("out"), Recipe(**options))


def write_example(out: Path, recipe: Recipe) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as cache:
        reel = fetch_reel(
            recipe, Path(cache), lambda part: print(f"\rRendering {part:4.0%}", end="", flush=True)
        )
        print()
        write_tape(out / "tape.mkv", reel)
        if recipe.camera_frames:
            write_camera(out / "camera.mkv", reel)
    write_clean(out / "clean.mkv", recipe)
    (out / "truth.json").write_text(json.dumps(truth_of(recipe), indent=2) + "\n", encoding="utf-8")


def truth_of(recipe: Recipe) -> dict[str, object]:
    related = recipe.camera == "same"
    return {
        "offset_s": recipe.camera_offset_s if related else None,
        "drift_ppm": recipe.camera_ppm,
        "field_order": recipe.field_order,
        "camera_to_tape": camera_to_tape(recipe.camera_size, recipe.tape_size) if related else None,
        "recipe": asdict(recipe),
    }


def write_tape(path: Path, reel: Reel) -> None:
    recipe = reel.recipe
    with av.open(str(path), "w") as file:
        video = add_ffv1(file, recipe.tape_format(), recipe.tape_rate, "yuv422p")
        sound = add_pcm(file)
        for number in range(recipe.tape_frames):
            file.mux(video.encode(video_frame(reel.tape_frame(number), "yuv422p", number)))
        file.mux(video.encode(None))
        mux_sound(file, sound, reel.tape_sound)


def write_camera(path: Path, reel: Reel) -> None:
    recipe = reel.recipe
    with av.open(str(path), "w") as file:
        video = file.add_mux_stream(
            "mjpeg", rate=30, width=recipe.camera_size[0], height=recipe.camera_size[1]
        )
        sound = add_pcm(file)
        for number in range(recipe.camera_frames):
            packet = av.Packet(reel.camera_frame(number))
            packet.stream, packet.time_base = video, Fraction(1, 30)
            packet.pts = packet.dts = number
            packet.duration, packet.is_keyframe = 1, True
            file.mux(packet)
        mux_sound(file, sound, reel.camera_sound)


def write_clean(path: Path, recipe: Recipe) -> None:
    """One progressive 4:2:0 frame for each field of the tape."""
    style = recipe.tape_format()
    with av.open(str(path), "w") as file:
        video = add_ffv1(file, style, 2 * recipe.tape_rate, "yuv420p")
        for number in range(2 * recipe.tape_frames):
            y, u, v = clean_field(recipe, number)
            planes = (y, halved(u), halved(v))
            file.mux(video.encode(video_frame(planes, "yuv420p", number)))
        file.mux(video.encode(None))


def halved(plane: Plane) -> Plane:
    """Every two rows of colour become one."""
    return ((plane[::2].astype(np.uint16) + plane[1::2] + 1) >> 1).astype(np.uint8)


def add_ffv1(
    file: av.container.OutputContainer, style: StreamFormat, rate: Fraction, pixels: str
) -> av.VideoStream:
    order = style.field_order if pixels == "yuv422p" else "progressive"
    stream = file.add_stream("ffv1", rate=rate, options={**FFV1, "field_order": FIELD_ORDERS[order]})
    assert isinstance(stream, av.VideoStream)
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = style.width, style.height, pixels
    context.sample_aspect_ratio = style.sample_aspect
    context.color_primaries, context.color_trc = style.colour.primaries, style.colour.transfer
    context.colorspace, context.color_range = style.colour.matrix, style.colour.range
    stream.time_base = context.time_base = 1 / rate
    return stream


def video_frame(planes: Planes, pixels: str, number: int) -> av.VideoFrame:
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, pixels)
    for plane, picture in zip(frame.planes, planes, strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(picture.shape[0], plane.line_size)
        rows[:, : picture.shape[1]] = picture
    frame.pts = number
    return frame


def add_pcm(file: av.container.OutputContainer) -> av.AudioStream:
    stream = file.add_stream("pcm_s16le", rate=RATE_HZ)
    assert isinstance(stream, av.AudioStream)
    stream.codec_context.layout = "stereo"
    return stream


def mux_sound(file: av.container.OutputContainer, stream: av.AudioStream, samples: NDArray[np.int16]) -> None:
    for start in range(0, len(samples), RATE_HZ):
        block = np.ascontiguousarray(samples[start : start + RATE_HZ]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))
