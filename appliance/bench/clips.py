"""Clean moving pictures on a tape's raster: every picture of a clip becomes the scene of one field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.problems import Problem
from appliance.core.types import FieldOrder, Picture

Full = NDArray[np.uint8]  # (rows, columns, 3): Y, U, V at full size, limited range
COLUMNS = 720
SLOWEST = 20  # pictures a second; slower clips jump from field to field


@dataclass(frozen=True)
class Standard:
    """A television standard as far as a tape's raster needs it."""

    name: str
    rows: int
    order: FieldOrder
    line: int  # samples of a whole line, blanking and all, at 13.5 MHz
    field_rate: float


PAL = Standard("pal", 576, "tff", 864, 50.0)
NTSC = Standard("ntsc", 480, "bff", 858, 60000 / 1001)


def standard_of(path: Path) -> Standard:
    """A source with the rows for it makes a PAL tape, a smaller one an NTSC tape: none is enlarged much."""
    with av.open(str(path)) as container:
        return PAL if container.streams.video[0].height >= PAL.rows else NTSC


def is_quick(path: Path) -> bool:
    with av.open(str(path)) as container:
        return float(container.streams.video[0].average_rate or 0) > SLOWEST


def read_scene(path: Path, standard: Standard, pictures: int, skip: int = 0) -> list[Full]:
    """The middle 4:3 of so many pictures of the clip; a clip that is too short is played to and fro."""
    found = list(islice(decoded(path, standard), skip, skip + pictures))
    if not found:
        raise no_pictures(path)
    there_and_back = found + found[-2:0:-1]
    return [there_and_back[k % len(there_and_back)] for k in range(pictures)]


def decoded(path: Path, standard: Standard) -> Iterator[Full]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            planes = frame.reformat(format="yuv444p").to_ndarray().reshape(3, frame.height, frame.width)
            yield on_raster(planes, standard)


def on_raster(planes: NDArray[Any], standard: Standard) -> Full:
    """The middle 4:3 of (3, rows, columns), at the tape's size."""
    rows, columns = planes.shape[1:]
    wide, high = min(columns, rows * 4 // 3), min(rows, columns * 3 // 4)
    top, left = (rows - high) // 2, (columns - wide) // 2
    middle = planes[:, top : top + high, left : left + wide]
    size = (COLUMNS, standard.rows)
    scaled = [cv2.resize(np.ascontiguousarray(p), size, interpolation=cv2.INTER_AREA) for p in middle]
    return np.stack(scaled, axis=-1).astype(np.uint8)


def truth_of(full: Full, time_s: float) -> Picture:
    """The clean progressive picture, 4:2:0."""
    rows, columns = full.shape[:2]
    half = (columns // 2, rows // 2)
    u, v = (
        cv2.resize(np.ascontiguousarray(full[..., k]), half, interpolation=cv2.INTER_AREA) for k in (1, 2)
    )
    return Picture(np.ascontiguousarray(full[..., 0]), u.astype(np.uint8), v.astype(np.uint8), time_s)


def no_pictures(path: Path) -> Problem:
    return Problem(
        "bench-material",
        "The bench has no clip to measure with",
        f"{path.name} holds no pictures.",
        "Take it out of the folder, or put a whole copy in its place.",
    )
