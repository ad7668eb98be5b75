"""A look into a JPEG picture at half its size, for what a dongle compresses itself."""

from __future__ import annotations

from typing import Any

import av
import numpy as np

from appliance.core.types import Plane

Planes = tuple[Plane, Plane, Plane]
LARGEST = 4096 * 2304  # a broken header may speak of gigabytes


class JpegEye:
    """Keeps its decoder; about a millisecond for a look at a tape's picture."""

    def __init__(self) -> None:
        self._decoder: Any = av.CodecContext.create("mjpeg", "r")
        self._decoder.options = {"lowres": "1", "max_pixels": str(LARGEST)}
        self._decoder.thread_count = 1

    def look(self, data: bytes) -> Planes | None:
        """Y, U and V as they are stored, U and V of a grey picture without colour; None for no picture."""
        try:
            frames = self._decoder.decode(av.Packet(data))
        except (av.FFmpegError, ValueError):
            return None
        if frames and len(frames[0].planes) == 1 and frames[0].format.name == "gray":
            y = lines_of(frames[0].planes[0])
            return y, np.full_like(y, 128), np.full_like(y, 128)
        if not frames or not frames[0].format.is_planar:
            return None
        y, u, v = (lines_of(plane) for plane in frames[0].planes[:3])
        return y, u, v


def lines_of(plane: Any) -> Plane:
    lines = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return lines[:, : plane.width]
