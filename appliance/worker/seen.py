"""What the camera saw at each field's moment, in the tape's frame: asked on the way in and on the way out.

On the way in it tells where the field's lines belong; on the way out its detail goes into the restored
picture.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import cv2
import numpy as np

from appliance.core.types import Picture, Plane
from appliance.enhance.placed import Told
from appliance.enhance.tape import TapeField
from appliance.register.lines import line_shifts
from appliance.register.moments import Moment

Seen = tuple[Picture, Plane]  # the picture, and 255 where it shows the scene at that moment, else 0
BELIEVED = 128  # of 255: less sure of its moment, a place is as good as unseen


class Watched:
    """The camera's pictures in the order of the fields; the first ``early`` are only asked for lines."""

    def __init__(self, pictures: Iterator[Seen | None], early: int, interlaced: bool) -> None:
        self._pictures, self._early, self._interlaced = pictures, early, interlaced
        self._waiting: deque[Seen | None] = deque()

    def tell(self, field: TapeField) -> Told | None:
        """Where the field's lines lie, if the camera saw its moment; asked for every field, in order."""
        seen = next(self._pictures)
        if self._early:
            self._early -= 1
        else:
            self._waiting.append(seen)
        if seen is None or not self._interlaced:
            return None
        guide, there = (fitted(plane, field) for plane in (seen[0].y, seen[1]))
        found = line_shifts(field.field.y, guide, there, field.field.bottom)
        return found.px, found.variance

    def __iter__(self) -> Iterator[Seen | None]:
        """The same pictures again, each once its field was told of."""
        while True:
            yield self._waiting.popleft()


def fitted(plane: Plane, field: TapeField) -> Plane:
    """At the size of the field's padded frame; a picture for a larger film is made smaller."""
    rows, columns = field.size
    if plane.shape != field.size:
        plane = np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    down, aside = 2 * field.field.y.shape[0] - rows, field.field.y.shape[1] - columns
    return np.pad(plane, ((0, down), (0, aside)), mode="edge") if down or aside else plane


def shown(moment: Moment, coverage: Plane) -> Seen:
    """``coverage`` is of the tape's size, the picture may be larger."""
    sure = moment.sure
    if sure.shape != coverage.shape:
        sure = np.asarray(cv2.resize(sure, coverage.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    return moment.picture, np.where(sure >= BELIEVED, coverage, 0).astype(np.uint8)
