"""The camera's colours in the tape's: one affine map of YUV, fitted where both see the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import ColourMatch, Matrix3, Picture
from appliance.register.views import Matrix, full_chroma

CELL_PX = 16  # cells this large see neither noise, nor blur, nor a chroma that comes late
TRUST = 4.0  # how many cells the plain colours are worth
TINT = 0.25  # the same for every cell, of colour in light: light has detail that colour has not
DARKEST, BRIGHTEST = 8, 247
Samples = NDArray[Any]  # (n, 3)


def match_colours(pairs: Sequence[tuple[Picture, Picture]], homography: Matrix) -> ColourMatch:
    """Robust least squares over cells of all the pairs (tape, camera)."""
    both = [_cells(tape, camera, homography) for tape, camera in pairs]
    tape, camera = (np.concatenate([cells[i] for cells in both]) - 128.0 for i in (0, 1))
    source = np.column_stack([camera, np.ones(len(camera))]).astype(np.float64)
    weight = np.ones(len(camera))
    for _ in range(15):
        solution = _solved(source, tape, weight)
        error = np.linalg.norm(source @ solution - tape, axis=1)
        scale = max(1.0, 1.4826 * float(np.median(error))) if len(error) else 1.0
        weight = np.clip(1 - (error / (3 * scale)) ** 2, 0, 1) ** 2
    rows = solution.T
    matrix: Matrix3 = (_three(rows[0]), _three(rows[1]), _three(rows[2]))
    return ColourMatch(matrix, _three(rows[:, 3]))


def _solved(source: Samples, tape: Samples, weight: Samples) -> Samples:
    """(4, 3): the weighted map that strays from the plain colours only where the cells say so."""
    plain = np.vstack([np.eye(3), np.zeros(3)])
    normal, wanted = (source.T @ (values * weight[:, None]) for values in (source, tape))
    rare = TINT * len(source)
    columns = []
    for k, tint in enumerate((rare, TRUST, TRUST)):
        ridge = 100 * np.array([TRUST, tint, tint, 1e-4])
        columns.append(np.linalg.solve(normal + np.diag(ridge), wanted[:, k] + ridge * plain[:, k]))
    return np.stack(columns, axis=-1)


def _three(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _cells(tape: Picture, camera: Picture, homography: Matrix) -> tuple[Samples, Samples]:
    height, width = tape.y.shape
    small = (width // CELL_PX, height // CELL_PX)
    seen = cv2.warpPerspective(full_chroma(camera), homography, (width, height), flags=cv2.INTER_LINEAR)
    covered = cv2.warpPerspective(np.ones(camera.y.shape, np.float32), homography, (width, height))
    on_tape, on_camera = (
        cv2.resize(p, small, interpolation=cv2.INTER_AREA) for p in (full_chroma(tape), seen)
    )
    whole = cv2.resize(covered, small, interpolation=cv2.INTER_AREA) > 0.999
    bounds = (np.stack([on_tape[..., 0], on_camera[..., 0]]) - DARKEST) / (BRIGHTEST - DARKEST)
    whole &= ((bounds > 0) & (bounds < 1)).all(axis=0)
    return on_tape[whole], on_camera[whole]
