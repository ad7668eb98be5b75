"""Each measure against values that can be worked out by hand."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from appliance.bench.metrics import (
    SAME_DB,
    above,
    ms_ssim,
    ms_ssim_of,
    psnr_c,
    psnr_y,
    ssim,
    temporal_difference,
)
from appliance.core.types import Picture


def flat(y: int, u: int = 128, v: int = 128) -> Picture:
    planes = (
        np.full(shape, level, np.uint8) for shape, level in (((40, 48), y), ((20, 24), u), ((20, 24), v))
    )
    return Picture(*planes, 0.0)


def textured(seed: int = 1, gain: float = 1.0) -> Picture:
    noise = np.random.default_rng(seed).normal(0, 30 * gain, (40, 48))
    return Picture(np.clip(120 + noise, 0, 255).astype(np.uint8), flat(0).u, flat(0).v, 0.0)


def test_five_levels_off_are_34_db() -> None:
    assert psnr_y([flat(105)], [flat(100)]) == pytest.approx(20 * np.log10(255 / 5))
    assert psnr_y([flat(95)], [flat(100)]) == pytest.approx(34.15, abs=0.01)


def test_the_mean_is_that_of_the_pictures() -> None:
    one, two = (20 * np.log10(255 / off) for off in (5, 10))
    assert psnr_y([flat(105), flat(110)], [flat(100)] * 2) == pytest.approx((one + two) / 2)


def test_both_colours_count_the_same_and_luma_not_at_all() -> None:
    assert psnr_c([flat(9, u=130)], [flat(100)]) == pytest.approx(10 * np.log10(255**2 / 2))
    assert psnr_c([flat(9, v=130)], [flat(100)]) == psnr_c([flat(9, u=126)], [flat(100)])


def test_the_same_picture() -> None:
    assert psnr_y([textured()], [textured()]) == SAME_DB
    assert ssim([textured()], [textured()]) == pytest.approx(1.0)
    assert temporal_difference([textured()] * 3, [textured()] * 3) == 0.0


def test_ssim_of_flat_pictures_is_that_of_their_light() -> None:
    steady = (0.01 * 255) ** 2
    for one, other in ((90, 120), (2, 6)):
        asked = (2 * one * other + steady) / (one**2 + other**2 + steady)
        assert ssim([flat(one)], [flat(other)]) == pytest.approx(asked, abs=1e-4)


def test_ssim_sees_lost_structure_and_little_of_a_shift_of_light() -> None:
    truth = textured()
    brighter = Picture(np.clip(truth.y.astype(int) + 4, 0, 255).astype(np.uint8), truth.u, truth.v, 0.0)
    assert ssim([brighter], [truth]) > 0.97
    assert ssim([flat(120)], [truth]) < 0.1


def test_the_temporal_difference_hears_flicker_and_not_a_steady_error() -> None:
    truth = [flat(100), flat(110), flat(120)]
    assert temporal_difference([flat(104), flat(114), flat(124)], truth) == 0.0
    assert temporal_difference([flat(101), flat(109), flat(121)], truth) == 2.0


def test_the_rows_below_do_not_count() -> None:
    cut = above(flat(100), 16)
    assert (cut.y.shape, cut.u.shape, cut.v.shape) == ((24, 48), (12, 24), (12, 24))


def scenery(seed: int, gain: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    ground = cv2.GaussianBlur(rng.uniform(0, 255, (192, 256)), (0, 0), 3) * 5 - 510
    return np.clip(ground + gain * rng.standard_normal(ground.shape), 0, 255).astype(np.uint8)


def test_flat_pictures_differ_at_the_coarsest_scale_alone() -> None:
    a, b = 100.0, 140.0
    light = (2 * a * b + 6.5025) / (a * a + b * b + 6.5025)
    one, other = (np.full((176, 180), level, np.uint8) for level in (100, 140))
    assert ms_ssim_of(one, other) == pytest.approx(light**0.1333, abs=1e-4)
    assert ms_ssim_of(one, one) == pytest.approx(1)


def test_five_scales_as_libvmaf_counts_them(tmp_path: Path) -> None:
    """It shrinks the pictures by another filter, which moves the third digit."""
    truth, noisy = scenery(0), scenery(0, 12)
    for name, plane in (("made", noisy), ("truth", truth)):
        (tmp_path / name).write_bytes(plane.tobytes())
    raw = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "256x192", "-i"]
    chosen = "[0:v]format=yuv420p[a];[1:v]format=yuv420p[b];"
    chosen += "[a][b]libvmaf=feature=name=float_ms_ssim:log_fmt=json:log_path=log.json"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *raw, "made", *raw, "truth"]
    subprocess.run([*command, "-lavfi", chosen, "-f", "null", "-"], check=True, cwd=tmp_path)
    theirs = json.loads((tmp_path / "log.json").read_text())["pooled_metrics"]["float_ms_ssim"]["mean"]
    assert ms_ssim_of(noisy, truth) == pytest.approx(theirs, abs=0.006)
    assert theirs < 0.99


def test_the_mean_of_five_scales_is_that_of_the_pictures() -> None:
    truth, noisy = scenery(0), scenery(0, 12)
    colour = np.zeros((96, 128), np.uint8)
    made, wanted = ([Picture(y, colour, colour, 0.0) for y in ys] for ys in ([truth, noisy], [truth, truth]))
    assert ms_ssim(made, wanted) == pytest.approx((1 + ms_ssim_of(noisy, truth)) / 2)
