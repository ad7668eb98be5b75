"""Stills before and after, taken while the film is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.core.types import FieldOrder
from appliance.encode.planes import line_doubled
from appliance.encode.stills import still_jpeg
from appliance.worker.film import View
from appliance.worker.reel import Piece

MOMENTS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class StillPair:
    """JPEG files of one moment, which is a share of the film's length."""

    before: bytes
    after: bytes
    moment: float


class Stills:
    """Keeps the stills at fixed moments of the film; those of an earlier run stay."""

    def __init__(self, folder: Path, pieces: Sequence[Piece], order: FieldOrder) -> None:
        self._folder = folder
        self._tape = pieces[0].tape
        self._field = "bottom" if order == "bff" else "top"
        frames = sum(piece.frames for piece in pieces)
        self._moments = {2 * int(frames * moment): number for number, moment in enumerate(MOMENTS)}

    def see(self, field: int, view: View) -> None:
        number = self._moments.get(field)
        if number is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        before = line_doubled(view.tape, self._field)  # type: ignore[arg-type]
        for name, picture in (("before", before), ("after", view.film)):
            jpeg = still_jpeg(picture, self._tape.sample_aspect, self._tape.colour)
            part = self._folder / f"{name}-{number}.part"
            part.write_bytes(jpeg)
            part.replace(self._folder / f"{name}-{number}.jpg")


def still_pairs(folder: Path) -> list[StillPair]:
    """In order of time; a moment that was not taken, or lost its partner, is left out."""
    files = [
        (folder / f"before-{n}.jpg", folder / f"after-{n}.jpg", moment) for n, moment in enumerate(MOMENTS)
    ]
    return [
        StillPair(before.read_bytes(), after.read_bytes(), moment)
        for before, after, moment in files
        if before.is_file() and after.is_file()
    ]
