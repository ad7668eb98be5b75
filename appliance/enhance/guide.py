"""What the camera saw, carried into the restored film where the two agree, and nowhere else."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Picture, Plane

Floats = NDArray[np.floating[Any]]

FINE_PX, COARSE_PX = 0.8, 4.0  # the structure both can see, in pixels of half the size
WINDOW_PX = 7  # at a quarter of the size
UNLIKE, ALIKE = 0.4, 0.7  # of 0 for something else and 1 for the same: what is refused and what is believed
CALM = 5.0  # how many times the film's noise counts as alike: where the guide is flat there is little else
CAMERA_NOISE = 0.12  # its power in the structure that is compared
STRANGER, FRIEND = 0.2, 0.4  # correlation of a whole picture below and above which it is refused and trusted
PLACE_WINDOW_PX, ACROSS_PX, DOWN_PX, FAINT = (
    9,
    0.25,
    0.4,
    0.05,
)  # window at an eighth, limits at half the size
LUMA_PX, CHROMA_PX = 4.0, 10.0  # finer than this comes from the guide; each on its own plane
SEEN = 255


def inject(film: Picture, guide: Picture, coverage: Plane, strength: float) -> Picture:
    """The film with the guide's fine detail where both show the same; both 4:2:0 of one size.

    ``coverage`` is 255 where the guide sees the scene at all; ``strength`` is 0..1. Where nothing is
    believed the bytes of the film stay as they are.
    """
    if strength == 0:
        return film
    trust, worth = confidence(film.y, guide.y, coverage)
    return carry(film, guide, strength * worth * trust) if trust.any() else film


def carry(film: Picture, guide: Picture, trust: Floats) -> Picture:
    """The film with as much of the guide's fine detail as ``trust`` says, of any size."""
    return Picture(
        _carry(film.y, guide.y, trust, LUMA_PX),
        _carry(film.u, guide.u, trust, CHROMA_PX),
        _carry(film.v, guide.v, trust, CHROMA_PX),
        film.time_s,
    )


def confidence(film: Plane, guide: Plane, coverage: Plane) -> tuple[Floats, float]:
    """0..1 at a quarter of the size: how well the guide explains the film, place by place and in all.

    And 0..1: what the guide is worth beside the film. It has noise of its own, and a film that is as good
    gains most from the mean of both.
    """
    on_film, on_guide = _structure(film), _structure(guide)
    seen = _half(_half(coverage)) == SEEN
    if not seen.any():
        return np.zeros(seen.shape, np.float32), 0.0
    powers = on_film * on_film, on_guide * on_guide, on_film * on_guide
    of_film, of_guide, of_both = (_around(_half(power)) for power in powers)
    noise = float(np.median((of_film - 2 * of_both + of_guide)[seen][::3]))
    # A tape's noise is not in the product of both: it does not speak against the guide as a hand does.
    alike = (2 * of_both + CALM * noise + 1) / (of_film + of_guide + CALM * noise + 1)
    local = np.clip((alike - UNLIKE) / (ALIKE - UNLIKE), 0, 1)
    local *= seen * _in_place(on_film, on_guide)
    local *= _acquaintance(_half(on_film)[seen], _half(on_guide)[seen])
    calm = cv2.erode(local.astype(np.float32), np.ones((WINDOW_PX, WINDOW_PX), np.uint8))
    trust = np.asarray(cv2.GaussianBlur(calm, (0, 0), 1), np.float32)
    return trust, noise / (noise + CAMERA_NOISE)


def _acquaintance(film: Floats, guide: Floats) -> float:
    """0 for a picture of something else, 1 for one of the same."""
    norm = float(np.linalg.norm(film) * np.linalg.norm(guide)) + 1e-6
    return float(np.clip((float(film @ guide) / norm - STRANGER) / (FRIEND - STRANGER), 0, 1))


def _in_place(film: Floats, guide: Floats) -> Floats:
    """0..1: detail that lies a pixel beside its place does more harm than good.

    A tape's lines waver sideways, each picture anew, so across only the picture as a whole can tell.
    """
    down, across = (cv2.Sobel(guide, cv2.CV_32F, *axis, scale=0.125) for axis in ((0, 1), (1, 0)))
    xy = _widely(across * down)
    xx, yy = (_widely(slope * slope) + FAINT for slope in (across, down))
    x, y = (_widely(slope * (film - guide)) for slope in (across, down))
    free = xx * yy - xy * xy
    aside, along = (yy * x - xy * y) / free, (xx * y - xy * x) / free
    lies = (along / DOWN_PX) ** 2 + (np.median(aside) / ACROSS_PX) ** 2
    rows, columns = film.shape
    return np.asarray(cv2.resize(1 / (1 + lies**2), (columns // 2, rows // 2)), np.float32)


def _carry(film: Plane, guide: Plane, trust: Floats, finer_than_px: float) -> Plane:
    size = film.shape[1], film.shape[0]
    detail = cv2.subtract(guide, film, dtype=cv2.CV_32F)
    broad = cv2.GaussianBlur(_half(detail), (0, 0), finer_than_px / 2)
    # In place: fresh planes of this size cost more than the arithmetic on them.
    cv2.subtract(detail, cv2.resize(broad, size), dst=detail)
    cv2.multiply(detail, cv2.resize(trust, size), dst=detail)
    return np.asarray(cv2.add(film, detail, dtype=cv2.CV_8U), np.uint8)


def _structure(luma: Plane) -> Floats:
    small = _half(luma).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), FINE_PX) - cv2.GaussianBlur(small, (0, 0), COARSE_PX))


def _around(values: Floats) -> Floats:
    return np.asarray(cv2.blur(values, (WINDOW_PX, WINDOW_PX)))


def _widely(values: Floats) -> Floats:
    rows, columns = values.shape
    small = cv2.resize(values, (columns // 4, rows // 4), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.blur(small, (PLACE_WINDOW_PX, PLACE_WINDOW_PX)))


def _half(plane: Any) -> Any:
    rows, columns = plane.shape
    return cv2.resize(plane, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
