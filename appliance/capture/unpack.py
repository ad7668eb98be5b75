"""From the packed lines of a driver's buffer to planes, and what of a frame did not arrive."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Plane

Planes = tuple[Plane, ...]
OFFSETS = {"YUYV": (0, 1, 3), "UYVY": (1, 0, 2)}  # of Y, U and V in four bytes
BLACK = (16, 128, 128)
END_SEARCH_BYTES = 1024  # some devices fill a JPEG up with zeros or with rubbish


def unpack(memory: NDArray[np.uint8], fourcc: str, width: int, height: int, line_bytes: int) -> Planes:
    """Copies Y, U, V of a 4:2:2 picture out of memory that the driver will write to again."""
    y_at, u_at, v_at = OFFSETS[fourcc]
    line_bytes = max(line_bytes, 2 * width)
    lines = memory[: height * line_bytes].reshape(height, line_bytes)[:, : 2 * width]
    return tuple(np.ascontiguousarray(lines[:, at::step]) for at, step in ((y_at, 2), (u_at, 4), (v_at, 4)))


def without_stale(planes: Planes, arrived_lines: int, before: Planes) -> Planes:
    """Lines that did not arrive hold a picture of long ago; the frame before is nearer to the truth."""
    for number, plane in enumerate(planes):
        plane[arrived_lines:] = before[number][arrived_lines:] if before else BLACK[number]
    return planes


def whole_jpeg(data: bytes) -> bool:
    """Whether it begins and ends as a JPEG does."""
    end = data.rfind(b"\xff\xd9", max(0, len(data) - END_SEARCH_BYTES))
    return data[:2] == b"\xff\xd8" and end > 0
