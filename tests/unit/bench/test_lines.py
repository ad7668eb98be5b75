"""The bench knows where each line of its tape lies, and says how much of that was found."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.bench import lines, material
from appliance.bench.clips import PAL
from appliance.bench.lines import LineScore, left_px, line_rows, measure_lines
from appliance.bench.quality import Wanted
from appliance.bench.tape import record
from appliance.bench.wear import GOOD
from appliance.core.types import Picture
from appliance.encode.writer import FilmSpec, FilmWriter
from appliance.enhance.placed import placed
from appliance.enhance.tape import read_fields

HELD_OUT = "e.mkv"  # by its name
ROWS, COLUMNS = 480, 640


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    layers = [cv2.GaussianBlur(rng.standard_normal((ROWS, COLUMNS)), (0, 0), s) * s * 45 for s in (2.0, 6.0)]
    whole = np.clip(120 + np.asarray(sum(layers)), 20, 230).astype(np.uint8)
    grey = np.full((ROWS // 2, COLUMNS // 2), 128, np.uint8)
    (tmp_path / "video").mkdir()
    with FilmWriter(
        tmp_path / "video" / HELD_OUT, FilmSpec(COLUMNS, ROWS, Fraction(30), codec="ffv1")
    ) as film:
        for number in range(20):
            film.write(Picture(np.roll(whole, number, axis=1), grey, grey, 0.0))
    return tmp_path


def test_a_camera_finds_more_than_the_tape_alone(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for where in (material, lines):
        monkeypatch.setattr(where, "LEAD", 1)
    monkeypatch.setattr(material, "TAIL", 1)
    said: list[float] = []
    wanted = Wanted(data, 1, 2, ("live",), ("good",), True, None)
    (found,) = measure_lines(wanted, lambda fraction, text: said.append(fraction))
    assert (found.clip, found.wear) == ("e", "good")
    assert 0.9 < found.one_px[0] < 1.1
    assert found.one_px[2] < 0.3 < found.one_px[1] < 0.6
    assert found.as_worn[2] < found.as_worn[1] < found.as_worn[0] < 0.6
    assert 20 < found.film[0] != found.film[1] > 20
    assert found.foot[0] + 3 < found.foot[1]
    assert said[-1] == 1.0


def test_what_the_tape_did_to_its_lines_is_known() -> None:
    grey = np.full((576, 720, 3), 128, np.uint8)
    shifts: list[np.ndarray] = []
    tape = record([grey] * 6, PAL, (GOOD,), 3, shifts)
    assert [px.shape for px in shifts] == [(288,)] * 6
    assert abs(shifts[0][-4]) > 8
    fields = list(read_fields(tape, "tff"))
    assert 0.2 < left_px(fields, shifts) < 0.6
    known = iter(shifts)
    assert left_px(placed(fields, lambda field: (next(known), np.zeros(288))), shifts) < 1e-6


def test_the_table_has_a_line_for_every_clip_and_the_means() -> None:
    rows = [
        LineScore(clip, wear, (1.0, 0.5 + n, 0.2), (1.0, 0.6, 0.3), (35.0, 36.0 + n), (20.0, 30.0))
        for n, clip in enumerate(("one", "two"))
        for wear in ("good", "worn")
    ]
    table = list(line_rows(rows))
    assert len(table) == 7
    assert [line.split()[1] for line in table[1:4]] == ["one", "two", "mean"]
    assert "1.00 -> 1.00, 0.20 px" in table[3]
    assert "35.00, 36.50 dB" in table[3]
