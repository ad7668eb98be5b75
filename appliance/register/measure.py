"""How far the film lies beside the warped camera, cell by cell, from the structure that both show.

Least squares on the slopes of the camera's picture, which is the cleaner one, so that the tape's noise blurs
the answer without making it smaller. Everything here is small and fast: it runs on every field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Plane
from appliance.register.place import NODES
from appliance.register.views import FloatPlane

Reals = NDArray[np.floating[Any]]
FINE_PX, COARSE = 0.8, 4  # of the picture compared; what is kept lies between the two
SPLIT_PX, FAINT = 1.2, 0.1
INDEPENDENT = 0.25  # share of the pixels whose noise is their own
QUIET = 0.5  # squared levels that no structure counts below
SLOPE = np.array([[1, -8, 0, 8, -1]], np.float32) / 12  # that of fine structure comes out too small with less


@dataclass(frozen=True)
class Cells:
    """What one picture says of each cell (*NODES): to move the camera's places by ``pull / info``.

    ``info`` (..., 3) holds xx, xy, yy in 1 / px², ``pull`` (..., 2) in 1 / px, of tape pixels. ``alike`` is
    the correlation of the cell's structure and ``whole`` that of all; ``sharper`` is by how
    much the film's finest structure is stronger than the camera's, against the coarser one, noise aside;
    ``strength`` is the camera's, in squared levels.
    """

    info: Reals
    pull: Reals
    alike: Reals
    sharper: Reals
    strength: Reals
    whole: float
    film_power: float
    guide_power: float


def structure(luma: Plane) -> FloatPlane:
    """Of a picture of the size compared."""
    fine = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), FINE_PX)
    rows, columns = luma.shape
    small = cv2.resize(luma, (columns // COARSE, rows // COARSE), interpolation=cv2.INTER_AREA)
    broad = cv2.resize(cv2.blur(small.astype(np.float32), (3, 3)), (columns, rows))
    return np.asarray(fine - broad)


def compare(film: FloatPlane, guide: FloatPlane, seen: FloatPlane, scale: float) -> Cells:
    """Structures of one size; ``seen`` is 1 where the camera sees; ``scale`` is tape pixels per pixel."""
    film, guide = film * seen, guide * seen
    x, y = (np.asarray(cv2.filter2D(guide, -1, kernel)) * seen for kernel in (SLOPE, SLOPE.T))
    ff, fg, gg = (per_cell(a * b) for a, b in ((film, film), (film, guide), (guide, guide)))
    slopes = np.stack([per_cell(a * b) for a, b in ((x, x), (x, y), (y, y))], axis=-1)
    on_film, on_guide = (np.stack([per_cell(x * p), per_cell(y * p)], axis=-1) for p in (film, guide))
    gain = np.clip(fg / (gg + QUIET), 0, 2)[..., None]
    noise = np.maximum(ff - fg * fg / (gg + QUIET), 0) + QUIET
    count = INDEPENDENT * film.size / (NODES[0] * NODES[1])
    alike = fg / np.sqrt((ff + QUIET) * (gg + QUIET))
    worth = (count / noise)[..., None]
    return Cells(
        info=worth * gain**2 * slopes / scale**2,
        pull=worth * gain * (on_film - gain * on_guide) / scale,
        alike=alike,
        sharper=sharper(film, guide),
        strength=gg,
        whole=float(fg.sum() / np.sqrt((ff.sum() + QUIET) * (gg.sum() + QUIET))),
        film_power=float(ff.mean()),
        guide_power=float(gg.mean()),
    )


def sharper(film: FloatPlane, guide: FloatPlane) -> Reals:
    """Above one where the camera is out of focus; a tape is soft, so that one that is not comes out below."""
    coarse = [cv2.GaussianBlur(plane, (0, 0), SPLIT_PX) for plane in (film, guide)]
    fine = [plane - broad for plane, broad in zip((film, guide), coarse, strict=True)]
    ratios = []
    for on_film, on_guide in (fine, coarse):
        both, own = per_cell(on_film * on_guide), per_cell(on_guide * on_guide)
        ratios.append(np.maximum(both, 0) / (own + FAINT))
    return np.asarray(ratios[0] / (ratios[1] + 1e-3))


def per_cell(values: FloatPlane) -> Reals:
    """The mean of every cell."""
    return np.asarray(cv2.resize(values, NODES[::-1], interpolation=cv2.INTER_AREA), np.float64)
