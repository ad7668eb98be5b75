"""The figures of the looks tell grain, camera, light and combs apart."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.bench.looks import LookScore, alike, comb_share, look_rows, off, write_sheet
from appliance.core.types import Picture


def picture(y: np.ndarray) -> Picture:
    grey = np.full((y.shape[0] // 2, y.shape[1] // 2), 128, np.uint8)
    return Picture(np.clip(np.rint(y), 0, 255).astype(np.uint8), grey, grey, 0.0)


@pytest.fixture
def truth() -> np.ndarray:
    rng = np.random.default_rng(2)
    return np.asarray(128 + 300 * cv2.GaussianBlur(rng.standard_normal((96, 128)), (0, 0), 4))


def test_grain_is_told_from_the_scene(truth: np.ndarray) -> None:
    one, other = np.random.default_rng(3).normal(0, 6, (2, 96, 128))
    mine, same, different = picture(truth + one), picture(truth + one + other / 3), picture(truth + other)
    assert alike([mine], [same], [picture(truth)]) > 0.85
    assert abs(alike([mine], [different], [picture(truth)])) < 0.1


def test_light_is_told_from_grain(truth: np.ndarray) -> None:
    grain = np.random.default_rng(3).normal(0, 6, truth.shape)
    assert off([picture(truth)], [picture(truth + grain)], "y") < 0.5
    assert off([picture(truth)], [picture(truth + 5)], "y") == pytest.approx(5, abs=0.5)


def test_combs_are_found_and_edges_are_none(truth: np.ndarray) -> None:
    woven = truth.copy()
    woven[::2] = np.roll(truth, 20, axis=1)[::2]
    edge = np.where(np.arange(96)[:, None] > 48, 220.0, 30.0) * np.ones(128)
    assert comb_share(picture(woven).y) > 0.05
    assert comb_share(picture(truth).y) == comb_share(picture(edge).y) == 0


def test_the_table_has_the_means_of_each_look() -> None:
    rows = [
        LookScore(clip, "good", look, psnr, 0.5, 0.5, 0.1, 0.1, 0.0)
        for clip, psnr in (("a", 30.0), ("b", 32.0))
        for look in ("tape", "twin")
    ]
    lines = list(look_rows(rows))
    assert len(lines) == 3
    assert all("31.00" in line for line in lines[1:])


def test_the_sheet_has_a_row_for_each_tape(tmp_path: Path) -> None:
    piece = np.full((30, 40, 3), 90, np.uint8)
    write_sheet(tmp_path / "looks.jpg", [[("tape", piece), ("twin", piece)]] * 3)
    sheet = cv2.imread(str(tmp_path / "looks.jpg"))
    assert sheet is not None
    assert sheet.shape == (3 * (28 + 60), 2 * (80 + 4), 3)
