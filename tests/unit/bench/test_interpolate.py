"""The bench of pictures between pictures: what it counts, and what it says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from appliance.bench.clips import NTSC
from appliance.bench.interpolate import Cuts, Found, Row, Spent, by_mixing, is_blend, read_raw, write_raw
from appliance.bench.interpolate_table import interpolation_json, print_interpolation, required
from appliance.core.types import Picture


def film(count: int) -> list[Picture]:
    rng = np.random.default_rng(0)
    sizes = ((480, 720), (240, 360), (240, 360))
    planes = [[rng.integers(0, 256, size, dtype=np.uint8) for size in sizes] for _ in range(count)]
    return [Picture(*three, number / 25) for number, three in enumerate(planes)]


def found(times: int = 2, blended: int = 0, ours_db: float = 38.0, ours_s: float = 0.1) -> Found:
    seconds = {"mixed": 0.01, "minterpolate": 4.0, "interpolate": ours_s, "interpolate-f32": 0.2}
    decibels = {"mixed": 35.0, "minterpolate": 37.0, "interpolate": ours_db, "interpolate-f32": 38.1}
    rows = [
        Row(name, clip, decibels[name], 0.9, Spent(20, seconds[name], 2 * seconds[name]))
        for name in seconds
        for clip in ("bee", "pig")
    ]
    return Found(times, tuple(rows), tuple(Cuts(name, 6, blended) for name in seconds))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    given = film(3)
    write_raw(given, tmp_path / "given.yuv")
    for one, other in zip(read_raw(tmp_path / "given.yuv", 3, 480), given, strict=True):
        assert one.time_s == other.time_s
        assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in "yuv")


def test_a_mix_is_told_from_either_side(tmp_path: Path) -> None:
    given = film(2)
    write_raw(given, tmp_path / "given.yuv")
    made, spent = by_mixing(tmp_path / "given.yuv", 2, NTSC, 2)
    assert spent.pictures == 1
    assert [is_blend(p.y, given[0].y, given[1].y) for p in made] == [False, True, False, False]
    noisy = np.clip(given[0].y + np.random.default_rng(1).normal(0, 5, (480, 720)), 0, 255).astype(np.uint8)
    assert not is_blend(noisy, given[0].y, given[1].y)


@pytest.mark.parametrize(
    ("changed", "fails"),
    [
        ({}, []),
        ({"ours_db": 37.6}, ["+0.7 dB over minterpolate", "INT8 within 0.15 dB of the floats"]),
        ({"ours_s": 0.3}, ["20x the speed of minterpolate"]),
        ({"blended": 1}, ["no blended picture at a cut"]),
    ],
)
def test_what_is_required_holds_or_does_not(changed: dict[str, float], fails: list[str]) -> None:
    answers = required(found(**changed))  # type: ignore[arg-type]
    assert len(answers) == 5
    assert [asked for asked, _, holds in answers if not holds] == fails


def test_of_four_times_as_many_nothing_is_required() -> None:
    assert required(found(times=4)) == []


def test_the_table_says_it_all(capsys: pytest.CaptureFixture[str]) -> None:
    print_interpolation(found())
    told = capsys.readouterr().out
    assert "+3.00" in told
    assert "20x the speed of minterpolate: 40.0x, holds" in told
    assert interpolation_json(found())["required"][3]["found"] == "0 of 6"
