"""A frame that is late by its time stamp alone: were frames lost before it, or was it only held up?

Many drivers hide from their numbers what they lost, so a late stamp may be all that tells. But a machine that
stood still for a moment hands over in a burst what it kept, and some stamps are just wrong. What follows
tells: after a loss the next frame comes a period later, else sooner, and then none is missing.
"""

from __future__ import annotations

from fractions import Fraction

from appliance.capture.grid import RESTARTED_S, FrameGrid, Place
from appliance.core.types import VideoFrame

SOONER = 0.5  # of a period: a frame that follows in less still belongs to the burst
MOST_FRAMES = 50  # of a burst; a device that hands over more has another rate than it says

Told = list[tuple[VideoFrame, Place]]


class PatientGrid:
    """Gives out every frame with its place, in order; one that is late waits for the next ones."""

    def __init__(self, rate: Fraction) -> None:
        self.grid = FrameGrid(rate)
        self._held: list[VideoFrame] = []

    def feed(self, frame: VideoFrame) -> Told:
        if self._held and frame.timestamp_s < self._held[-1].timestamp_s - RESTARTED_S:
            return self.flush() + self.feed(frame)  # the device's clock began anew
        if not self._held and not self.grid.seems_late(frame.sequence, frame.timestamp_s):
            return [(frame, self.grid.place(frame.sequence, frame.timestamp_s))]
        self._held.append(frame)
        return [] if self._goes_on() else self.flush()

    def _goes_on(self) -> bool:
        """The newest frame does not tell yet how late the others really were."""
        if len(self._held) < 2:
            return True
        before, now = self._held[-2:]
        follows = now.sequence == before.sequence + 1
        sooner = now.timestamp_s - before.timestamp_s < SOONER * self.grid.period_s
        return follows and sooner and len(self._held) < MOST_FRAMES

    def flush(self) -> Told:
        """What still waits: each of them came no later than what followed it allows."""
        held, self._held = self._held, []
        return [
            (frame, self.grid.place(frame.sequence, self._due_s(held[n:]))) for n, frame in enumerate(held)
        ]

    def _due_s(self, frames: list[VideoFrame]) -> float:
        """When the first of them must have begun at the latest."""
        first = frames[0].sequence
        return min(f.timestamp_s - max(0, f.sequence - first) * self.grid.period_s for f in frames)
