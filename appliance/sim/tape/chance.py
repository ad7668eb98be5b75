"""Random figures that depend on the tape's seed, the frame's number and the effect, and on nothing else."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.sim.tape.kit import Key
from appliance.sim.tape.parameters import TapeParameters

Figures = NDArray[np.float32]


def key_of(tape: TapeParameters, index: int, effect: str, more: int = 0) -> Key:
    return tape.seed, index, zlib.crc32(effect.encode()), more


def chance(tape: TapeParameters, index: int, effect: str, more: int = 0) -> np.random.Generator:
    return np.random.default_rng(key_of(tape, index, effect, more))


def each_frame(start: int, frames: int, draw: Callable[[int], NDArray[np.floating[Any]]]) -> Figures:
    """What ``draw`` gives for each frame's number, stacked."""
    return np.stack([draw(index) for index in range(start, start + frames)]).astype(np.float32)
