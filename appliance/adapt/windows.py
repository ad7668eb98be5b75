"""Questions to a tape's net with what it should have answered: the material of an adaptation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import FieldOrder, Picture, Plane
from appliance.enhance.pack import (
    Planes,
    add_residual,
    baseline,
    crop,
    fold,
    guess_between,
    join,
    pad,
    turned,
    unfold,
)
from appliance.enhance.pipeline import steady_fields
from appliance.enhance.tape import REACH, TapeField, windows
from appliance.sim.tape.parameters import TapeParameters
from appliance.sim.tape.play import degrade

SEQUENCE = 14  # fields of a piece of simulated tape
TARGETS = range(4, 10)  # of them have enough neighbours on both sides
Numbers = NDArray[np.signedinteger[Any]]
Reals = NDArray[np.floating[Any]]
Places = NDArray[np.bool_]


@dataclass(frozen=True)
class Window:
    """What the net is asked about one field, and what its answer is added to.

    Upside down for a bottom field.
    """

    packed: Plane  # (channels, rows / 4, columns / 4)
    base: Planes
    field: TapeField

    @property
    def upside_down(self) -> bool:
        return self.field.field.bottom

    @property
    def plain(self) -> Picture:
        """The tape's own pixels."""
        return self._picture(self.base)

    def missing(self, truth: Picture) -> Numbers:
        """(24, rows / 4, columns / 4): what the net should answer, in levels."""
        y, u, v = (padded(*pair) for pair in zip((truth.y, truth.u, truth.v), self.base, strict=True))
        planes = turned((y, u, v)) if self.upside_down else (y, u, v)
        steps = zip(planes, self.base, (4, 2, 2), strict=True)
        return np.concatenate(
            [fold(np.ascontiguousarray(t), k, k).astype(np.int16) - fold(b, k, k) for t, b, k in steps]
        )

    def whole(self, plane: Plane) -> Plane:
        """As large as fields are padded to."""
        return padded(plane, self.base[0])

    def lacking(self, shown: Reals, where: Places, response: Reals) -> tuple[Numbers, Plane]:
        """(16, rows / 4, columns / 4) each: what light must be added to, once played, to be what is shown.

        And 1 where that counts.
        """
        base = np.ascontiguousarray(turned(self.base)[0] if self.upside_down else self.base[0])
        lacks, counts = np.rint(shown - filtered(base, response)).astype(np.int16), where.astype(np.uint8)
        if self.upside_down:
            lacks, counts = lacks[::-1], counts[::-1]
        return folded(lacks), folded(counts)

    def finished(self, residual: Plane) -> Picture:
        """``residual`` as a net answers it."""
        parts = unfold(residual[:16], 4), unfold(residual[16:20], 2), unfold(residual[20:24], 2)
        y, u, v = (add_residual(b, r) for b, r in zip(self.base, parts, strict=True))
        return self._picture((y, u, v))

    def _picture(self, planes: Planes) -> Picture:
        planes = turned(planes) if self.upside_down else planes
        return Picture(*crop(planes, *self.field.size), self.field.time_s)


def filtered(rows: Plane | Reals, taps: Reals) -> Reals:
    """An odd number of taps, along the rows; edges go on."""
    kernel = np.ascontiguousarray(taps[None, ::-1], np.float32)  # OpenCV correlates
    return np.asarray(cv2.filter2D(rows, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE))


def folded(plane: NDArray[Any]) -> NDArray[Any]:
    """Of any numbers: (rows, columns) to (16, rows / 4, columns / 4)."""
    rows, columns = plane.shape
    places = plane.reshape(rows // 4, 4, columns // 4, 4).transpose(1, 3, 0, 2)
    return np.asarray(places.reshape(16, rows // 4, -1))


def padded(plane: Plane, like: Plane) -> Plane:
    rows, columns = (want - have for want, have in zip(like.shape, plane.shape, strict=True))
    return pad(plane, rows, columns)


def windows_of(pictures: Iterable[Picture], order: FieldOrder) -> Iterator[Window]:
    """One for every field, as the product asks its net about them."""
    for window in windows(steady_fields(pictures, order), order):
        middle = window[REACH]
        looks = [f.upside_down if middle.field.bottom else f.upright for f in window]
        fields = [look.field for look in looks]
        between = guess_between(fields)
        packed = join([look.packed for look in looks], between)[0]
        yield Window(packed, baseline(fields[REACH], between), middle)


def played(films: Sequence[Picture], tape: TapeParameters, start: int) -> list[Picture]:
    """Clean 4:2:0 pictures, one a field, on a simulated tape: half as many frames, in 4:2:2."""
    whole = [(film.y, doubled_rows(film.u), doubled_rows(film.v)) for film in films]
    halves = (tuple(np.stack([p[k] for p in whole[late::2]]) for k in range(3)) for late in (0, 1))
    first, second = halves
    frames = zip(*degrade(first, second, tape, start), strict=True)  # type: ignore[arg-type]
    return [Picture(y, u, v, number / 25) for number, (y, u, v) in enumerate(frames)]


def doubled_rows(plane: Plane) -> Plane:
    size = (plane.shape[1], 2 * plane.shape[0])
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def smaller(film: Picture, by: float) -> Picture:
    """Cleaner and sharper for each of its pixels; sizes that fold."""
    if by == 1:
        return film
    rows, columns = (round(side * by / 8) * 8 for side in film.y.shape)
    sizes = ((columns, rows), (columns // 2, rows // 2), (columns // 2, rows // 2))
    y, u, v = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
        for plane, size in zip((film.y, film.u, film.v), sizes, strict=True)
    )
    return Picture(y, u, v, film.time_s)
