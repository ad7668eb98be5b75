"""Sound for the sync bench: a programme of an evening, and how a tape and a camera each heard it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from appliance.bench.split import is_held_out
from appliance.core.media import read_sound
from appliance.sim.sound import scene_sound

Sound = NDArray[np.float32]
Times = NDArray[np.floating[Any]]

Speeds = tuple[float, float]

RATE_HZ = 16000
SPEEDS = (0.88, 1.12)
SLOW, FAST = (0.88, 0.99), (1.01, 1.12)  # the same recordings, but never the same sound
GRID_HZ = 100  # how finely a recording's clock is written down
FADE_S = 0.05
WOW_HZ = (0.3, 0.7, 1.9, 5.3)  # reels, capstan and pinch roller
LINEAR_SP_HZ, LINEAR_LP_HZ = (100.0, 7800.0), (100.0, 4500.0)
LOUD = 0.1  # rms of a programme
VOICES = ("cmu_arctic", "Resemblyzer", "voices-around")
NOISES = ("blanket", "doing_the_dishes", "freesound")


@dataclass(frozen=True)
class Library:
    """Recorded sound to make programmes of; none of it stays long enough in one pitch to repeat itself."""

    voices: tuple[Sound, ...]
    music: tuple[Sound, ...]
    rooms: tuple[Sound, ...]


@dataclass(frozen=True)
class Way:
    """How a recorder came by the programme: its clock, its room, its noise, what it lost."""

    start_s: float  # of the programme, when the recording begins
    length_s: float
    faster_ppm: float = 0.0  # of its time against the programme's
    wow: float = 0.0  # greatest deviation of its speed
    band_hz: tuple[float, float] = (50.0, 7900.0)
    snr_db: float = 60.0
    room_s: float = 0.0  # time in which the echo dies away by 60 dB
    lost: tuple[tuple[float, float], ...] = ()  # from this moment of the recording on, so much is missing


def find_library(folder: Path | None) -> Library:
    """Sound that nothing was tuned on; without a folder, the sound of the simulated world."""
    paths = sorted((folder / "audio").glob("*")) if folder else []
    usable = [path for path in paths if is_held_out(path)]
    if not usable:
        scene = scene_sound(0.0, 600.0, RATE_HZ, 77).mean(axis=1)
        return Library(tuple(np.array_split(scene, 60)), (), ())
    return library_of(usable)


def library_of(paths: Iterable[Path]) -> Library:
    shelves: dict[str, list[Sound]] = {"voices": [], "music": [], "rooms": []}
    for path in paths:
        sound = np.concatenate(list(read_sound(path, RATE_HZ)))
        level = float(np.sqrt(np.mean(sound**2))) + 1e-6
        shelves[shelf_of(path.name)].append((sound / level * LOUD).astype(np.float32))
    return Library(*(tuple(shelf) for shelf in shelves.values()))


def shelf_of(name: str) -> str:
    known = {"voices": VOICES, "rooms": NOISES}
    return next((shelf for shelf, words in known.items() if any(w in name for w in words)), "music")


def programme(library: Library, seconds: float, seed: int, speeds: Speeds = SPEEDS) -> Sound:
    """People who speak, music now and then, and a room; every piece at a speed of its own."""
    rng = np.random.default_rng([seed, 1])
    sound = lane(library.voices, seconds, rng, speeds, pause_s=2.0, level=1.0)
    if library.music:
        sound += lane(library.music, seconds, rng, speeds, pause_s=40.0, level=0.7)
    if library.rooms:
        sound += lane(library.rooms, seconds, rng, speeds, pause_s=0.0, level=0.2)
    return sound


def lane(
    shelf: Sequence[Sound],
    seconds: float,
    rng: np.random.Generator,
    speeds: Speeds,
    pause_s: float,
    level: float,
) -> Sound:
    out = np.zeros(round(seconds * RATE_HZ), np.float32)
    at = round(rng.uniform(0, pause_s) * RATE_HZ)
    while at < len(out):
        piece = shelf[int(rng.integers(len(shelf)))]
        begin = rng.integers(0, max(1, len(piece) - 4 * RATE_HZ))
        piece = at_speed(piece[begin:], rng.uniform(*speeds))[: len(out) - at]
        out[at : at + len(piece)] += faded(piece) * level * np.float32(10 ** rng.uniform(-0.3, 0.3))
        at += len(piece) + round(rng.uniform(0, pause_s) * RATE_HZ)
    return out


def at_speed(sound: Sound, speed: float) -> Sound:
    places = np.arange(0, len(sound) - 1, speed)
    return np.asarray(np.interp(places, np.arange(len(sound)), sound), np.float32)


def faded(sound: Sound) -> Sound:
    ramp = np.minimum(np.arange(len(sound)), np.arange(len(sound))[::-1]) / (FADE_S * RATE_HZ)
    return (sound * np.clip(ramp, 0, 1)).astype(np.float32)


def clock(way: Way, seed: int) -> tuple[Times, Times]:
    """Times of the recording, and what moment of the programme each one shows."""
    rng = np.random.default_rng([seed, 2])
    own_s = np.arange(round(way.length_s * GRID_HZ) + 2) / GRID_HZ
    shares = rng.dirichlet(np.ones(len(WOW_HZ)))
    bent = sum(
        way.wow * share / (2 * np.pi * hz) * np.sin(2 * np.pi * (hz * own_s + rng.uniform()))
        for share, hz in zip(shares, WOW_HZ, strict=True)
    )
    missing = sum((lost_s * (own_s >= at_s) for at_s, lost_s in way.lost), np.zeros_like(own_s))
    return own_s, way.start_s + own_s * (1 + way.faster_ppm * 1e-6) + bent + missing


def recorded(scene: Sound, way: Way, room: Sound | None, seed: int) -> Sound:
    """``room`` is what else was to be heard there; hiss where there is none."""
    rng = np.random.default_rng([seed, 3])
    own_s, scene_s = clock(way, seed)
    count = round(way.length_s * RATE_HZ)
    places = np.interp(np.arange(count) / RATE_HZ, own_s, scene_s) * RATE_HZ
    heard = np.interp(places, np.arange(len(scene)), scene, left=0, right=0).astype(np.float32)
    if way.room_s:
        heard = fftconvolve(heard, echo(way.room_s, rng))[:count].astype(np.float32)
    band = butter(4, way.band_hz, "bandpass", fs=RATE_HZ, output="sos")
    heard = sosfilt(band, heard).astype(np.float32)
    other = rng.standard_normal(count, np.float32) if room is None else np.resize(room, count)
    level = float(np.sqrt(np.mean(heard**2) / (np.mean(other**2) + 1e-12)))
    return np.asarray(np.clip(heard + other * level * 10 ** (-way.snr_db / 20), -1, 1), np.float32)


def echo(room_s: float, rng: np.random.Generator) -> Sound:
    """The straight way first, then what the walls give back, about as strong in all."""
    count = round(room_s * RATE_HZ)
    tail = rng.standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    tail[: RATE_HZ // 200] = 0  # five milliseconds until the nearest wall answers
    tail *= rng.uniform(0.6, 1.4) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail.astype(np.float32)


def write_sound(path: Path, sound: Sound, kbit_s: int = 0) -> Path:
    """A plain WAV file, or with ``kbit_s`` an AAC track as a camera writes it."""
    name, kind = ("pcm_s16le", "s16") if not kbit_s else ("aac", "fltp")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(name, rate=RATE_HZ, layout="mono")
        if kbit_s:
            stream.bit_rate = 1000 * kbit_s
        resampler = av.AudioResampler(kind, "mono", RATE_HZ, 0 if not kbit_s else 1024)
        for start in range(0, len(sound), RATE_HZ):
            block = np.clip(sound[None, start : start + RATE_HZ] * 32767, -32768, 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(block, "s16", "mono")
            frame.rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
            for piece in resampler.resample(frame):
                container.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path
