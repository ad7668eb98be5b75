"""Pictures between pictures: ours, FFmpeg's minterpolate and plain mixing, on clips that no training saw.

Of every clip each second picture (or fourth) is given, as a raw file; those left out are the truth. Then
clips are joined, and it is counted at how many of the cuts a method shows a mix of both sides.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

from appliance.bench.clips import COLUMNS, NTSC, Standard, is_quick, read_scene, standard_of, truth_of
from appliance.bench.material import SKIP
from appliance.bench.metrics import psnr_y, ssim
from appliance.bench.quality import Tell
from appliance.bench.split import held_out_clips
from appliance.core.types import Picture, Plane
from appliance.enhance.interpolate import TIER, between
from appliance.enhance.manifest import load_model
from appliance.enhance.runtime import Runtime, open_session

RATE = 25
SIDE = 4  # pictures of either side of a cut
MIXES = np.linspace(0, 1, 9)
MINTERPOLATE = "minterpolate"
Made = tuple[list[Picture], "Spent"]
Method = Callable[[Path, int, Standard, int], Made]


@dataclass(frozen=True)
class Spent:
    """For so many pictures that were not given."""

    pictures: int
    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Row:
    """One method on one clip; decibels and likeness of the pictures that were left out."""

    method: str
    clip: str
    psnr_y: float
    ssim: float
    spent: Spent


@dataclass(frozen=True)
class Cuts:
    """``blended``: with a picture nearer to a mix of both sides than to either."""

    method: str
    cuts: int
    blended: int


@dataclass(frozen=True)
class Found:
    times: int
    rows: tuple[Row, ...]
    cuts: tuple[Cuts, ...]


def measure_interpolation(data: Path, clips: int, frames: int, times: int, tell: Tell) -> Found:
    """One method after the other on each clip, so that what disturbs one disturbs all."""
    films = [clip for clip in held_out_clips(data) if is_quick(clip)][: clips or None]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="twinreel-bench-") as temporary:
        ways, given = all_methods(), Path(temporary) / "given.yuv"
        for number, clip in enumerate(films):
            tell(0.7 * number / len(films), f"Between the pictures of {clip.stem.split('__')[-1]}")
            rows += measure_clip(clip, frames, times, ways, given)
        pairs = list(permutations(films, 2))
        blended = dict.fromkeys(ways, 0)
        for number, pair in enumerate(pairs):
            tell(0.7 + 0.3 * number / len(pairs), f"Cut {number + 1} of {len(pairs)}")
            for name, count in blended_at(pair, times, ways, given).items():
                blended[name] += count
    tell(1.0, "Done")
    return Found(times, tuple(rows), tuple(Cuts(name, len(pairs), count) for name, count in blended.items()))


def all_methods() -> dict[str, Method]:
    ours, floats = (open_session(load_model(tier), "cpu") for tier in (TIER, f"{TIER}-f32"))
    return {
        "mixed": by_mixing,
        MINTERPOLATE: by_minterpolate,
        TIER: lambda *asked: by_us(ours, *asked),
        f"{TIER}-f32": lambda *asked: by_us(floats, *asked),
    }


def measure_clip(clip: Path, frames: int, times: int, ways: dict[str, Method], given: Path) -> Iterator[Row]:
    """Of the last pictures minterpolate makes none: no method's count."""
    standard = standard_of(clip)
    scene = read_scene(clip, standard, times * frames + 1, SKIP)
    film = [truth_of(full, number / RATE / times) for number, full in enumerate(scene)]
    write_raw(film[::times], given)
    counted = [k for k in range(times * (frames - 2)) if k % times]
    truth = [film[k] for k in counted]
    for name, way in ways.items():
        made, spent = way(given, frames + 1, standard, times)
        shown = [made[k] for k in counted]
        yield Row(name, clip.stem.split("__")[-1], psnr_y(shown, truth), ssim(shown, truth), spent)


def blended_at(pair: tuple[Path, Path], times: int, ways: dict[str, Method], given: Path) -> dict[str, int]:
    film = []
    for clip in pair:
        scene = read_scene(clip, NTSC, SIDE, SKIP)
        film += [truth_of(full, 0.0) for full in scene]
    film = [Picture(p.y, p.u, p.v, number / RATE) for number, p in enumerate(film)]
    write_raw(film, given)
    found = {}
    for name, way in ways.items():
        made, _ = way(given, len(film), NTSC, times)
        shown = made[times * (SIDE - 1) + 1 : times * SIDE]
        found[name] = int(any(is_blend(p.y, film[SIDE - 1].y, film[SIDE].y) for p in shown))
    return found


def is_blend(shown: Plane, one: Plane, other: Plane) -> bool:
    """Nearer to a mix of both than to either."""
    mixes = [cv2.addWeighted(one, 1 - part, other, part, 0) for part in MIXES]
    distances = [float(np.mean(np.square(shown.astype(np.float32) - mix))) for mix in mixes]
    return 0 < int(np.argmin(distances)) < len(MIXES) - 1


def by_mixing(given: Path, frames: int, standard: Standard, times: int) -> Made:
    before = now()
    film = list(read_raw(given, frames, standard.rows))
    made = []
    for one, other in zip(film, [*film[1:], film[-1]], strict=True):
        parts = [k / times for k in range(times)]
        for part in parts:
            y, u, v = (mix(a, b, part) for a, b in planes_of(one, other))
            made.append(Picture(y, u, v, one.time_s))
    return made, spent_since(before, (times - 1) * (frames - 1))


def planes_of(one: Picture, other: Picture) -> list[tuple[Plane, Plane]]:
    return [(one.y, other.y), (one.u, other.u), (one.v, other.v)]


def mix(one: Plane, other: Plane, part: float) -> Plane:
    return np.asarray(cv2.addWeighted(one, 1 - part, other, part, 0), np.uint8)


def by_us(runtime: Runtime, given: Path, frames: int, standard: Standard, times: int) -> Made:
    before = now()
    made = list(between(read_raw(given, frames, standard.rows), times, runtime))
    return made, spent_since(before, (times - 1) * (frames - 1))


def by_minterpolate(given: Path, frames: int, standard: Standard, times: int) -> Made:
    """With its options as they are; what FFmpeg needs to start is measured by a copy and taken off."""
    _, idle = through_ffmpeg(given, standard, "null", times)
    raw, busy = through_ffmpeg(given, standard, f"minterpolate=fps={times * RATE}:mi_mode=mci", times)
    made = list(raw_pictures(raw, standard.rows))
    count = len(made) - len(made) // times
    return made + made[-1:] * (times * frames - len(made)), Spent(
        count, busy.wall_s - idle.wall_s, busy.cpu_s - idle.cpu_s
    )


def through_ffmpeg(given: Path, standard: Standard, chain: str, times: int) -> tuple[bytes, Spent]:
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p"]
    size = ["-s", f"{COLUMNS}x{standard.rows}", "-r", str(RATE)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *raw, *size, "-i", str(given)]
    before = now()
    done = subprocess.run([*command, "-vf", chain, *raw, "-"], capture_output=True, check=True)
    return done.stdout, spent_since(before, 0)


def now() -> tuple[float, float]:
    """Wall clock, and the time of all processors for this process and what it has started."""
    return time.monotonic(), sum(os.times()[:4])


def spent_since(before: tuple[float, float], pictures: int) -> Spent:
    wall_s, cpu_s = now()
    return Spent(pictures, wall_s - before[0], cpu_s - before[1])


def write_raw(film: Sequence[Picture], path: Path) -> None:
    with path.open("wb") as file:
        for picture in film:
            for plane in (picture.y, picture.u, picture.v):
                file.write(np.ascontiguousarray(plane).data)


def read_raw(path: Path, frames: int, rows: int) -> Iterator[Picture]:
    with path.open("rb") as file:
        for number in range(frames):
            data = file.read(COLUMNS * rows * 3 // 2)
            yield from raw_pictures(data, rows, number)


def raw_pictures(data: bytes, rows: int, first: int = 0) -> Iterator[Picture]:
    size = COLUMNS * rows
    for number, start in enumerate(range(0, len(data), size * 3 // 2), first):
        whole = np.frombuffer(data, np.uint8, size * 3 // 2, start)
        u, v = (whole[size + k * size // 4 :][: size // 4].reshape(rows // 2, COLUMNS // 2) for k in (0, 1))
        yield Picture(whole[:size].reshape(rows, COLUMNS), u, v, number / RATE)
