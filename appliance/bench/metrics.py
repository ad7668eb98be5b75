"""How near a film is to the truth, picture by picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Picture, Plane

Reals = NDArray[np.floating[Any]]

SAME_DB = 100.0  # what two pictures score that are the same
K1, K2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
WINDOW, SIGMA = 11, 1.5
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of MS-SSIM, the finest first


@dataclass(frozen=True)
class Scores:
    """Of one clip on one tape by one method; ``difference`` is the temporal one, the lower the better."""

    psnr_y: float
    psnr_c: float
    ssim: float
    vmaf: float
    vmaf_neg: float
    difference: float


def above(picture: Picture, rows: int) -> Picture:
    """Without the last rows, where the heads change."""
    keep = picture.y.shape[0] - rows
    return Picture(picture.y[:keep], picture.u[: keep // 2], picture.v[: keep // 2], picture.time_s)


def psnr_y(made: Sequence[Picture], truth: Sequence[Picture]) -> float:
    """The mean over the pictures."""
    return float(np.mean([psnr(squared(m.y, t.y)) for m, t in zip(made, truth, strict=True)]))


def psnr_c(made: Sequence[Picture], truth: Sequence[Picture]) -> float:
    """Of U and V together."""
    pairs = zip(made, truth, strict=True)
    return float(np.mean([psnr((squared(m.u, t.u) + squared(m.v, t.v)) / 2) for m, t in pairs]))


def squared(a: Plane, b: Plane) -> float:
    return float(np.mean(np.square(a.astype(np.float32) - b)))


def psnr(mean_square: float) -> float:
    return SAME_DB if mean_square <= 0 else min(SAME_DB, 10 * np.log10(255**2 / mean_square))


def ssim(made: Sequence[Picture], truth: Sequence[Picture]) -> float:
    """On luma, over windows that lie wholly in the picture."""
    return float(np.mean([ssim_of(m.y, t.y) for m, t in zip(made, truth, strict=True)]))


def ssim_of(a: Plane, b: Plane) -> float:
    light, contrast = likeness(a.astype(np.float32), b.astype(np.float32))
    return inner_mean(light * contrast)


def ms_ssim(made: Sequence[Picture], truth: Sequence[Picture]) -> float:
    """On luma, at five scales, each half as wide and high as the one before: 176 pixels each way at least."""
    return float(np.mean([ms_ssim_of(m.y, t.y) for m, t in zip(made, truth, strict=True)]))


def ms_ssim_of(a: Plane, b: Plane) -> float:
    """Contrast and structure at every scale, light at the coarsest one."""
    x, y, found = a.astype(np.float32), b.astype(np.float32), 1.0
    for scale, weight in enumerate(SCALE_WEIGHTS, 1):
        light, contrast = likeness(x, y)
        values = light * contrast if scale == len(SCALE_WEIGHTS) else contrast
        found *= max(0.0, inner_mean(values)) ** weight
        x, y = (halved(plane) for plane in (x, y))
    return float(found)


def halved(plane: Reals) -> Reals:
    """Every pixel the mean of four; what is odd at the edge is left out."""
    rows, columns = (side // 2 * 2 for side in plane.shape)
    size = (columns // 2, rows // 2)
    return np.asarray(cv2.resize(plane[:rows, :columns], size, interpolation=cv2.INTER_AREA))


def likeness(x: Reals, y: Reals) -> tuple[Reals, Reals]:
    """Of light, and of contrast and structure, around every pixel."""
    of_x, of_y = weighted(x), weighted(y)
    across = weighted(x * y) - of_x * of_y
    own = weighted(x * x) - of_x**2 + weighted(y * y) - of_y**2
    return (2 * of_x * of_y + K1) / (of_x**2 + of_y**2 + K1), (2 * across + K2) / (own + K2)


def inner_mean(values: Reals) -> float:
    edge = WINDOW // 2
    return float(values[edge:-edge, edge:-edge].mean(dtype=np.float64))


def weighted(values: Reals) -> Reals:
    return np.asarray(cv2.GaussianBlur(values, (WINDOW, WINDOW), SIGMA))


def temporal_difference(made: Sequence[Picture], truth: Sequence[Picture]) -> float:
    """How many levels a pixel's change from picture to picture is off: flicker, wobble and smeared motion."""
    errors = [m.y.astype(np.int16) - t.y for m, t in zip(made, truth, strict=True)]
    changes = [np.abs(b - a).mean() for a, b in pairwise(errors)]
    return float(np.mean(changes)) if changes else 0.0
