"""What lies between two pictures of a camera is compared with what was there."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from appliance.bench.moments import MomentScore, measure_moments, moment_rows
from appliance.bench.quality import Wanted
from appliance.core.types import Picture
from appliance.encode.writer import FilmSpec, FilmWriter

HELD_OUT = "e.mkv"  # by its name
ROWS, COLUMNS = 480, 640


def test_what_is_moved_comes_nearer_than_the_nearest_and_the_mean(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    wide = cv2.GaussianBlur(rng.standard_normal((ROWS, COLUMNS + 100)), (0, 0), 4) * 250 + 120
    whole = np.clip(wide, 20, 230).astype(np.uint8)
    grey = np.full((ROWS // 2, COLUMNS // 2), 128, np.uint8)
    (tmp_path / "video").mkdir()
    with FilmWriter(
        tmp_path / "video" / HELD_OUT, FilmSpec(COLUMNS, ROWS, Fraction(30), codec="ffv1")
    ) as film:
        for number in range(14):
            film.write(Picture(whole[:, 5 * number : 5 * number + COLUMNS], grey, grey, 0.0))
    said: list[float] = []
    wanted = Wanted(tmp_path, 0, 3, (), ("good",), False, None)
    (found,) = measure_moments(wanted, lambda fraction, text: said.append(fraction))
    assert found.nearest + 5 < found.mixed + 5 < found.moved
    assert found.share > 0.9
    assert said[-1] == 1.0


def test_the_table_has_a_line_for_every_clip_and_the_means() -> None:
    rows = [MomentScore(clip, 30.0 + n, 33.0, 36.0, 40.0, 0.9) for n, clip in enumerate(("one", "two"))]
    lines = list(moment_rows(rows))
    assert [line.split()[0] for line in lines[1:]] == ["one", "two", "mean"]
    assert lines[3].split()[1:4] == ["30.50", "33.00", "36.00"]
    assert lines[3].endswith("40.00 dB on 90 %")
