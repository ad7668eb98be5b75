"""Brush and sprite: anti-aliased drawing with sub-pixel coordinates in the units of the scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = tuple[int, int, int]
Point = tuple[float, float]
Canvas = NDArray[np.uint8]  # (h, w, 3), or (h, w, 4) with coverage for a sprite

# BT.601, 8 bit, limited range: rows Y, Cb, Cr over R, G, B and the constant.
YUV_OF_RGB = np.array(
    [
        [65.481 / 255, 128.553 / 255, 24.966 / 255, 16.0],
        [-37.797 / 255, -74.203 / 255, 112.0 / 255, 128.0],
        [112.0 / 255, -93.786 / 255, -18.214 / 255, 128.0],
    ]
)
SHIFT_BITS = 4
SHIFT = 1 << SHIFT_BITS
OVERSAMPLE = 2  # still parts are painted at twice the size and scaled down
FONTS = {
    "plain": cv2.FONT_HERSHEY_SIMPLEX,
    "bold": cv2.FONT_HERSHEY_DUPLEX,
    "serif": cv2.FONT_HERSHEY_COMPLEX,
    "script": cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
}
CAP_HEIGHT = 22.0  # of cv2's fonts at scale 1, in pixels


def yuv(colour: Rgb) -> tuple[float, ...]:
    return tuple(float(v) for v in YUV_OF_RGB @ np.array([*colour, 1.0]))


def to_yuv(picture: Canvas) -> Canvas:
    """An opaque RGB picture as interleaved YUV 4:4:4."""
    return cast(Canvas, cv2.transform(picture, YUV_OF_RGB))


@dataclass(frozen=True)
class Brush:
    """Draws on ``canvas``; all coordinates are scene units, from ``origin``, times ``scale``.

    ``as_yuv`` says that the canvas already holds YUV, as every picture does while it moves.
    """

    canvas: Canvas
    scale: float
    origin: Point = (0.0, 0.0)
    as_yuv: bool = False

    def ink(self, colour: Rgb) -> tuple[float, ...]:
        channels = yuv(colour) if self.as_yuv else tuple(float(v) for v in colour)
        return (*channels, 255.0) if self.canvas.shape[2] == 4 else channels

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Fixed-point pixel coordinates; scene coordinates name pixel corners, cv2's name centres."""
        left, top = self.origin
        return (
            round(((x - left) * self.scale - 0.5) * SHIFT),
            round(((y - top) * self.scale - 0.5) * SHIFT),
        )

    def poly(self, points: list[Point], colour: Rgb) -> None:
        corners = np.array([self.at(*point) for point in points], np.int32)
        cv2.fillPoly(self.canvas, [corners], self.ink(colour), cv2.LINE_AA, SHIFT_BITS)

    def rect(self, x: float, y: float, width: float, height: float, colour: Rgb) -> None:
        self.poly([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], colour)

    def ellipse(
        self, x: float, y: float, radius_x: float, radius_y: float, colour: Rgb, turn_deg: float = 0.0
    ) -> None:
        radii = (round(radius_x * self.scale * SHIFT), round(radius_y * self.scale * SHIFT))
        args = (self.at(x, y), radii, turn_deg, 0, 360, self.ink(colour), -1, cv2.LINE_AA, SHIFT_BITS)
        cv2.ellipse(self.canvas, *args)

    def line(self, points: list[Point], colour: Rgb, width: float) -> None:
        path = np.array([self.at(*point) for point in points], np.int32)
        thickness = max(1, round(width * self.scale))
        cv2.polylines(self.canvas, [path], False, self.ink(colour), thickness, cv2.LINE_AA, SHIFT_BITS)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        height: float,
        colour: Rgb,
        font: str = "bold",
        width: float = 0.0,
    ) -> None:
        """Capitals ``height`` units tall with their baseline's left end at (x, y)."""
        size = height * self.scale / CAP_HEIGHT
        thickness = max(1, round((width or height / 9) * self.scale))
        place = (round((x - self.origin[0]) * self.scale), round((y - self.origin[1]) * self.scale))
        cv2.putText(self.canvas, words, place, FONTS[font], size, self.ink(colour), thickness, cv2.LINE_AA)

    def text_width(self, words: str, height: float, font: str = "bold") -> float:
        (width, _), _ = cv2.getTextSize(words, FONTS[font], height / CAP_HEIGHT, 1)
        return float(width)

    def region(self, x: float, y: float, width: float, height: float) -> Canvas:
        """The canvas's own pixels under a rectangle, clipped to the canvas; writing to it paints."""
        left, top = (round(v * self.scale) for v in (x - self.origin[0], y - self.origin[1]))
        right, bottom = left + round(width * self.scale), top + round(height * self.scale)
        return self.canvas[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]


def shrink(painted: Canvas, width: int, height: int) -> Canvas:
    return cast(Canvas, cv2.resize(painted, (width, height), interpolation=cv2.INTER_AREA))


@dataclass(frozen=True)
class Sprite:
    """A cut-out: YUV times coverage, and coverage; (x, y) of ``pivot`` is what it is placed and turned by."""

    pixels: Canvas  # (h, w, 4)
    scale: float
    pivot: Point

    def paste(self, canvas: Canvas, x: float, y: float, turn_deg: float = 0.0) -> None:
        """Place the pivot at scene position (x, y) of a canvas whose origin is (0, 0)."""
        matrix = cv2.getRotationMatrix2D((0.0, 0.0), turn_deg, 1.0)
        pivot = np.array(self.pivot) * self.scale - 0.5
        matrix[:, 2] = np.array([x, y]) * self.scale - 0.5 - matrix[:, :2] @ pivot
        left, top, right, bottom = self.bounds(matrix, canvas)
        if right <= left or bottom <= top:
            return
        matrix[:, 2] -= (left, top)
        cut = cv2.warpAffine(self.pixels, matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
        blend(canvas[top:bottom, left:right], np.asarray(cut, np.uint8))

    def bounds(self, matrix: NDArray[Any], canvas: Canvas) -> tuple[int, int, int, int]:
        height, width = self.pixels.shape[:2]
        corners = np.array([[-1, width, width, -1], [-1, -1, height, height], [1, 1, 1, 1]], np.float64)
        placed = matrix @ corners
        low, high = np.floor(placed.min(axis=1)).astype(int), np.ceil(placed.max(axis=1)).astype(int) + 1
        return (
            max(int(low[0]), 0),
            max(int(low[1]), 0),
            min(int(high[0]), canvas.shape[1]),
            min(int(high[1]), canvas.shape[0]),
        )


def blend(under: Canvas, cut: Canvas) -> None:
    """Lay a cut-out (colour already times coverage) over ``under`` in place."""
    gaps = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(cut, 3)), cv2.COLOR_GRAY2BGR)
    kept = cv2.multiply(under, gaps, scale=1 / 255)
    under[:] = cv2.add(kept, cv2.cvtColor(cut, cv2.COLOR_BGRA2BGR))


class Easel:
    """Paints a sprite at the oversampled size; leave by ``sprite()``."""

    def __init__(self, width: float, height: float, scale: float) -> None:
        self.size = (max(1, round(width * scale)), max(1, round(height * scale)))
        self.scale = scale
        self.canvas = np.zeros((self.size[1] * OVERSAMPLE, self.size[0] * OVERSAMPLE, 4), np.uint8)
        self.brush = Brush(self.canvas, scale * OVERSAMPLE)

    def sprite(self, pivot: Point) -> Sprite:
        """cv2 mixes edges with the empty canvas, so the colours are already times coverage."""
        small = cv2.resize(self.canvas, self.size, interpolation=cv2.INTER_AREA)
        matrix = np.zeros((4, 4))
        matrix[:3, :3] = YUV_OF_RGB[:, :3]
        matrix[:3, 3] = YUV_OF_RGB[:, 3] / 255
        matrix[3, 3] = 1.0
        return Sprite(cast(Canvas, cv2.transform(small, matrix)), self.scale, pivot)
