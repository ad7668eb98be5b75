"""Planar pictures on their way to an encoder: chroma made 4:2:0, planes laid into FFmpeg's frames."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import av
import cv2
import numpy as np

from appliance.core.types import Colour, Picture, Plane

Field = Literal["top", "bottom"]
NEUTRAL = 128  # chroma of grey


def pixel_format_of(picture: Picture) -> str:
    """FFmpeg's name for the picture's planes."""
    height, width = picture.y.shape
    half_wide = picture.u.shape[1] == (width + 1) // 2
    if picture.u.shape[0] == (height + 1) // 2:
        return "yuv420p"
    return "yuv422p" if half_wide else "yuv444p"


def to_420(picture: Picture) -> Picture:
    """The picture with half the chroma each way, averaged."""
    height, width = picture.y.shape
    size = ((width + 1) // 2, (height + 1) // 2)
    return replace(picture, u=shrunk(picture.u, size), v=shrunk(picture.v, size))


def shrunk(plane: Plane, size: tuple[int, int]) -> Plane:
    if plane.shape == (size[1], size[0]):
        return plane
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)


def line_doubled(picture: Picture, field: Field) -> Picture:
    """One field, each of its lines shown twice: what a plain player makes of a tape."""
    first = 0 if field == "top" else 1
    y, u, v = (doubled(plane, first) for plane in (picture.y, picture.u, picture.v))
    return replace(picture, y=y, u=u, v=v)


def doubled(plane: Plane, first: int) -> Plane:
    return np.repeat(plane[first::2], 2, axis=0)[: plane.shape[0]]


def video_frame(picture: Picture, pixel_format: str, colour: Colour) -> av.VideoFrame:
    """FFmpeg's frame with a copy of the planes; its lines are longer than the picture's where FFmpeg pads."""
    height, width = picture.y.shape
    frame = av.VideoFrame(width, height, pixel_format)
    for target, plane in zip(frame.planes, (picture.y, picture.u, picture.v), strict=True):
        lines = np.frombuffer(target, np.uint8).reshape(-1, target.line_size)  # type: ignore[call-overload]
        lines[: target.height, : target.width] = plane
    frame.color_primaries, frame.color_trc = colour.primaries, colour.transfer
    frame.colorspace, frame.color_range = colour.matrix, colour.range
    return frame
