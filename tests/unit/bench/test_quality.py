"""The whole measurement with two methods of our own: what is scored, kept and shown."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.bench import quality
from appliance.bench.material import LEAD, SWITCH_ROWS, TAIL, Material, Sample, crop_of
from appliance.bench.methods import Method
from appliance.bench.metrics import SAME_DB
from appliance.bench.quality import Wanted, measure_quality
from appliance.core.problems import Problem
from appliance.core.types import Picture
from tests.unit.bench.test_clips import clip

HELD_OUT = "flutter+assets-for-api-docs__bee.mkv"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "video").mkdir()
    for name in ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"):
        clip(tmp_path / f"video/{name}.mkv", pictures=20)
    return tmp_path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the methods that were asked to make films; VMAF is not measured."""
    asked: list[str] = []

    def perfect(material: Material) -> list[Picture]:
        asked.append("perfect")
        blank = material.truth[0]
        rows = material.standard.rows
        whole = Picture(*(pad(plane, rows) for plane in (blank.y, blank.u, blank.v)), 0.0)
        middle = [Picture(*(pad(p, rows) for p in (t.y, t.u, t.v)), 0.0) for t in material.truth]
        return [whole] * 2 * LEAD + middle + [whole] * 2 * TAIL

    def raw(material: Material) -> list[Picture]:
        asked.append("raw")
        return [frame for frame in map(woven, material.tape) for _ in range(2)]

    rows = [Method("bwdif", "1", raw), Method("live", "2", perfect)]
    monkeypatch.setattr(quality, "methods", lambda tiers, guides: rows)
    monkeypatch.setattr(quality.vmaf, "vmaf", lambda made, truth: (90.0, 85.0))
    return asked


def pad(plane: np.ndarray, rows: int) -> np.ndarray:
    whole = rows if plane.shape[1] == 720 else rows // 2
    return np.pad(plane, ((0, whole - len(plane)), (0, 0)))


def woven(frame: Picture) -> Picture:
    u, v = (c[::2] for c in (frame.u, frame.v))
    return Picture(frame.y, u, v, 0.0)


def wanted(data: Path, out: Path | None = None, **others: object) -> Wanted:
    fields = {"clips": 1, "frames": 2, "tiers": ("live",), "wears": ("good",), "guides": True, "out": out}
    return Wanted(data, **(fields | others))  # type: ignore[arg-type]


def test_scores_are_kept_and_stills_laid_out(data: Path, calls: list[str], tmp_path: Path) -> None:
    out, said = tmp_path / "out", []
    found = measure_quality(wanted(data, out), lambda fraction, text: said.append(fraction))
    assert found["good"]["live"][0].psnr_y == SAME_DB
    assert found["good"]["live"][0].vmaf_neg == 85.0
    assert 20 < found["good"]["bwdif"][0].psnr_y < 45
    assert said == sorted(said)
    assert said[-1] == 1.0
    still = cv2.imread(str(next((out / "stills").glob("*-good-live.jpg"))))
    assert still is not None
    assert still.shape[1] == 4 * (2 * 200 + 4)  # tape, best chain, ours, truth; there is no guided row
    assert measure_quality(wanted(data, out), lambda fraction, text: None) == found
    assert calls == ["raw", "perfect"]


def test_other_code_or_another_length_is_measured_anew(data: Path, calls: list[str], tmp_path: Path) -> None:
    sample = Sample(data / "video/a.mkv", data / "video/b.mkv", "good", 2, 1)
    kept = quality.Kept(tmp_path, sample)
    row = quality.methods((), False)[0]
    quality.measure(row, Material(sample), kept)
    assert quality.Kept(tmp_path, sample).scores(row) is not None
    assert quality.Kept(tmp_path, sample).scores(Method("bwdif", "changed", row.make)) is None
    longer = Sample(sample.clip, sample.stranger, "good", 3, 1)
    assert quality.Kept(tmp_path, longer).scores(row) is None


def test_without_clips_and_with_a_wear_that_is_none(tmp_path: Path, calls: list[str]) -> None:
    for bad, code in (({}, "bench-material"), ({"wears": ("chewed",)}, "bench-choice")):
        with pytest.raises(Problem) as refused:
            measure_quality(wanted(tmp_path, **bad), lambda fraction, text: None)
        assert refused.value.issue.code == code


def test_the_wrong_guide_is_of_another_collection() -> None:
    clips = [Path(f"{name}.mp4") for name in ("a__1", "a__2", "b__1", "c__1")]
    assert [quality.stranger_of(n, clips).stem for n in range(4)] == ["b__1", "b__1", "c__1", "a__1"]
    assert quality.stranger_of(0, clips[:2]) == clips[1]
    assert quality.stranger_of(0, clips[:1]) == clips[0]


def test_what_is_measured_leaves_out_the_ends_and_the_rows_below() -> None:
    plane, half = np.zeros((64, 32), np.uint8), np.zeros((32, 16), np.uint8)
    sample = Sample(Path("a"), Path("b"), "good", 3, 1)
    material = Material.__new__(Material)
    material.sample = sample
    chosen = material.measured([Picture(plane, half, half, float(n)) for n in range(sample.fields)])
    assert [p.time_s for p in chosen] == [8.0, 9.0, 10.0, 11.0, 12.0, 13.0]
    assert chosen[0].y.shape == (64 - SWITCH_ROWS, 32)


def test_the_still_is_taken_where_most_is_to_be_seen() -> None:
    y = np.full((200, 300), 100, np.uint8)
    y[120:160, 200:260] = np.random.default_rng(1).integers(0, 255, (40, 60))
    rows, columns = crop_of([Picture(y, y, y, 0.0)] * 2, 60, 80)
    assert rows.start <= 120
    assert rows.stop >= 160
    assert columns.start <= 200
    assert columns.stop >= 260
