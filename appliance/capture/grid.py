"""Where a frame belongs: device time stamps jitter and drift, the film's frames lie on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

PHASE_GAIN = 0.1  # follows a VCR that runs 0.5 % off, yet forgives half a frame of jitter
LATE = 0.75  # of a frame; less may be jitter after jitter the other way, a loss is a whole one
RESTARTED_S = 1.0  # a clock that falls back so far began anew


@dataclass(frozen=True)
class Place:
    index: int  # on the grid; 0 is the first frame
    missed: int  # frames that the device lost just before this one


class FrameGrid:
    """Gives every frame its place; a lost frame leaves its place empty and shifts nothing after it.

    A loss shows in the sequence numbers or in the time stamps; many drivers hide it from the first.
    """

    def __init__(self, rate: Fraction) -> None:
        self.period_s = float(1 / rate)
        self.frames = 0
        self.lost = 0
        self._sequence = 0
        self._due_s = 0.0
        self._index = -1

    def place(self, sequence: int, timestamp_s: float) -> Place:
        if not self.frames or timestamp_s < self._due_s - RESTARTED_S:
            self._due_s = timestamp_s
        missed = 0 if not self.frames else self._missed(sequence, timestamp_s)
        due_s = self._due_s + missed * self.period_s
        self._due_s = due_s + PHASE_GAIN * (timestamp_s - due_s) + self.period_s
        self._sequence = sequence
        self._index += 1 + missed
        self.frames += 1
        self.lost += missed
        return Place(self._index, missed)

    def seems_late(self, sequence: int, timestamp_s: float) -> bool:
        """By its stamp frames are missing before it, of which its number says nothing."""
        return self.frames > 0 and self._missed(sequence, timestamp_s) > max(0, sequence - self._sequence - 1)

    def _missed(self, sequence: int, timestamp_s: float) -> int:
        by_time = math.floor((timestamp_s - self._due_s) / self.period_s + 1 - LATE)
        by_sequence = sequence - self._sequence - 1
        return max(by_time, by_sequence, 0)

    @property
    def elapsed_s(self) -> float:
        return (self._index + 1) * self.period_s
