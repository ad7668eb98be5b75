"""How fast noise is taken out: FFmpeg's filters and our net, turn by turn on one file."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg

from appliance.bench.clips import COLUMNS, PAL, read_scene, truth_of
from appliance.bench.seeds_spoil import Chance, noisy
from appliance.bench.seeds_tables import FILTERS, NLMEANS, RATE, SKIP
from appliance.core.media import read_pictures
from appliance.core.types import BT601_625
from appliance.encode.planes import video_frame
from appliance.enhance.frames import improve
from appliance.enhance.manifest import load_model
from appliance.enhance.runtime import Runtime, open_session

TIER = "denoise"
ROUNDS = 3
Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Cost:
    seconds: float
    processor_s: float


@dataclass(frozen=True)
class SeedSpeed:
    """Pictures of 720x576 a second, of the best round; reading the file, of raw pictures, is part of it."""

    name: str
    pictures_per_s: float
    seconds: tuple[float, ...]
    processor_ms: float = 0.0  # a picture, of all cores together: what else runs hardly changes it


def measure_denoisers(clip: Path, pictures: int, rng: Chance, tell: Tell) -> list[SeedSpeed]:
    """Every method once a round: what disturbs one disturbs all."""
    runtime = open_session(load_model(TIER), "cpu")
    with tempfile.TemporaryDirectory(prefix="twinreel-seeds-") as folder:
        path = Path(folder) / "noisy.nut"
        write_noisy(path, clip, pictures, rng)
        taken: dict[str, list[Cost]] = {name: [] for name in (TIER, *FILTERS)}
        for turn in range(ROUNDS):
            for number, name in enumerate(taken):
                tell((turn + number / len(taken)) / ROUNDS, f"Speed, round {turn + 1}: {name}")
                taken[name].append(cost_of(path, name, runtime))
    return [speed_of(name, costs, pictures) for name, costs in taken.items()]


def speed_of(name: str, costs: Sequence[Cost], pictures: int) -> SeedSpeed:
    seconds = tuple(cost.seconds for cost in costs)
    processor_ms = 1000 * min(cost.processor_s for cost in costs) / pictures
    return SeedSpeed(name, pictures / min(seconds), seconds, processor_ms)


def write_noisy(path: Path, clip: Path, pictures: int, rng: Chance) -> None:
    scene = read_scene(clip, PAL, pictures, SKIP)
    clean = [truth_of(full, number / RATE) for number, full in enumerate(scene)]
    with av.open(str(path), "w", format="nut") as container:
        stream: Any = container.add_stream("rawvideo", rate=int(RATE))
        stream.width, stream.height, stream.pix_fmt = COLUMNS, PAL.rows, "yuv420p"
        for number, picture in enumerate(noisy(clean, rng)):
            frame = video_frame(picture, "yuv420p", BT601_625)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def cost_of(path: Path, name: str, runtime: Runtime) -> Cost:
    begun_s, used_s = time.monotonic(), processor_s()
    if name == TIER:
        for picture in improve(read_pictures(path), runtime):
            assert picture.y.shape == (PAL.rows, COLUMNS)
    else:
        words = ["-v", "error", "-i", str(path), "-vf", FILTERS[name], "-f", "null", "-"]
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *words], check=True)
    return Cost(time.monotonic() - begun_s, processor_s() - used_s)


def processor_s() -> float:
    """Of this process and those that it started and that have ended."""
    return sum(os.times()[:4])


def times_as_fast(speeds: Sequence[SeedSpeed]) -> float:
    """Ours against nlmeans."""
    rates = {speed.name: speed.pictures_per_s for speed in speeds}
    return rates[TIER] / rates[NLMEANS]
