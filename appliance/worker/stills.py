"""Stills before and after, and of how the camera lies, taken while the film is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.core.types import FieldOrder, Picture
from appliance.encode.checker import checkerboard, overlay
from appliance.encode.planes import line_doubled
from appliance.encode.stills import still_jpeg
from appliance.enhance.guided import of_one_size
from appliance.worker.film import Lying, View
from appliance.worker.reel import Piece

MOMENTS = (0.25, 0.5, 0.75)
LAYING = 1, 50  # of the fields in which a camera was placed, these are shown: the last that there is


@dataclass(frozen=True)
class StillPair:
    """JPEG files of one moment, which is a share of the film's length."""

    before: bytes
    after: bytes
    moment: float


@dataclass(frozen=True)
class PlacedStill:
    """JPEG files of one recording of the camera on one piece of the tape; empty where it was not placed."""

    checkerboard: bytes = b""
    overlay: bytes = b""


class Stills:
    """Keeps the stills at fixed moments of the film; those of an earlier run stay."""

    def __init__(self, folder: Path, pieces: Sequence[Piece], order: FieldOrder, per_frame: int = 2) -> None:
        self._folder = folder
        self._tape = pieces[0].tape
        self._field = "bottom" if order == "bff" else "top"
        frames = sum(piece.frames for piece in pieces)
        self._placed: Counter[tuple[int, int]] = Counter()  # fields of each piece and camera
        self._per_frame = per_frame  # 1: the recording's own whole pictures
        self._moments = {per_frame * int(frames * moment): number for number, moment in enumerate(MOMENTS)}

    def see(self, field: int, view: View) -> None:
        number = self._moments.get(field)
        if number is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        before = line_doubled(view.tape, self._field) if self._per_frame == 2 else view.tape  # type: ignore[arg-type]
        self._keep(f"before-{number}", before)
        self._keep(f"after-{number}", view.moments[0].film)

    def see_placed(self, piece: int, lying: Lying | None) -> None:
        """Every field of a piece: how the camera lies on it, once it has been followed for a while."""
        if lying is None or not lying.coverage.any():
            return
        which = piece, lying.recording
        self._placed[which] += 1
        if self._placed[which] in LAYING:
            self._folder.mkdir(parents=True, exist_ok=True)
            shown = lying.film, of_one_size(lying.camera, lying.film), lying.coverage
            self._keep(f"checkerboard-{piece}-{lying.recording}", checkerboard(*shown))
            self._keep(f"overlay-{piece}-{lying.recording}", overlay(*shown))

    def _keep(self, name: str, picture: Picture) -> None:
        part = self._folder / f"{name}.part"
        part.write_bytes(still_jpeg(picture, self._tape.sample_aspect, self._tape.colour))
        part.replace(self._folder / f"{name}.jpg")


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


def placed_still(folder: Path, piece: int, recording: int) -> PlacedStill:
    """Both or none."""
    files = [folder / f"{name}-{piece}-{recording}.jpg" for name in ("checkerboard", "overlay")]
    return (
        PlacedStill(*(path.read_bytes() for path in files))
        if all(f.is_file() for f in files)
        else PlacedStill()
    )
