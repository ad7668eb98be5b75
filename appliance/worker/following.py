"""The camera followed through the film, and what that has taught kept for a run that goes on later."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from appliance.core.types import Picture, Plane
from appliance.encode.files import whole_file
from appliance.register.guide_track import GuideTrack, State
from appliance.register.keep import read, written
from appliance.worker.guides import Guide
from appliance.worker.reel import Piece
from appliance.worker.seen import SEEN, Laid

NOTHING: Plane = np.zeros((0, 0), np.uint8)


@dataclass(frozen=True)
class Known:
    """What following the recording ``number`` has taught so far."""

    number: int
    state: State


@dataclass(frozen=True)
class Followed:
    """The registered guide, and 255 where it is believed at all; None where no camera ran."""

    guide: Picture | None
    coverage: Plane
    known: Known | None
    recording: int = 0  # of the piece's cameras


class Follower:
    """Given every field's film and what the camera showed then, in their order."""

    def __init__(self, piece: Piece, guides: Sequence[Guide], scale: int, known: Known | None) -> None:
        self._guides, self._tape, self._scale = guides, piece.tape, scale
        if known and known.number not in range(len(guides)):  # a damaged note: the track begins anew
            known = None
        self._number = known.number if known else -1
        self._track = self._new(known.number, known.state) if known else None

    def see(self, film: Picture, laid: Laid | None) -> Followed:
        if laid is None:
            return Followed(None, NOTHING, self._known)
        number = laid.shown.number
        if number != self._number or self._track is None:
            self._number, self._track = number, self._new(number)
        guide, coverage = self._track.see(film, laid.shown.moment.picture)
        if laid.shown.moment.sure.min() < SEEN:
            coverage = np.where(laid.sure > 0, coverage, 0).astype(np.uint8)
        return Followed(guide, coverage, self._known, self._guides[number].recording)

    @property
    def _known(self) -> Known | None:
        return Known(self._number, self._track.state) if self._track else None

    def _new(self, number: int, state: State | None = None) -> GuideTrack:
        size, aspect = (self._tape.width, self._tape.height), self._tape.sample_aspect
        return GuideTrack(self._guides[number].registration, size, aspect, self._scale, state)


def keep_known(stem: Path, known: Known | None) -> None:
    """What was known after a chunk, for a run that goes on there."""
    if known is not None:
        with whole_file(stem.with_suffix(".track")) as part:
            part.write_text(json.dumps({"number": known.number, "state": written(known.state)}))


def known_after(stem: Path) -> Known | None:
    try:
        kept = json.loads(stem.with_suffix(".track").read_text())
        return Known(int(kept["number"]), read(kept["state"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # the track begins anew, as the registration says
