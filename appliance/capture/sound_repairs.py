"""What cheap dongles do to their sound and how it is put right: pure functions, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
CENTRE, CENTRE_REACH = 0x4000, 0x0800  # where the middle of 15-bit sound without a sign lies
LOW_BITS = 7  # always 0 in it
DECIDED_S = 1.0
LOUD_ENOUGH = 30.0  # of 32768, on average, for a verdict on how samples lie
CLEARLY = 0.6


@dataclass(frozen=True)
class SoundQuirks:
    """What is known of a model."""

    mono_96k_is_stereo_48k: bool = False
    unsigned_15bit: bool = False


MS210X = SoundQuirks(mono_96k_is_stereo_48k=True, unsigned_15bit=True)  # MacroSilicon's 534d:*
BY_NAME = {"": SoundQuirks(), "ms210x": MS210X}


def claimed_wrongly(quirks: SoundQuirks, rate_hz: int, channels: int) -> bool:
    """96 kHz mono on the label, 48 kHz stereo in the box; newer kernels have put it right already."""
    return quirks.mono_96k_is_stereo_48k and (rate_hz, channels) == (96000, 1)


def is_unsigned_15bit(samples: Samples) -> bool:
    """0 to 0x7ff8 around 0x4000 in steps of 8, instead of -32768 to 32767 around 0."""
    if not len(samples) or samples.min() < 0 or (samples & LOW_BITS).any():
        return False
    return abs(float(samples.mean()) - CENTRE) < CENTRE_REACH


def from_unsigned_15bit(samples: Samples) -> Samples:
    return ((np.clip(samples, 0, 0x7FFF).astype(np.int32) << 1) - 32768).astype(np.int16)


def roughness(samples: Samples) -> float:
    """How much neighbours in one channel differ: little in sound, much in bytes put together wrongly."""
    return float(np.abs(np.diff(samples.astype(np.int32), axis=0)).mean()) if len(samples) > 1 else 0.0


def bytes_are_odd(samples: Samples) -> bool:
    """A byte is missing at the start, so that each sample is made of the halves of two."""
    flat = np.ascontiguousarray(samples, "<i2").reshape(-1).view(np.uint8)
    channels = samples.shape[1]
    shifted = flat[1:-1][: (len(flat) - 2) // (2 * channels) * 2 * channels].view("<i2").reshape(-1, channels)
    now, then = roughness(samples), roughness(shifted)
    return now > LOUD_ENOUGH and then < now * CLEARLY / 2


def channels_are_apart(samples: Samples) -> bool:
    """Left and right are of two moments: the stream began with a right sample.

    Told from sound that is on both sides, as a tape's linear track is; else there is nothing to tell it by.
    """
    if samples.shape[1] != 2 or len(samples) < 2 or roughness(samples) < LOUD_ENOUGH:
        return False
    left, right = samples[:, 0].astype(np.int32), samples[:, 1].astype(np.int32)
    same_moment = float(np.abs(left[:-1] - right[:-1]).mean())
    next_moment = float(np.abs(left[1:] - right[:-1]).mean())
    return next_moment < CLEARLY * same_moment


class SoundRepair:
    """Takes a stream block by block; decides within its first second and keeps to it.

    ``shrinks`` is how many samples of the card make one of ours: 2 where mono is stereo in truth.
    """

    def __init__(self, quirks: SoundQuirks, rate_hz: int, channels: int) -> None:
        self.pairs = claimed_wrongly(quirks, rate_hz, channels)
        self.shrinks = 2 if self.pairs else 1
        self.rate_hz = rate_hz // self.shrinks
        self.channels = 2 if self.pairs else min(channels, 2)
        self.notes: dict[str, None] = {}  # what was done, each said once
        self._quirky = quirks != SoundQuirks()
        self._may_be_unsigned = quirks.unsigned_15bit
        self._stride = 2 * (2 if self.pairs else channels)  # bytes of one moment
        if self.pairs:
            self.notes["taken as stereo of half the rate"] = None
        self.restart()

    def restart(self) -> None:
        """The stream begins anew, and with it how its bytes lie."""
        self._first: list[Samples] = []
        self._heard = 0
        self._decided = not self._quirky
        self._unsigned = False
        self._rest = b""
        self._skip = 2 if self.pairs else 0  # such a stream begins with a right sample

    def fit(self, samples: Samples) -> Samples:
        if not self._quirky:
            return samples[:, : self.channels]
        block = self._aligned(np.ascontiguousarray(samples, "<i2").tobytes())
        if not self._decided and bytes_are_odd(block):
            self.notes["a missing byte made up for"] = None
            block = self._aligned(block.tobytes()[1:] + self._rest, fresh=True)
        unsigned = self._unsigned if self._decided else self._looks_unsigned(block)
        if not self._decided:
            self._decide(block)
        return (from_unsigned_15bit(block) if unsigned else block)[:, : self.channels]

    def _aligned(self, data: bytes, fresh: bool = False) -> Samples:
        """Whole moments; what is left of one waits for the next block."""
        data = data if fresh else self._rest + data
        data, self._skip = data[self._skip :], max(0, self._skip - len(data))
        whole = len(data) // self._stride * self._stride
        self._rest = data[whole:]
        return np.frombuffer(data[:whole], "<i2").reshape(-1, self._stride // 2).astype(np.int16)

    def _looks_unsigned(self, block: Samples) -> bool:
        return self._may_be_unsigned and is_unsigned_15bit(block)

    def _decide(self, block: Samples) -> None:
        self._first.append(block)
        self._heard += len(block)
        if self._heard < DECIDED_S * self.rate_hz:
            return
        second, self._first = np.concatenate(self._first), []
        self._decided = True
        self._unsigned = self._looks_unsigned(second)
        if self._unsigned:
            self.notes["15-bit sound without a sign converted"] = None
        if channels_are_apart(second):
            self.notes["left and right put back in step"] = None
            self._skip = 2
