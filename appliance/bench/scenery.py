"""A moving picture that needs no material: a textured ground that passes by, discs before it. It loops."""

from __future__ import annotations

import cv2
import numpy as np

from appliance.bench.clips import COLUMNS, Full, Standard

LOOP_FIELDS = 50
DISCS = ((0.30, 60, (200, 100, 160)), (0.55, 45, (90, 160, 100)), (0.75, 80, (140, 110, 120)))


def loop(standard: Standard, fields: int = LOOP_FIELDS, seed: int = 1) -> list[Full]:
    """One picture a field; after the last one comes the first one."""
    ground = texture(standard.rows, seed)
    return [picture(ground, number / fields) for number in range(fields)]


def texture(rows: int, seed: int) -> Full:
    """Detail of every size, which joins itself at its sides."""
    rng = np.random.default_rng(seed)
    total = np.zeros((rows, COLUMNS, 3), np.float32)
    for step in (4, 12, 36, 144):
        coarse = rng.standard_normal((rows // step + 2, COLUMNS // step, 3)).astype(np.float32)
        coarse = np.concatenate([coarse, coarse[:, :1]], axis=1)
        total += cv2.resize(coarse, (COLUMNS, rows), interpolation=cv2.INTER_CUBIC) * [18, 5, 5]
    return np.asarray(np.clip(total + np.array([118, 128, 128]), 16, 235).astype(np.uint8))


def picture(ground: Full, turn: float) -> Full:
    """``turn`` goes from 0 to 1 in a loop."""
    made = np.roll(ground, round(turn * COLUMNS), axis=1)
    rows = made.shape[0]
    for height, radius, colour in DISCS:
        angle = 2 * np.pi * (turn + height)
        place = (int(COLUMNS * (0.5 + 0.3 * np.cos(angle))), int(rows * (height + 0.1 * np.sin(angle))))
        cv2.circle(made, place, radius, colour, -1, cv2.LINE_AA)
    return made
