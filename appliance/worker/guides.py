"""The camera's recordings that help a piece of tape: which one ran at a moment, and what it saw."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, count, groupby

from appliance.core.media import MediaInfo, read_pictures
from appliance.core.types import Registration, SyncEstimate
from appliance.enhance.runtime import Runtime
from appliance.register.moments import NEAREST_S, Moment, moments
from appliance.worker.reel import Piece

CAMERA_LEAD_S = 3.0  # more than the key frames of a camera's film are apart as a rule


@dataclass(frozen=True)
class Guide:
    """A camera recording that helps a piece, and how it lies on the tape's clock and picture."""

    camera: MediaInfo
    sync: SyncEstimate
    registration: Registration
    strength: float
    runtime: Runtime | None = None  # the guide net's; without one the detail is carried by rule
    recording: int = 0  # which of the piece's cameras it is
    seen_until_s: float = math.inf  # the end of its pictures; its sound may go on

    @property
    def certainty(self) -> float:
        """0..1, in time and in place together."""
        return self.sync.confidence * self.registration.confidence

    def away_s(self, tape_s: float) -> float:
        """0 while this recording ran; else how long before its begin or after its end the moment lies."""
        camera_s = self.sync.camera_time(tape_s)
        return max(0.0, -camera_s, camera_s - min(self.camera.duration_s, self.seen_until_s))


@dataclass(frozen=True)
class Shown:
    """What the recording that ran saw at the moment: ``number`` among the guides."""

    number: int
    moment: Moment


def shown_by(piece: Piece, guides: Sequence[Guide], first: int) -> Iterator[Shown | None]:
    """What the camera that ran saw at each field's moment from tape frame ``first`` on; without end."""
    for number, run in groupby(field_times(piece, first), partial(guide_at, guides)):
        if number is None:
            yield from (None for _ in run)
        else:
            for moment in camera_moments(guides[number], run):
                yield Shown(number, moment) if moment else None


def field_times(piece: Piece, first: int) -> Iterator[float]:
    """The time on the tape of each field from tape frame ``first`` on, without end."""
    return (piece.start_s + float(n / (2 * piece.tape.rate)) for n in count(2 * first))


def guide_at(guides: Sequence[Guide], tape_s: float) -> int | None:
    """The recording that ran at this moment; of several the most certain one.

    So it changes only where one begins or ends. A picture just beside the moment is as good where there is
    none of the moment itself.
    """
    away_s = [guide.away_s(tape_s) for guide in guides]
    near = (number for number, away in enumerate(away_s) if away <= NEAREST_S)
    return min(near, key=lambda number: (away_s[number], -guides[number].certainty), default=None)


def camera_moments(guide: Guide, run: Iterable[float]) -> Iterator[Moment | None]:
    """What the camera saw at each of these moments of the tape.

    Where one recording lost a part the camera's clock jumps, also backwards: its film is opened anew there.
    """
    sync = guide.sync
    for _, even in groupby(run, lambda moment: sum(step.t_tape_s <= moment for step in sync.steps)):
        times = map(sync.camera_time, even)
        begin_s = next(times)
        pictures = read_pictures(guide.camera.path, max(0.0, begin_s - CAMERA_LEAD_S))
        yield from moments(pictures, chain([begin_s], times))
