"""Does the worker's memory grow with the tape? Peak of `twinreel enhance` for tapes of several lengths."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av

from appliance.bench.process import cost_of

LOOP_S = 20.0


@dataclass(frozen=True)
class Measured:
    minutes: float
    peak_mb: float
    seconds: float


def measure_memory(minutes: Sequence[float], size: str, camera: bool) -> list[Measured]:
    """Render a short tape (and camera), repeat it to each length, enhance each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="twinreel-bench-") as folder:
        pair = Path(folder) / "pair"
        command = ["-m", "appliance.sim.render", "--out", str(pair), "--seconds", str(LOOP_S), "--size", size]
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
        return [measure(Path(folder), pair, length, camera) for length in minutes]


def measure(folder: Path, pair: Path, minutes: float, camera: bool) -> Measured:
    repeats = max(1, round(minutes * 60 / LOOP_S))
    tape = repeated(pair / "tape.mkv", folder / "tape.mkv", repeats)
    command = [sys.executable, "-m", "appliance", "enhance", str(tape), "-q"]
    if camera:
        command += ["--camera", str(repeated(pair / "camera.mkv", folder / "camera.mkv", repeats))]
    cost = cost_of([*command, "-o", str(folder / "film.mp4"), "--force"])
    return Measured(minutes, cost.peak_mb, cost.seconds)


def repeated(source: Path, target: Path, times: int) -> Path:
    """The same recording several times in a row, by copying its packets."""
    with av.open(str(source)) as head, av.open(str(target), "w") as out:
        copies = {s.index: out.add_stream_from_template(s) for s in head.streams}
        length_s = float(head.duration or 0) / av.time_base
        for number in range(times):
            with av.open(str(source)) as film:
                for packet in film.demux():
                    if packet.dts is None or packet.pts is None or packet.time_base is None:
                        continue
                    shift = round(number * length_s / packet.time_base)
                    packet.pts += shift
                    packet.dts += shift
                    packet.stream = copies[packet.stream.index]
                    out.mux(packet)
    return target
