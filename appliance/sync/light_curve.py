"""Pictures as a slow tune: how bright each part of the picture is at every moment, and how much moves there.

A field of an interlaced frame is a moment of its own. Only the curves are kept: 38 MB for an hour of tape.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import FieldOrder, Picture, Plane

FloatArray = NDArray[np.float32]
HalfArray = NDArray[np.float16]
Array = NDArray[np.float64]
Small = NDArray[np.float32]

ROWS, COLUMNS = 6, 8  # parts of the picture
CELLS = ROWS * COLUMNS
SMALL = (4 * COLUMNS, 4 * ROWS)  # pixels that a picture is reduced to: a tape's noise is gone by then
SEEN = (0.02, 0.955)  # of the height: the heads of a recorder switch in the lines below
LOOK_BACK_S = 0.037  # motion is a change over about so long, whatever the frame rate is
NOISE = 2.0  # times the median change of the pixels: what changes less may be the camera's noise
LONGEST_LOOK_S = 0.25  # a picture after a longer gap shows no motion, but another scene


@dataclass(frozen=True)
class LightCurve:
    """A row for each moment, at ``time_s`` of its file; ``motion`` is a row less change, at ``motion_s``.

    Values are 8-bit levels, (moments, CELLS).
    """

    time_s: Array
    level: HalfArray
    motion_s: Array
    motion: HalfArray

    @property
    def duration_s(self) -> float:
        return float(self.time_s[-1]) if len(self.time_s) else 0.0


@dataclass(frozen=True)
class Moment:
    time_s: float
    parity: int  # of a field; 0 of a whole picture
    small: Small


def read_light(
    pictures: Iterable[Picture],
    order: FieldOrder,
    rate: float,
    on_moment: Callable[[float], None] = lambda _time_s: None,
) -> LightCurve:
    """Look once at every picture, in their order; ``rate`` is in frames a second.

    ``on_moment`` is told the time of each picture, for reading a film takes long.
    """
    return curve_of(moments(pictures, order, rate), on_moment)


def curve_of(seen: Iterable[Moment], on_moment: Callable[[float], None] = lambda _time_s: None) -> LightCurve:
    times, levels, motion_times, motions = array("d"), bytearray(), array("d"), bytearray()
    earlier: deque[Moment] = deque(maxlen=6)
    for moment in seen:
        times.append(moment.time_s)
        levels += cells(moment.small).astype(np.float16).tobytes()
        before = look_back(earlier, moment)
        if before is not None:
            elapsed_s = moment.time_s - before.time_s
            change = cells(moved(moment.small, before.small)) * (LOOK_BACK_S / elapsed_s)
            motion_times.append(moment.time_s - elapsed_s / 2)
            motions += change.astype(np.float16).tobytes()
        earlier.append(moment)
        if moment.parity == 0:
            on_moment(moment.time_s)
    return LightCurve(as_times(times), as_rows(levels), as_times(motion_times), as_rows(motions))


def moments(pictures: Iterable[Picture], order: FieldOrder, rate: float) -> Iterator[Moment]:
    """Every field at its own time, or every whole picture; one that does not come later is left out."""
    parities = {"tff": (0, 1), "bff": (1, 0), "progressive": (0,)}[order]
    last_s = -np.inf
    for picture in pictures:
        if not picture.time_s > last_s or min(picture.y.shape) < 2 * ROWS:
            continue
        last_s = picture.time_s
        for number, parity in enumerate(parities):
            field = picture.y if order == "progressive" else picture.y[parity::2]
            yield Moment(picture.time_s + number / (2 * rate), parity, small(field))


def small(plane: Plane) -> Small:
    rows = len(plane)
    seen = plane[round(SEEN[0] * rows) : round(SEEN[1] * rows)]
    return cv2.resize(seen, SMALL, interpolation=cv2.INTER_AREA).astype(np.float32)


def cells(small: Any) -> FloatArray:
    """The means of the parts, row by row."""
    return np.asarray(cv2.resize(small, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.float32).ravel()


def moved(now: Small, before: Small) -> Small:
    """How far each pixel changed, beside what lamps and exposure did to all of them and beside the noise."""
    steady = np.float32(np.median(now / np.maximum(before, 1)))
    change = cv2.absdiff(now, before * steady)
    return np.asarray(np.maximum(change - np.float32(NOISE * np.median(change)), 0), np.float32)


def look_back(earlier: Iterable[Moment], now: Moment) -> Moment | None:
    """What to compare a picture with: the same field, about ``LOOK_BACK_S`` before."""
    alike = [m for m in earlier if m.parity == now.parity and now.time_s - m.time_s < LONGEST_LOOK_S]
    return min(alike, key=lambda m: abs(now.time_s - m.time_s - LOOK_BACK_S), default=None)


def as_times(values: array[float]) -> Array:
    return np.frombuffer(values, np.float64) if len(values) else np.zeros(0)


def as_rows(values: bytearray) -> HalfArray:
    return np.frombuffer(values, np.float16).reshape(-1, CELLS)
