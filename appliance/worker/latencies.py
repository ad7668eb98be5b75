"""The delays between sound and picture inside each device and mode, kept below the box's root."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from appliance.core.media import MediaInfo, probe
from appliance.core.problems import Problem
from appliance.encode.files import whole_file
from appliance.sync.latency import Latency, measure_latency
from appliance.worker.placing import Tell, light_of
from appliance.worker.reel import heard

LATENCY_RATE_HZ = 16000
Latencies = dict[str, float]  # seconds, by ``key_of``


def mode_of(info: MediaInfo) -> str:
    """Such as 720x576i25: a device delays each of its modes differently."""
    scan = "p" if info.field_order == "progressive" else "i"
    return f"{info.width}x{info.height}{scan}{float(info.rate):.4g}"


def key_of(device: str, info: MediaInfo) -> str:
    return f"{device} {mode_of(info)}"


def load_latencies(path: Path) -> Latencies:
    """What was kept; nothing where the file is missing or damaged."""
    try:
        kept = json.loads(path.read_bytes())
        return {str(key): float(value) for key, value in kept.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def known_latencies(path: Path) -> Callable[[str, MediaInfo], float]:
    """How late the sound of a device is in the mode of a recording; 0 where that was never measured."""
    kept = load_latencies(path)
    return lambda device, info: kept.get(key_of(device, info), 0.0)


def keep_latency(path: Path, key: str, late_s: float) -> None:
    kept = load_latencies(path) | {key: round(late_s, 5)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        part.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def latency_of_file(path: Path, device: str, tell: Tell) -> tuple[Latency, str]:
    """What the recording shows, and of which device and mode. Raises Problem where it shows too little."""
    info = probe(path)
    tell(0.0, "Listening")
    blocks = list(heard(path, lambda: tell(0.0, "Listening"), LATENCY_RATE_HZ))
    sound = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    light = light_of(info, info.field_order, lambda fraction: tell(fraction, "Looking at the pictures"))
    found = measure_latency(sound, LATENCY_RATE_HZ, light)
    if found.late_s is None:
        raise unclear(path, found)
    return found, key_of(device, info)


def unclear(path: Path, found: Latency) -> Problem:
    return Problem(
        "latency-unclear",
        f"{path.name} does not tell how late its sound is",
        f"{found.flashes} flashes were seen, {found.events} with a clap at a steady time: {found.reason}.",
        "Film five claps, each with a flash at the same moment, some seconds apart.",
    )
