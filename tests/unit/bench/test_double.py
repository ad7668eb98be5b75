"""Films of twice the size are compared with the truth, and the camera's part is told from the tape's."""

from __future__ import annotations

from pathlib import Path

from appliance.bench.double import DoubleScore, double_rows, measure_double
from tests.unit.bench.test_quality import data, wanted

__all__ = ["data"]


def test_a_camera_that_sees_the_scene_helps_and_so_does_what_is_finer(data: Path) -> None:
    said: list[float] = []
    (found,) = measure_double(wanted(data), lambda fraction, text: said.append(fraction))
    assert found.wear == "good"
    assert 10 < found.tape[0] < found.plain[0] + 0.01
    assert found.fine != found.plain
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
