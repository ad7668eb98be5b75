"""Sound for a film: blocks of any length and kind cut into what the encoder takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TypeAlias

import av
import numpy as np
from numpy.typing import NDArray

SOUND_RATE_HZ = 48000
SoundBlock: TypeAlias = NDArray[np.float32] | NDArray[np.int16]  # (n, 2); integers are full scale at 32768


def as_float(block: SoundBlock) -> NDArray[np.float32]:
    scale = 1 / 32768 if block.dtype == np.int16 else 1.0
    return np.multiply(block, scale, dtype=np.float32)


class SoundTape:
    """Reads ``take(n)`` samples after samples from the blocks; silence follows their end."""

    def __init__(self, blocks: Iterable[SoundBlock]) -> None:
        self._blocks: Iterator[SoundBlock] = iter(blocks)
        self._rest = np.zeros((0, 2), np.float32)

    def take(self, samples: int) -> NDArray[np.float32]:
        while len(self._rest) < samples:
            block = next(self._blocks, None)
            if block is None:
                short = samples - len(self._rest)
                block = np.zeros((short, 2), np.float32)
            self._rest = np.concatenate([self._rest, as_float(block)])
        taken, self._rest = self._rest[:samples], self._rest[samples:]
        return taken


def sound_frame(samples: NDArray[np.float32], first: int, sample_format: str) -> av.AudioFrame:
    """Float stereo as FFmpeg's frame, planar float for AAC or packed 16 bit for PCM."""
    if sample_format == "s16":
        scaled = np.clip(np.rint(samples * np.float32(32768)), -32768, 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(scaled.reshape(1, -1)), "s16", "stereo")
    else:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), "fltp", "stereo")
    frame.sample_rate = SOUND_RATE_HZ
    frame.pts = first
    frame.time_base = Fraction(1, SOUND_RATE_HZ)
    return frame
