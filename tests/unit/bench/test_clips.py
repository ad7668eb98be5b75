"""A clip's pictures on the raster of a tape."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from appliance.bench.clips import NTSC, PAL, is_quick, on_raster, read_scene, standard_of, truth_of
from appliance.core.types import Picture
from appliance.encode.writer import FilmSpec, FilmWriter


def clip(path: Path, pictures: int = 4, rows: int = 48, rate: int = 30) -> Path:
    """Each picture ten levels lighter than the one before."""
    spec = FilmSpec(64, rows, Fraction(rate), codec="ffv1")
    grey = np.full((rows // 2, 32), 128, np.uint8)
    with FilmWriter(path, spec) as writer:
        for number in range(pictures):
            writer.write(Picture(np.full((rows, 64), 50 + 10 * number, np.uint8), grey, grey, 0.0))
    return path


def test_large_clips_make_pal_and_small_ones_ntsc(tmp_path: Path) -> None:
    assert standard_of(clip(tmp_path / "large.mkv", rows=576)) is PAL
    assert standard_of(clip(tmp_path / "small.mkv", rows=480)) is NTSC


def test_slow_clips_are_left_out(tmp_path: Path) -> None:
    assert is_quick(clip(tmp_path / "quick.mkv"))
    assert not is_quick(clip(tmp_path / "slow.mkv", rate=10))


def test_a_short_clip_is_played_to_and_fro(tmp_path: Path) -> None:
    scene = read_scene(clip(tmp_path / "clip.mkv"), NTSC, 8)
    assert scene[0].shape == (480, 720, 3)
    assert [int(full[..., 0].mean()) for full in scene] == pytest.approx(
        [50, 60, 70, 80, 70, 60, 50, 60], abs=1
    )


def test_the_middle_43_is_kept() -> None:
    planes = np.zeros((3, 90, 160), np.uint8)
    planes[:, :, 20:140] = 200
    assert on_raster(planes, PAL).min() == 200
    assert on_raster(planes, PAL).shape == (576, 720, 3)


def test_the_truth_is_420() -> None:
    full = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
    picture = truth_of(full, 0.5)
    assert np.array_equal(picture.y, full[..., 0])
    assert picture.u[3, 5] == pytest.approx(full[6:8, 10:12, 1].mean(), abs=1)
    assert picture.time_s == 0.5
