"""Plane map and lens between camera and tape: found by features, made exact by following small patches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Plane
from appliance.register.place import straightened
from appliance.register.views import (
    FloatPlane,
    Matrix,
    Points,
    even_light,
    moved,
    size_of,
    square_scale,
    structure,
    view,
)

FEATURES, FEATURE_PAIRS = 1500, 3
RATIO = 0.8  # of the best match's distance to the second's
VIEW_ROWS = 432
LEAST_MATCHES = 16
FIND_PX, REFINE_PX, WAVERING, TRIMS = 6.0, 0.7, 3.0, 4
PATCH_PX, PATCHES = 31, 400
RETURN_PX = 0.3  # a patch followed there and back must come home
FINEST_PX, COARSEST_PX = 1.5, 8.0
MOST_BENT, BENT_STEPS, BENT_POINTS = 0.12, 17, 600  # of half the diagonal; how many are tried, on how many
LIKELY_BENT = 0.1  # as unlikely as an error of one pixel
BETTER = 0.97  # what of the error a lens must leave at most, to be believed
Size = tuple[int, int]  # columns, rows
Chosen = NDArray[np.bool_]
LumaPair = tuple[Plane, Plane]  # tape at frame size (one moment), camera


@dataclass(frozen=True)
class Geometry:
    homography: Matrix  # straightened camera pixels to tape frame pixels
    residual_px: float
    matches: int
    lens: float = 0.0


def find(pairs: Sequence[LumaPair], tape_scale: Matrix, lens: float = 0.0) -> Matrix | None:
    """A first homography from features of a few of the pairs together; None where too few agree.

    With a ``lens`` that is known it is one of straightened camera pixels.
    """
    few = [pairs[i] for i in np.unique(np.linspace(0, len(pairs) - 1, FEATURE_PAIRS).round().astype(int))]
    matched = [_match(tape, camera, tape_scale) for tape, camera in few]
    tape, camera = (np.concatenate([points[i] for points in matched]) for i in (0, 1))
    if len(camera) < LEAST_MATCHES:
        return None
    camera = straightened(camera, lens, size_of(pairs[0][1])).astype(np.float32) if lens else camera
    cv2.setRNGSeed(0)
    matrix, agree = cv2.findHomography(
        camera, tape, cv2.USAC_MAGSAC, FIND_PX, maxIters=5000, confidence=0.999
    )
    if matrix is None or agree.sum() < LEAST_MATCHES:
        return None
    found = np.asarray(matrix, np.float64)
    return found if plausible(found) else None


def refine(pairs: Sequence[LumaPair], homography: Matrix, rounds: int = 3) -> Geometry | None:
    """Follow patches of the tape into the warped camera and fit again, in the end with a lens."""
    tapes = [_patch_view(tape) for tape, _ in pairs]
    size = size_of(pairs[0][1])
    found: Geometry | None = Geometry(homography, 0.0, 0)
    for left in reversed(range(rounds)):
        assert found is not None
        matrix = found.homography
        followed = [_follow(t, camera, matrix) for t, (_, camera) in zip(tapes, pairs, strict=True)]
        tape, camera = (np.concatenate([points[i] for points in followed]) for i in (0, 1))
        found = _least_squares(camera, tape, matrix, size, (0.0,))
        if found is None or not left:
            break
    return found and _with_lens(camera, tape, found, size)


def _with_lens(camera: Points, tape: Points, plain: Geometry, size: Size) -> Geometry:
    """The lens that leaves the least error, searched for ever more closely."""
    every = max(1, len(camera) // BENT_POINTS)
    tried = np.linspace(-MOST_BENT, MOST_BENT, BENT_STEPS)
    found = plain
    for _ in range(2):
        few = camera[::every], tape[::every]
        found = _least_squares(*few, found.homography, size, tried, found.lens) or found
        tried = found.lens + np.linspace(-1, 1, 9) * (tried[1] - tried[0])
    found = _least_squares(camera, tape, found.homography, size, (found.lens,), found.lens) or plain
    return found if found.residual_px < BETTER * plain.residual_px else plain


def _least_squares(
    camera: Points, tape: Points, matrix: Matrix, size: Size, lenses: Iterable[float], lens: float = 0.0
) -> Geometry | None:
    """All the points that lie near the map have a say in it, so that noise and wavering lines cancel out.

    The best of ``lenses`` is the one in which the same points lie nearest; ``lens`` goes with ``matrix``.
    """
    apart = _apart(camera, tape, matrix, size, lens)
    near = apart < max(REFINE_PX, WAVERING * float(np.median(apart))) if len(apart) else apart > 0
    if near.sum() < LEAST_MATCHES:
        return None
    fits = [_trimmed(camera, tape, near, size, float(lens)) for lens in lenses]
    best = min((fit for fit in fits if fit is not None), key=_cost, default=None)
    return best if best is not None and plausible(best.homography) else None


def _cost(fit: Geometry) -> float:
    """Parallax looks like a bent lens where little of the picture shows much: the straighter is likelier."""
    return fit.residual_px**2 + (fit.lens / LIKELY_BENT) ** 2


def _trimmed(camera: Points, tape: Points, near: Chosen, size: Size, lens: float) -> Geometry | None:
    straight = straightened(camera, lens, size).astype(np.float32)
    for _ in range(TRIMS):
        if near.sum() < LEAST_MATCHES:
            return None
        matrix = np.asarray(cv2.findHomography(straight[near], tape[near], 0)[0], np.float64)
        apart = np.hypot(*(moved(straight, matrix) - tape).T)
        kept, near = near, apart < max(REFINE_PX, WAVERING * float(np.median(apart)))
    return Geometry(matrix, float(np.median(apart[kept])), int(kept.sum()), lens)


def _apart(camera: Points, tape: Points, matrix: Matrix, size: Size, lens: float) -> NDArray[np.float32]:
    straight = straightened(camera, lens, size).astype(np.float32)
    return np.asarray(np.hypot(*(moved(straight, matrix) - tape).T))


def _match(tape: Plane, camera: Plane, tape_scale: Matrix) -> tuple[Points, Points]:
    camera_scale = square_scale(camera.shape[0], VIEW_ROWS)
    sift = cv2.SIFT.create(FEATURES)
    tape_keys, tape_words = sift.detectAndCompute(even_light(view(tape, tape_scale)), None)
    camera_keys, camera_words = sift.detectAndCompute(even_light(view(camera, camera_scale)), None)
    if len(tape_keys) < 2 or len(camera_keys) < 2:
        return np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
    twos = cv2.BFMatcher().knnMatch(camera_words, tape_words, k=2)
    good = [first for first, second in twos if first.distance < RATIO * second.distance]
    on_tape = np.array([tape_keys[m.trainIdx].pt for m in good], np.float32).reshape(-1, 2)
    on_camera = np.array([camera_keys[m.queryIdx].pt for m in good], np.float32).reshape(-1, 2)
    if not good:
        return on_tape, on_camera
    return moved(on_tape, np.linalg.inv(tape_scale)), moved(on_camera, np.linalg.inv(camera_scale))


def plausible(matrix: Matrix) -> bool:
    """Not mirrored, not folded, not seen edge-on, within a factor of six in scale."""
    a, b, d, e = matrix[0, 0], matrix[0, 1], matrix[1, 0], matrix[1, 1]
    area = (a * e - b * d) / matrix[2, 2] ** 2
    return bool(1 / 36 < area < 36 and abs(matrix[2, :2]).max() < 2e-3 * abs(matrix[2, 2]))


def _patch_view(luma: Plane | FloatPlane) -> Plane:
    band = structure(luma, FINEST_PX, COARSEST_PX)
    return np.asarray(np.clip(128 + 50 * band, 0, 255), np.uint8)


def warped(camera: Plane, matrix: Matrix, width: int, height: int) -> Plane:
    """The camera's luma on the tape's frame, first reduced so that fine detail does not alias."""
    scale = square_scale(camera.shape[0], height)
    to_tape = matrix @ np.linalg.inv(scale)
    return np.asarray(cv2.warpPerspective(view(camera, scale), to_tape, (width, height)), np.uint8)


def _follow(tape: Plane, camera: Plane, matrix: Matrix) -> tuple[Points, Points]:
    height, width = tape.shape
    seen = _patch_view(warped(camera, matrix, width, height))
    start = cv2.goodFeaturesToTrack(tape, PATCHES, 0.02, PATCH_PX / 3)
    if start is None:
        return np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
    there, home = start.copy(), start.copy()
    patch = (PATCH_PX, PATCH_PX)
    _, found, _ = cv2.calcOpticalFlowPyrLK(tape, seen, start, there, winSize=patch, maxLevel=2)
    _, back, _ = cv2.calcOpticalFlowPyrLK(seen, tape, there, home, winSize=patch, maxLevel=2)
    near = np.hypot(*(home - start).reshape(-1, 2).T) < RETURN_PX
    keep = near & (found.ravel() > 0) & (back.ravel() > 0)
    return start.reshape(-1, 2)[keep], moved(there.reshape(-1, 2)[keep], np.linalg.inv(matrix))
