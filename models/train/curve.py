"""The loss over the steps, as a picture."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT, MARGIN = 900, 420, 60


def draw_curve(log: Path, picture: Path) -> None:
    with log.open() as file:
        rows = [(int(row["step"]), float(row["loss"])) for row in csv.DictReader(file)]
    steps, losses = np.array(rows).T
    low, high = losses.min(), np.quantile(losses, 0.98)
    x = MARGIN + (WIDTH - 2 * MARGIN) * steps / steps.max()
    y = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * np.clip((losses - low) / max(high - low, 1e-6), 0, 1)
    canvas = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    corners = (MARGIN, MARGIN), (WIDTH - MARGIN, HEIGHT - MARGIN)
    cv2.rectangle(canvas, *corners, (180, 180, 180), 1)
    cv2.polylines(canvas, [np.stack([x, y], 1).astype(np.int32)], False, (160, 80, 20), 2, cv2.LINE_AA)
    for text, place in (
        (f"loss {high:.2f}", (4, MARGIN - 8)),
        (f"{low:.2f}", (4, HEIGHT - MARGIN)),
        (f"step {int(steps.max())}", (WIDTH - 2 * MARGIN - 40, HEIGHT - MARGIN + 24)),
    ):
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (60, 60, 60), 1, cv2.LINE_AA)
    cv2.imwrite(str(picture), canvas)
