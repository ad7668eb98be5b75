"""Keeps sound in step with the pictures: placed by its first time stamp, then by counting samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.core.types import AudioBlock

Samples = NDArray[np.int16]
JUMP_S = (
    0.008  # a time stamp so far from the count is a loss; the source takes the jitter out and jumps by more
)
PHASE_GAIN = 0.02


@dataclass(frozen=True)
class Piece:
    """What comes next in the track: so many samples of silence, then these."""

    silence: int
    samples: Samples


class SoundTrack:
    """Sample 0 lies at ``start_s`` of the device's clock, the start of the first frame."""

    def __init__(self, rate_hz: int, start_s: float) -> None:
        self.rate_hz = rate_hz
        self.written = 0  # samples
        self.filled = 0  # of them, silence in place of sound that never came
        self._due_s = start_s
        self._debt = 0  # silence written ahead of sound that may still come late
        self._begun = False

    @property
    def filled_s(self) -> float:
        return self.filled / self.rate_hz

    def fit(self, block: AudioBlock) -> Piece:
        """Trim what lies before the track's end, fill what is missing up to the block."""
        ahead_s = block.timestamp_s - self._due_s
        samples, silence, drift_s = block.samples, 0, 0.0
        if not self._begun or abs(ahead_s) > JUMP_S:
            ahead = round(ahead_s * self.rate_hz)
            silence = max(0, ahead)
            samples = samples[self._overlap(-ahead) :]
        else:
            drift_s = ahead_s
        self._begun = self._begun or len(samples) > 0
        self._debt = 0
        self._advance(silence, len(samples))
        self._due_s += PHASE_GAIN * drift_s
        return Piece(silence, samples)

    def catch_up(self, time_s: float) -> int:
        """Samples of silence to write so that the track reaches ``time_s`` of the film; 0 if it does."""
        missing = max(0, round(time_s * self.rate_hz) - self.written)
        self._advance(missing, 0)
        self._debt += missing
        return missing

    def _overlap(self, behind: int) -> int:
        """How many samples of a block that comes too early lie where the track is written already."""
        return max(0, behind if not self._begun else min(self._debt, behind))

    def _advance(self, silence: int, samples: int) -> None:
        self.filled += silence
        self.written += silence + samples
        self._due_s += (silence + samples) / self.rate_hz
