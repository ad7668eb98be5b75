"""Films of twice the size are compared with the truth, and the camera's part is told from the tape's."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.bench.double import DoubleScore, double_rows, measure_double
from appliance.bench.quality import Wanted
from appliance.core.types import Picture
from appliance.encode.writer import FilmSpec, FilmWriter

HELD_OUT = "e.mkv"  # by its name
ROWS, COLUMNS = 480, 640


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Fine blots in a calm scene that wander slowly."""
    rng = np.random.default_rng(4)
    blots = sum(
        cv2.GaussianBlur(rng.standard_normal((ROWS, COLUMNS)), (0, 0), sigma) * 30 * sigma
        for sigma in (4.0, 9.0)
    )
    fine = cv2.GaussianBlur(rng.standard_normal((ROWS, COLUMNS)), (0, 0), 0.7) * 40
    fine[:, : COLUMNS // 2] = 0
    whole = np.clip(120 + fine + np.asarray(blots), 20, 230).astype(np.uint8)
    grey = np.full((ROWS // 2, COLUMNS // 2), 128, np.uint8)
    (tmp_path / "video").mkdir()
    spec = FilmSpec(COLUMNS, ROWS, Fraction(30), codec="ffv1")
    with FilmWriter(tmp_path / "video" / HELD_OUT, spec) as writer:
        for number in range(22):
            writer.write(Picture(np.roll(whole, number, axis=1), grey, grey, 0.0))
    return tmp_path


def test_what_the_camera_gives_and_what_is_finer_are_told_apart(data: Path) -> None:
    said: list[float] = []
    wanted = Wanted(data, 1, 2, ("live",), ("good",), True, None)
    (found,) = measure_double(wanted, lambda fraction, text: said.append(fraction))
    assert (found.clip, found.wear) == ("e", "good")
    assert 15 < found.tape[0] < 45
    assert found.plain != found.tape
    assert found.plain[0] + 0.5 < found.fine[0]
    assert found.plain[1] < found.fine[1]
    assert said[-1] == 1.0


def test_the_table_has_a_line_for_every_clip_and_the_means() -> None:
    rows = [
        DoubleScore(clip, wear, (30.0 + n, 0.9), (31.0, 0.9), (32.0, 0.95))
        for n, clip in enumerate(("one", "two"))
        for wear in ("good", "worn")
    ]
    lines = list(double_rows(rows))
    assert len(lines) == 7
    assert [line.split()[1] for line in lines[1:4]] == ["one", "two", "mean"]
    assert "30.50 dB 0.9000" in lines[3]
    assert "32.00 dB 0.9500" in lines[3]
