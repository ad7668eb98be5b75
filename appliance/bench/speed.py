"""How fast the whole command is, from the tape's file to the film's, beside FFmpeg with the usual filters."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from appliance.bench.chains import DENOISERS, filters
from appliance.bench.clips import COLUMNS, PAL
from appliance.bench.memory import repeated
from appliance.bench.ours import tiers_there
from appliance.bench.peak import NetSpeed, Peak, measure_net, measure_peak
from appliance.bench.process import Cost, cost_of
from appliance.bench.scenery import LOOP_FIELDS, loop
from appliance.bench.tape import record
from appliance.bench.wear import wear_named
from appliance.core.config import EncodeConfig
from appliance.core.problems import Problem
from appliance.encode.writer import FilmSpec, FilmWriter, encoder_options
from appliance.worker.outputs import ENCODER_THREADS, FILE_CRF

RATE = 25
LEAST_FRAMES_S, LEAST_OF_HQDN3D, MOST_MB = 25.0, 0.6, 1500.0  # asked of the tier live
Tell = Callable[[float, str], None]
Command = Callable[[Path, Path], list[str]]


@dataclass(frozen=True)
class CommandSpeed:
    """Of the best run: the others were disturbed."""

    name: str
    frames_per_s: float  # of the tape
    peak_mb: float
    seconds: tuple[float, ...]  # of every run


@dataclass(frozen=True)
class Speeds:
    frames: int
    commands: tuple[CommandSpeed, ...]
    peak: Peak | None
    nets: tuple[NetSpeed, ...]
    unmeasured: str = ""  # why there is no peak


def measure_speed(seconds: float, rounds: int, tiers: tuple[str, ...], tell: Tell) -> Speeds:
    """Every command once a round, one after the other, all on one file: what disturbs one disturbs all."""
    chosen = tiers or tiers_there()
    commands = dict(all_commands(chosen))
    with tempfile.TemporaryDirectory(prefix="twinreel-bench-") as temporary:
        tell(0.0, "Making the tape")
        tape, frames = make_tape(Path(temporary), seconds)
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for turn in range(rounds):
            for number, (name, command) in enumerate(commands.items()):
                tell((turn + number / len(commands)) / rounds, f"Round {turn + 1}: {name}")
                costs[name].append(cost_of(command(tape, Path(temporary) / "film.mp4")))
    found = tuple(command_speed(name, costs[name], frames) for name in commands)
    tell(0.99, "Measuring the processor's peak")
    return Speeds(frames, found, *peak_and_nets(chosen))


def command_speed(name: str, costs: Sequence[Cost], frames: int) -> CommandSpeed:
    seconds = tuple(cost.seconds for cost in costs)
    return CommandSpeed(name, frames / min(seconds), max(cost.peak_mb for cost in costs), seconds)


def peak_and_nets(tiers: Sequence[str]) -> tuple[Peak | None, tuple[NetSpeed, ...], str]:
    try:
        peak = measure_peak()
        return peak, tuple(measure_net(tier, PAL.rows, COLUMNS, peak) for tier in tiers), ""
    except Problem as problem:
        if problem.issue.code != "bench-onnx":
            raise
        return None, (), f"{problem.issue.title}. {problem.issue.cause} {problem.issue.remedy}"


def all_commands(tiers: Sequence[str]) -> Iterator[tuple[str, Command]]:
    for tier in tiers:
        yield tier, lambda tape, film, tier=tier: our_command(tape, film, tier)  # type: ignore[misc]
    for chain in DENOISERS:
        yield chain, lambda tape, film, chain=chain: chain_command(tape, film, chain)  # type: ignore[misc]


def our_command(tape: Path, film: Path, tier: str) -> list[str]:
    words = ["enhance", str(tape), "-o", str(film), "--tier", tier, "--provider", "cpu", "--force", "-q"]
    return [sys.executable, "-m", "appliance", *words, "--field-order", PAL.order]


def chain_command(tape: Path, film: Path, chain: str) -> list[str]:
    """With the encoder as the product sets it."""
    spec = film_spec("h264", "yuv420p")
    options = [word for key, value in encoder_options(spec).items() for word in (encoder_word(key), value)]
    options += ["-g", str(spec.keyframe_interval), "-threads", str(spec.threads)]
    chosen = f"{filters(chain, PAL.order)},format=yuv420p"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(tape), "-vf", chosen]
    return [*command, "-c:v", "libx264", *options, str(film)]


def encoder_word(key: str) -> str:
    return f"-{key}:v" if key == "profile" else f"-{key}"


def film_spec(codec: Any, pixel_format: str) -> FilmSpec:
    return FilmSpec(
        width=COLUMNS,
        height=PAL.rows,
        rate=Fraction(RATE if codec == "ffv1" else 2 * RATE),
        sample_aspect=Fraction(12, 11),
        codec=codec,
        crf=FILE_CRF,
        preset=EncodeConfig().preset,
        threads=ENCODER_THREADS,
        pixel_format=pixel_format,
    )


def make_tape(folder: Path, seconds: float) -> tuple[Path, int]:
    """A good PAL tape of about this length in FFV1, 4:2:2, and its tape frames: one loop, repeated."""
    frames = record(loop(PAL), PAL, wear_named("good"), seed=1)
    with FilmWriter(folder / "loop.mkv", film_spec("ffv1", "yuv422p")) as writer:
        for frame in frames:
            writer.write(frame)
    times = max(1, round(seconds * 2 * RATE / LOOP_FIELDS))
    return repeated(folder / "loop.mkv", folder / "tape.mkv", times), times * len(frames)


def required(speeds: Speeds) -> list[tuple[str, str, bool]]:
    """What is asked of the tier live: in words, what was found, and whether it holds."""
    rows = {row.name: row for row in speeds.commands}
    if "live" not in rows:
        return []
    live, chain = rows["live"], rows["bwdif+hqdn3d"]
    ratio = live.frames_per_s / chain.frames_per_s
    return [
        (
            f"live: {LEAST_FRAMES_S:.0f} tape frames/s",
            f"{live.frames_per_s:.1f}",
            live.frames_per_s >= LEAST_FRAMES_S,
        ),
        (f"live: {LEAST_OF_HQDN3D}x the speed of {chain.name}", f"{ratio:.2f}x", ratio >= LEAST_OF_HQDN3D),
        (f"live: at most {MOST_MB:.0f} MB", f"{live.peak_mb:.0f} MB", live.peak_mb <= MOST_MB),
    ]


def speeds_json(speeds: Speeds) -> dict[str, Any]:
    answers = [{"asked": asked, "found": found, "holds": holds} for asked, found, holds in required(speeds)]
    return asdict(speeds) | {"required": answers}
