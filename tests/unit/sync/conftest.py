"""Sound for the tests: bursts of noise and tone with pauses, heard twice in different ways."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

Sound = NDArray[np.float32]
RATE_HZ = 8000
MakeScene = Callable[[float, int], Sound]
MakePair = Callable[..., tuple[Sound, Sound]]


def _scene(seconds: float, seed: int) -> Sound:
    rng = np.random.default_rng(seed)
    sound = np.zeros(int(seconds * RATE_HZ), np.float32)
    at = 0
    while at < len(sound):
        length = min(len(sound) - at, int(rng.uniform(0.08, 0.3) * RATE_HZ))
        time_s = np.arange(length) / RATE_HZ
        pitch_hz = rng.uniform(100, 400)
        voice = sum(np.sin(2 * np.pi * pitch_hz * n * time_s) / n for n in range(1, 9))
        burst = (voice + rng.normal(size=length)) * np.hanning(length) * rng.uniform(0.05, 0.3)
        sound[at : at + length] = burst
        at += length + int(rng.choice([0.0, 0.1, 0.4]) * RATE_HZ)
    return sound


def _heard_at(scene: Sound, times_s: NDArray[np.float64], rng: np.random.Generator, noise: float) -> Sound:
    heard = np.interp(times_s * RATE_HZ, np.arange(len(scene)), scene, left=0, right=0)
    echo = np.concatenate([np.zeros(240), heard[:-240]]) if len(heard) > 240 else 0
    return (heard + 0.5 * echo + noise * rng.normal(size=len(heard))).astype(np.float32)


def _pair(
    offset_s: float, drift_ppm: float = 0.0, tape_s: float = 8.0, camera_s: float = 8.0, seed: int = 1,
    noise: float = 0.02, other_scene: bool = False, lost_at_s: float | None = None, lost_s: float = 0.0,
    by: str = "camera", wow_s: float = 1e-3 / (2 * np.pi * 0.7), wow_hz: float = 0.7,
) -> tuple[Sound, Sound]:  # fmt: skip
    """The tape's and the camera's sound; the file of one lacks ``lost_s`` from ``lost_at_s`` on.

    The tape is up to ``wow_s`` late and early, ``wow_hz`` times a second.
    """
    rng = np.random.default_rng(seed + 1000)
    before_s = max(0.0, -offset_s)
    scene = _scene(before_s + max(tape_s + lost_s, offset_s + camera_s + lost_s) + 1, seed)
    tape_time = np.arange(int(tape_s * RATE_HZ)) / RATE_HZ
    wow = wow_s * np.sin(2 * np.pi * wow_hz * tape_time)
    camera_time = np.arange(int(camera_s * RATE_HZ)) / RATE_HZ
    if lost_at_s is not None and by == "camera":
        camera_time = camera_time + lost_s * (camera_time >= lost_at_s)
    elif lost_at_s is not None:
        tape_time = tape_time + lost_s * (tape_time >= lost_at_s)
    filmed = _scene(before_s + camera_s + offset_s + 2, seed + 500) if other_scene else scene
    tape = _heard_at(scene, before_s + tape_time + wow, rng, noise)
    return tape, _heard_at(filmed, before_s + offset_s + (1 + drift_ppm * 1e-6) * camera_time, rng, noise)


@pytest.fixture
def make_scene() -> MakeScene:
    return _scene


@pytest.fixture
def make_pair() -> MakePair:
    return _pair
