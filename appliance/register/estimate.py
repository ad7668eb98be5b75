"""Which part of the camera's picture the tape shows, and in which colours."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import cv2
import numpy as np

from appliance.core.types import FieldOrder, Matrix3, Picture, Plane, Registration
from appliance.register.colour import match_colours
from appliance.register.geometry import VIEW_ROWS, Geometry, LumaPair, find, refine, warped
from appliance.register.guide_track import settled
from appliance.register.views import Matrix, first_moment, square_scale, structure

MANY_MATCHES = 60
ALIKE, UNLIKE = 0.5, 0.15  # correlation of structure in pairs that belong together, and that do not
ACCEPT = 0.3
FLAT = 4.0  # levels
ELSEWHERE = "The camera does not show what the tape shows."


def estimate_registration(
    pairs: Sequence[tuple[Picture, Picture]], order: FieldOrder, sample_aspect: Fraction = Fraction(1)
) -> Registration:
    """Pool (tape, camera) pictures of the same moments, the moment being that of the tape's first field.

    Six pairs spread over the take are plenty; ``homography`` is None, with a ``reason``, when none fits.
    """
    pairs = [
        (tape, camera) for tape, camera in pairs if shows_something(tape.y) and shows_something(camera.y)
    ]
    if not pairs:
        return Registration(None, reason="There are no moments that both recordings show.")
    lumas = [(first_moment(tape.y, order), camera.y) for tape, camera in pairs]
    first = find(lumas, square_scale(lumas[0][0].shape[0], VIEW_ROWS, sample_aspect))
    geometry = refine(lumas, first) if first is not None else None
    if geometry is None:
        return Registration(None, reason=ELSEWHERE)
    believed = min(1.0, geometry.matches / MANY_MATCHES) * _alike(lumas, geometry)
    if believed < ACCEPT:
        return Registration(None, matches=geometry.matches, confidence=believed, reason=ELSEWHERE)
    found = Registration(
        homography=_rows(geometry.homography),
        colour=match_colours(pairs, geometry.homography),
        residual_px=geometry.residual_px,
        matches=geometry.matches,
        confidence=believed,
        lens=geometry.lens,
    )
    return settled(found, lumas)


def shows_something(luma: Plane) -> bool:
    """Blue before and after a tape, a lens cap and a fade to black tell neither place nor colour."""
    return float(luma[::4, ::4].std()) > FLAT


def _alike(lumas: Sequence[LumaPair], geometry: Geometry) -> float:
    """0..1 from how the structure of the warped camera goes with the tape's; the median of the pairs."""
    values = []
    for tape, camera in lumas:
        height, width = tape.shape
        there = cv2.warpPerspective(np.ones_like(camera), geometry.homography, (width, height)) > 0
        on_tape = structure(tape, 2, 10)[there]
        on_camera = structure(warped(camera, geometry.homography, width, height), 2, 10)[there]
        norm = np.linalg.norm(on_tape) * np.linalg.norm(on_camera)
        values.append(float(on_tape @ on_camera / (norm + 1e-6)))
    return float(np.clip((np.median(values) - UNLIKE) / (ALIKE - UNLIKE), 0, 1))


def _rows(matrix: Matrix) -> Matrix3:
    a, b, c = (tuple(float(v) for v in row) for row in matrix / matrix[2, 2])
    return (a[0], a[1], a[2]), (b[0], b[1], b[2]), (c[0], c[1], c[2])
