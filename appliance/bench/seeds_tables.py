"""Tables 2 to 4 of the seeds: clips that were spoilt, and how near to the truth each method brings them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from appliance.bench.chains import split
from appliance.bench.clips import read_scene, standard_of, truth_of
from appliance.bench.methods import FP32
from appliance.bench.ours import FLOAT, model_or_none
from appliance.bench.seeds_spoil import Spoil, blurred, noisy, small_clean, small_degraded
from appliance.core.types import ModelInfo, Picture
from appliance.enhance.frames import enlarged, improve
from appliance.enhance.manifest import load_model
from appliance.enhance.runtime import open_session

SKIP = 6  # pictures of a clip, which often begins with a fade or a key frame's artefacts
RATE = 25.0
INPUT, BICUBIC, NLMEANS = "input", "bicubic", "nlmeans s=8"
Films = Sequence[Picture]
# The strengths that were best on clips of the training's side, of eight or more each.
FILTERS = {
    NLMEANS: "nlmeans=s=8",
    "nlmeans s=9 r=9": "nlmeans=s=9:r=9",
    "hqdn3d 20": "hqdn3d=20",
    "atadenoise": ":".join(["atadenoise=s=9", *(f"{k}a=0.2:{k}b=0.4" for k in range(3))]),
}
SHARPENER = {"unsharp": "unsharp"}


@dataclass(frozen=True)
class SeedMethod:
    """``net`` changes with the weights; ``make`` gives as many pictures as it is given."""

    name: str
    make: Callable[[Films], Films]
    net: str = ""


@dataclass(frozen=True)
class SeedTable:
    """``inputs``: how each kind of input is spoilt; rows of a second kind have its name before theirs."""

    number: int
    tier: str
    title: str
    inputs: dict[str, Spoil]
    others: tuple[SeedMethod, ...]
    shown: tuple[str, ...]  # the methods of its still, between which nothing else stands

    def methods(self) -> Iterator[SeedMethod]:
        yield from self.others
        yield from own_methods(self.tier)


def own_methods(tier: str) -> Iterator[SeedMethod]:
    model, floats = load_model(tier), model_or_none(f"{tier}{FLOAT}")
    yield SeedMethod(tier, partial(by_net, model=model), model.sha256)
    if floats is not None:
        yield SeedMethod(f"{tier} {FP32}", partial(by_net, model=floats), floats.sha256)


def by_net(given: Films, model: ModelInfo) -> Films:
    return list(improve(given, open_session(model, "cpu")))


def as_given(given: Films) -> Films:
    return given


def by_bicubic(given: Films, scale: int = 4) -> Films:
    """The enlargement that the net's answer is added to."""
    found = []
    for picture in given:
        y, u, v = enlarged((picture.y, picture.u, picture.v), scale)
        found.append(replace(picture, y=y, u=u, v=v))
    return found


def by_filter(given: Films, chosen: str) -> Films:
    """FFmpeg's filter over the whole clip."""
    rows, columns = given[0].y.shape
    raw_words = ["-f", "rawvideo", "-pix_fmt", "yuv420p"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-s", f"{columns}x{rows}", "-r", "25"]
    command += [*raw_words, "-i", "-", "-vf", chosen, *raw_words, "-"]
    raw = b"".join(plane.tobytes() for p in given for plane in (p.y, p.u, p.v))
    done = subprocess.run(command, input=raw, stdout=subprocess.PIPE, check=True).stdout
    frames = np.frombuffer(done, np.uint8).reshape(-1, rows * columns * 3 // 2)
    return [split(frame, rows, columns) for frame in frames]


def filters(chosen: dict[str, str]) -> tuple[SeedMethod, ...]:
    return tuple(SeedMethod(name, partial(by_filter, chosen=words), words) for name, words in chosen.items())


def clean_clip(clip: Path, pictures: int) -> list[Picture]:
    scene = read_scene(clip, standard_of(clip), pictures, SKIP)
    return [truth_of(full, number / RATE) for number, full in enumerate(scene)]


SR4 = SeedTable(
    2,
    "sr4",
    "four times as wide and high",
    {"": small_degraded, "clean": small_clean},
    (SeedMethod(BICUBIC, by_bicubic),),
    (BICUBIC, "sr4"),
)
DEBLUR = SeedTable(
    3,
    "deblur",
    "shaken and soft",
    {"": blurred},
    (SeedMethod(INPUT, as_given), *filters(SHARPENER)),
    (INPUT, "deblur"),
)
DENOISE = SeedTable(
    4,
    "denoise",
    "noise of sigma 10",
    {"": noisy},
    (SeedMethod(INPUT, as_given), *filters(FILTERS)),
    (INPUT, NLMEANS, "denoise"),
)
TABLES = (SR4, DEBLUR, DENOISE)
