"""The curve of Table 1: what a bit rate buys, at full size and of a quarter restored, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.bench.seeds_scores import Rows, mean
from appliance.bench.seeds_squeeze import FULL, FULL_CRFS, QUARTER_CRFS, TIER, full_name, quarter_name
from appliance.bench.seeds_tables import BICUBIC

WIDTH, HEIGHT, MARGIN = 1000, 560, 70
DARK, GRID = (60, 60, 60), (215, 215, 215)
RATES_KBIT_S = (20, 50, 100, 200, 500, 1000)
LEVELS_DB = range(24, 46, 2)
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """Its points are told apart by their marks, without colour."""

    words: str
    names: list[str]
    colour: tuple[int, int, int]
    marker: int


LINES = (
    Line(FULL, [full_name(crf) for crf in FULL_CRFS], (150, 60, 20), cv2.MARKER_SQUARE),
    Line(f"quarter, {TIER}", [quarter_name(c, TIER) for c in QUARTER_CRFS], (30, 30, 190), cv2.MARKER_STAR),
    Line(
        f"quarter, {BICUBIC}",
        [quarter_name(c, BICUBIC) for c in QUARTER_CRFS],
        (90, 140, 40),
        cv2.MARKER_CROSS,
    ),
)


def draw_rates(rows: Rows, path: Path) -> None:
    """Mean PSNR-Y over the mean bit rate, which is drawn by its logarithm."""
    lines = {line.words: at(rows, line.names) for line in LINES}
    sheet = Sheet(np.concatenate(list(lines.values())))
    sheet.rule()
    for number, line in enumerate(LINES):
        drawn = [sheet.place(point) for point in lines[line.words]]
        cv2.polylines(sheet.canvas, [np.array(drawn, np.int32)], False, line.colour, 2, cv2.LINE_AA)
        key = (MARGIN + 20, MARGIN + 10 + 26 * number)
        for where in [*drawn, key]:
            cv2.drawMarker(sheet.canvas, where, line.colour, line.marker, 12, 2)
        sheet.write(line.words, (key[0] + 18, key[1] + 5))
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), sheet.canvas)


class Sheet:
    """As wide and high as these points of rate and decibels need."""

    def __init__(self, points: Points) -> None:
        self.canvas = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
        self._low, self._high = points.min(0), points.max(0)

    def place(self, point: Sequence[float]) -> tuple[int, int]:
        x, y = (np.asarray(point) - self._low) / np.maximum(self._high - self._low, 1e-6)
        return round(MARGIN + x * (WIDTH - 2 * MARGIN)), round(HEIGHT - MARGIN - y * (HEIGHT - 2 * MARGIN))

    def rule(self) -> None:
        for rate in RATES_KBIT_S:
            if self._low[0] <= np.log(rate) <= self._high[0]:
                x, _ = self.place((np.log(rate), self._low[1]))
                cv2.line(self.canvas, (x, MARGIN), (x, HEIGHT - MARGIN), GRID, 1)
                self.write(f"{rate} kbit/s", (x - 35, HEIGHT - MARGIN + 25))
        for level in LEVELS_DB:
            if self._low[1] <= level <= self._high[1]:
                _, y = self.place((self._low[0], level))
                cv2.line(self.canvas, (MARGIN, y), (WIDTH - MARGIN, y), GRID, 1)
                self.write(f"{level} dB", (8, y + 5))

    def write(self, text: str, where: tuple[int, int]) -> None:
        cv2.putText(self.canvas, text, where, cv2.FONT_HERSHEY_SIMPLEX, 0.5, DARK, 1, cv2.LINE_AA)


def at(rows: Rows, names: Sequence[str]) -> Points:
    return np.array([(np.log(mean(rows[name], "kbit_s")), mean(rows[name], "psnr_y")) for name in names])
