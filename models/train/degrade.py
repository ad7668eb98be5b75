"""What recipes undo: noise, blur, a quarter of both sides. Each from a few clean pictures, planar 4:2:0.

Chance comes from the caller's generator.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Planes = tuple[Bytes, Bytes, Bytes]


def to_bytes(plane: NDArray[np.floating]) -> Bytes:
    return np.asarray(np.clip(np.rint(plane), 0, 255), np.uint8)


def noisy(pictures: Sequence[Planes], sigma: float, rng: np.random.Generator) -> list[Planes]:
    """White noise of ``sigma`` levels in light and colour, another one in every picture."""

    def spoilt(plane: Bytes) -> Bytes:
        return to_bytes(plane + sigma * rng.standard_normal(plane.shape, np.float32))

    return [(spoilt(y), spoilt(u), spoilt(v)) for y, u, v in pictures]


def blurred(pictures: Sequence[Planes], rng: np.random.Generator) -> list[Planes]:
    """A hand that shakes and a lens that is not sharp: each picture along a line much like the last one's."""
    length_px, angle = rng.uniform(1, 9), rng.uniform(0, np.pi)
    sigma_px, grain = rng.uniform(0.3, 1.6), rng.uniform(0, 1.5)
    found = []
    for planes in pictures:
        kernel = line_kernel(max(1.0, length_px + rng.normal(0, 1)), angle + rng.normal(0, 0.15), sigma_px)
        half = line_kernel(max(1.0, length_px / 2), angle, sigma_px / 2)
        y, u, v = (
            cv2.filter2D(p.astype(np.float32), -1, k, borderType=cv2.BORDER_REFLECT_101)
            for p, k in zip(planes, (kernel, half, half), strict=True)
        )
        grainy = [p + grain * rng.standard_normal(p.shape, np.float32) for p in (y, u, v)]
        found.append((to_bytes(grainy[0]), to_bytes(grainy[1]), to_bytes(grainy[2])))
    return found


def line_kernel(length_px: float, angle: float, sigma_px: float, side: int = 17) -> Floats:
    """A straight line of this length, drawn by points and made soft."""
    kernel = np.zeros((side, side), np.float32)
    middle = side // 2
    for place in np.linspace(-length_px / 2, length_px / 2, 41):
        x, y = middle + place * np.cos(angle), middle + place * np.sin(angle)
        left, top = int(np.floor(x)), int(np.floor(y))
        for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
            weight = (1 - abs(x - left - dx)) * (1 - abs(y - top - dy))
            if 0 <= top + dy < side and 0 <= left + dx < side:
                kernel[top + dy, left + dx] += weight
    kernel = np.asarray(cv2.GaussianBlur(kernel, (0, 0), max(sigma_px, 0.05)), np.float32)
    return kernel / kernel.sum()


def small_and_worn(pictures: Sequence[Planes], rng: np.random.Generator) -> list[Planes]:
    """A quarter of both sides: soft, a little noisy, often through JPEG, as clips from telephones are."""
    sigma_px, grain = rng.uniform(0.6, 2.2), rng.uniform(0, 5)
    quality = int(rng.integers(55, 96)) if rng.random() < 0.6 else 0
    found = []
    for planes in pictures:
        small = [shrunk(plane, 4, sigma_px * (1 if n == 0 else 0.5)) for n, plane in enumerate(planes)]
        grainy = [to_bytes(p + grain * rng.standard_normal(p.shape, np.float32)) for p in small]
        worn = [through_jpeg(p, quality) for p in grainy] if quality else grainy
        found.append((worn[0], worn[1], worn[2]))
    return found


def shrunk(plane: Bytes, by: int, sigma_px: float) -> Floats:
    soft = cv2.GaussianBlur(plane.astype(np.float32), (0, 0), sigma_px)
    size = plane.shape[1] // by, plane.shape[0] // by
    return np.asarray(cv2.resize(soft, size, interpolation=cv2.INTER_AREA), np.float32)


def through_jpeg(plane: Bytes, quality: int) -> Bytes:
    return np.asarray(
        cv2.imdecode(cv2.imencode(".jpg", plane, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0), np.uint8
    )
