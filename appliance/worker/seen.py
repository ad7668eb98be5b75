"""What the camera saw at each field's moment, laid on the tape's frame as the registration says.

That is near enough to tell where lines belong that stray far, before the field is restored. Afterwards the
camera is followed closely (see following.py) and its detail goes into the restored picture.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from appliance.core.types import Plane
from appliance.enhance.placed import Told
from appliance.enhance.tape import TapeField
from appliance.register.lines import far_shifts, line_shifts
from appliance.register.place import luma_raster, placing_of
from appliance.register.views import FloatPlane, size_of
from appliance.register.warp import coverage, warped
from appliance.worker.guides import Guide, Shown, shown_by
from appliance.worker.reel import Piece

BELIEVED = 128  # of 255: less sure of its moment, a place is as good as unseen
SEEN = 255


@dataclass(frozen=True)
class Laid:
    """``luma`` in the tape's light, and 255 where it shows the moment; both of the tape's size."""

    shown: Shown
    luma: Plane
    sure: Plane


def laid_by(piece: Piece, guides: Sequence[Guide], first: int) -> Iterator[Laid | None]:
    """What the camera that ran saw at each field's moment from tape frame ``first`` on; without end."""
    layers = [Layer(guide, (piece.tape.width, piece.tape.height)) for guide in guides]
    for shown in shown_by(piece, guides, first):
        yield layers[shown.number].lay(shown) if shown else None


class Layer:
    """One recording's pictures where the registration puts them."""

    def __init__(self, guide: Guide, tape_size: tuple[int, int]) -> None:
        self._placing, self._tape_size = placing_of(guide.registration), tape_size
        self._raster = luma_raster(tape_size)
        self._coarse: FloatPlane | None = None
        colour = guide.registration.colour
        light = colour.matrix[0][0] * (np.arange(256) - 128.0) + colour.offset[0] + 128
        self._light = np.clip(np.rint(light), 0, 255).astype(np.uint8)

    def lay(self, shown: Shown) -> Laid:
        picture, sure = shown.moment.picture, shown.moment.sure
        size = size_of(picture.y)
        if self._coarse is None:
            self._coarse = self._placing.places(self._tape_size, size)
        luma = cv2.LUT(warped(picture.y, self._coarse, self._raster), self._light)
        there = coverage(self._coarse, size, self._raster)
        if sure.min() < SEEN:
            there[warped(sure, self._coarse, self._raster) < BELIEVED] = 0
        return Laid(shown, np.asarray(luma, np.uint8), there)


class Watched:
    """The camera's pictures in the order of the fields; the first ``early`` are only asked for lines."""

    def __init__(self, pictures: Iterator[Laid | None], early: int, interlaced: bool) -> None:
        self._pictures, self._early, self._interlaced = pictures, early, interlaced
        self._waiting: deque[Laid | None] = deque()

    def tell(self, field: TapeField) -> Told | None:
        """Where the field's lines lie, if the camera saw its moment; asked for every field, in order."""
        laid = next(self._pictures)
        if self._early:
            self._early -= 1
        else:
            self._waiting.append(laid)
        if laid is None or not self._interlaced:
            return None
        luma, sure = (padded(plane, field) for plane in (laid.luma, laid.sure))
        found = far_shifts(line_shifts(field.field.y, luma, sure, field.field.bottom))
        return found.px, found.variance

    def __iter__(self) -> Iterator[Laid | None]:
        """The same pictures again, each once its field was told of."""
        while True:
            yield self._waiting.popleft()


def padded(plane: Plane, field: TapeField) -> Plane:
    """At the size of the field's padded frame."""
    rows, columns = plane.shape
    down, aside = 2 * field.field.y.shape[0] - rows, field.field.y.shape[1] - columns
    return np.pad(plane, ((0, down), (0, aside)), mode="edge") if down or aside else plane
