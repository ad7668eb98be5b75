"""A take has gaps where the tape's device was away; its film plays the pieces one after the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace

from appliance.core.types import Role, Segment


@dataclass(frozen=True)
class Gap:
    start_s: float  # take time
    duration_s: float


class Timeline:
    """Both times rise together; in a gap film time stands still. Outside of the take both are clamped."""

    def __init__(self, segments: Iterable[Segment], role: Role = Role.TAPE) -> None:
        chosen = (s for s in segments if s.role is role and s.duration_s > 0)
        self.segments = without_overlap(sorted(chosen, key=lambda s: (s.start_s, s.index)))
        self._film_starts: list[float] = []
        total_s = 0.0
        for segment in self.segments:
            self._film_starts.append(total_s)
            total_s += segment.duration_s
        self.film_duration_s = total_s

    @property
    def take_duration_s(self) -> float:
        """From take time 0 to the end of the last piece."""
        return end_of(self.segments[-1]) if self.segments else 0.0

    def film_time(self, take_s: float) -> float:
        """Where the film is at this take time; within a gap, where the film goes on after it."""
        number = self._number_at(take_s)
        if number is None:
            return 0.0
        segment = self.segments[number]
        into_s = min(max(take_s - segment.start_s, 0.0), segment.duration_s)
        return self._film_starts[number] + into_s

    def take_time(self, film_s: float) -> float:
        """When in the take this moment of the film was recorded; a seam belongs to the piece after it."""
        if not self.segments:
            return 0.0
        number = max(0, bisect_right(self._film_starts, film_s) - 1)
        segment = self.segments[number]
        return segment.start_s + min(max(film_s - self._film_starts[number], 0.0), segment.duration_s)

    def segment_at(self, take_s: float) -> Segment | None:
        """The piece that was recorded at this take time; None in a gap or outside."""
        number = self._number_at(take_s)
        if number is None:
            return None
        segment = self.segments[number]
        return segment if segment.start_s <= take_s < end_of(segment) else None

    def gaps(self) -> tuple[Gap, ...]:
        """The pauses between the pieces, in take time."""
        pairs = zip(self.segments, self.segments[1:], strict=False)
        found = (Gap(end_of(a), b.start_s - end_of(a)) for a, b in pairs)
        return tuple(gap for gap in found if gap.duration_s > 0)

    def _number_at(self, take_s: float) -> int | None:
        """The last piece that begins not later than this; the first one before it."""
        if not self.segments:
            return None
        return max(0, bisect_right([s.start_s for s in self.segments], take_s) - 1)


def end_of(segment: Segment) -> float:
    return segment.start_s + segment.duration_s


def without_overlap(segments: list[Segment]) -> tuple[Segment, ...]:
    """Clocks err by moments: a piece that seems to begin before the last one ended follows it at once."""
    placed: list[Segment] = []
    for segment in segments:
        earliest_s = end_of(placed[-1]) if placed else segment.start_s
        placed.append(replace(segment, start_s=max(segment.start_s, earliest_s)))
    return tuple(placed)
