"""The seeds' tables: how clips are spoilt, what equal bit rate means, and when a figure holds."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from appliance.bench import seeds_squeeze as squeeze
from appliance.bench.cli import app
from appliance.bench.methods import FP32
from appliance.bench.metrics import psnr_y
from appliance.bench.seeds import SeedsFound, required
from appliance.bench.seeds_curve import LINES, draw_rates
from appliance.bench.seeds_print import seed_table, seeds_json
from appliance.bench.seeds_scores import KeptScores, Rows, SeedScores, score
from appliance.bench.seeds_speed import SeedSpeed
from appliance.bench.seeds_spoil import blurred, line, noisy, small_clean, small_degraded
from appliance.bench.seeds_tables import BICUBIC, INPUT, NLMEANS, by_bicubic, by_filter
from appliance.core.types import Picture


def scenery(count: int = 2, height: int = 96, width: int = 128) -> list[Picture]:
    rng = np.random.default_rng(0)
    ground = cv2.GaussianBlur(rng.uniform(0, 255, (height, width + 8 * count)), (0, 0), 2.5)
    ground = np.clip((ground - 127) * 5 + 127, 20, 230).astype(np.uint8)
    found = []
    for k in range(count):
        y = np.ascontiguousarray(ground[:, 2 * k : 2 * k + width])
        small = cv2.resize(y, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        found.append(Picture(y, small, 255 - small, k / 25))
    return found


def scores(psnr: float, kbit_s: float = 0.0, vmaf: float = 0.0) -> SeedScores:
    return SeedScores(psnr, psnr + 5, 0.9, 0.95, vmaf, kbit_s)


def test_noise_is_of_sigma_ten_and_its_seed_decides() -> None:
    clean = scenery()
    one, again, other = (noisy(clean, np.random.default_rng(seed)) for seed in (1, 1, 2))
    off = one[0].y.astype(float) - clean[0].y
    assert float(off.std()) == pytest.approx(10, rel=0.05)
    assert np.array_equal(one[1].u, again[1].u)
    assert not np.array_equal(one[1].u, other[1].u)
    assert [p.time_s for p in one] == [p.time_s for p in clean]


@pytest.mark.parametrize("degrees", [0, 37, 90])
def test_a_line_of_blur_is_as_long_as_it_is_said_and_in_the_middle(degrees: float) -> None:
    kernel = line(6.0, degrees, 0.8)
    reach = kernel.shape[0] // 2
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along = columns * np.cos(np.radians(degrees)) + rows * np.sin(np.radians(degrees))
    across = rows * np.cos(np.radians(degrees)) - columns * np.sin(np.radians(degrees))
    assert float(kernel.sum()) == pytest.approx(1)
    assert float((along * kernel).sum()) == pytest.approx(0, abs=1e-3)
    assert float((along**2 * kernel).sum()) == pytest.approx(6.0**2 / 12 + 0.8**2, rel=0.05)
    assert float((across**2 * kernel).sum()) == pytest.approx(0.8**2, rel=0.05)


def test_blur_takes_detail_and_keeps_the_light() -> None:
    clean = scenery(3)
    soft = blurred(clean, np.random.default_rng(0))
    assert len(soft) == 3
    assert float(soft[1].y.std()) < 0.9 * float(clean[1].y.std())
    assert abs(float(soft[1].y.mean()) - float(clean[1].y.mean())) < 1


def test_small_pictures_are_a_quarter_of_both_sides_and_the_degraded_are_worse() -> None:
    clean = scenery()
    found = []
    for shrink in (small_clean, small_degraded):
        small = shrink(clean, np.random.default_rng(0))
        assert (small[0].y.shape, small[0].v.shape) == ((24, 32), (12, 16))
        found.append(psnr_y(by_bicubic(small), clean))
    assert found[0] > found[1] + 0.3


def test_a_filter_of_ffmpeg_gives_as_many_pictures_of_the_same_size() -> None:
    given = noisy(scenery(3), np.random.default_rng(0))
    made = by_filter(given, "hqdn3d=9")
    assert [p.y.shape for p in made] == [p.y.shape for p in given]
    assert float(made[2].y.std()) < float(given[2].y.std())


def test_a_higher_factor_costs_less_and_shows_less() -> None:
    clean = scenery(6, 192, 256)
    good, bad = (squeeze.through(clean, 256, 192, crf) for crf in (20, 40))
    assert len(good.pictures) == 6
    assert bad.kbit_s < 0.5 * good.kbit_s
    high, low = (score(one.pictures, clean, kbit_s=one.kbit_s) for one in (good, bad))
    assert high.psnr_y > low.psnr_y + 2
    assert high.ms_ssim > low.ms_ssim
    assert low.kbit_s == bad.kbit_s


def test_between_two_rates_the_curve_is_straight_in_their_logarithm() -> None:
    curve = [scores(40, 400, 90), scores(30, 100, 50)]
    middle = squeeze.at_rate(curve, 200)
    assert middle is not None
    assert (middle.psnr_y, middle.vmaf, middle.kbit_s) == (pytest.approx(35), pytest.approx(70), 200)
    assert squeeze.at_rate(curve, 99) is None
    assert squeeze.at_rate(curve, 401) is None


def made_rows(ours: float) -> Rows:
    """Two clips: full size gains 1 dB for each 10 kbit/s; ours has 100 on one, too few on the other."""
    rows: Rows = {
        squeeze.full_name(crf): [scores(30 + n, 50 + 10 * n), scores(30 + n, 50 + 10 * n)]
        for n, crf in enumerate(reversed(squeeze.FULL_CRFS))
    }
    for crf in squeeze.QUARTER_CRFS:
        for by in (squeeze.TIER, f"{squeeze.TIER} {FP32}"):
            rows[squeeze.quarter_name(crf, by)] = [scores(ours, 100), scores(ours, 20)]
    return rows


def test_ours_is_compared_clip_by_clip_where_the_curve_reaches() -> None:
    points = squeeze.equal_rate(made_rows(36.0))
    assert [point.crf for point in points] == list(squeeze.QUARTER_CRFS)
    assert {point.clips for point in points} == {1}
    assert points[0].psnr_y == pytest.approx(1.0)
    assert points[0].kbit_s == 60


def found(
    denoise: float = 38.0, floats: float = 38.1, ours_per_s: float = 50.0, compact: float = 36.0
) -> SeedsFound:
    rows = {
        "denoise": {
            INPUT: [scores(28)] * 2,
            NLMEANS: [scores(36.5)] * 2,
            "denoise": [scores(denoise)] * 2,
            f"denoise {FP32}": [scores(floats)] * 2,
        },
        "sr4": {BICUBIC: [scores(30)], "sr4": [scores(31.3)]},
        squeeze.TIER: made_rows(compact),
    }
    speeds = [SeedSpeed("denoise", ours_per_s, (1.0,)), SeedSpeed(NLMEANS, 4.0, (9.0,))]
    return SeedsFound(rows, speeds)


def test_what_is_asked_is_said_to_hold_only_where_it_does() -> None:
    assert all(row.holds for row in required(found()))
    assert [row.asked for row in required(found(denoise=37.4, floats=37.4)) if not row.holds] == [
        "denoise: PSNR-Y +1.0 dB over nlmeans s=8"
    ]
    assert ["10 times" in row.asked for row in required(found(ours_per_s=39)) if not row.holds] == [True]
    assert ["INT8" in row.asked for row in required(found(floats=38.2)) if not row.holds] == [True]
    assert ["compact" in row.asked for row in required(found(compact=34.0)) if not row.holds] == [True]


def test_the_tables_say_ours_and_the_papers_beside_it() -> None:
    console = Console(width=150)
    with console.capture() as printed:
        console.print(seed_table("denoise", found().rows["denoise"]))
    text = printed.get()
    assert "other data" in text
    assert "FastDVDnet 38.71" in text
    assert "36.50" in text
    assert "kbit/s" not in text
    said = seeds_json(found())
    assert said["tables"]["sr4"]["sr4"]["mean"]["psnr_y"] == 31.3
    assert said["equal_rate"][0]["psnr_y"] == pytest.approx(1.0)


def test_scores_are_kept_until_code_or_net_change(tmp_path: Path) -> None:
    clip = Path("somebody__cat.mp4")
    KeptScores(tmp_path, "denoise", clip, "code").add("denoise", "net", scores(33))
    again = KeptScores(tmp_path, "denoise", clip, "code")
    assert again.get("denoise", "net") == scores(33)
    assert again.get("denoise", "other net") is None
    assert KeptScores(tmp_path, "denoise", clip, "other code").get("denoise", "net") is None
    assert KeptScores(None, "denoise", clip, "code").get("denoise", "net") is None


def test_a_table_that_there_is_not_is_refused_by_name(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["seeds", "--data", str(tmp_path), "--only", "sr9"])
    assert done.exit_code == 2
    assert "no table sr9" in done.output


def test_the_curve_goes_up_with_the_rate(tmp_path: Path) -> None:
    rows = {}
    for curve in LINES:
        for number, name in enumerate(curve.names):
            rows[name] = [scores(45.0 - 2 * number, kbit_s=700.0 / 2**number)]
    draw_rates(rows, tmp_path / "some" / "rates.png")
    picture = cv2.imread(str(tmp_path / "some" / "rates.png"))
    red = np.argwhere((picture[150:, :, 2] > 150) & (picture[150:, :, 0] < 90))  # below the words
    middle = red[:, 1].mean()
    assert red[red[:, 1] < middle, 0].mean() > red[red[:, 1] > middle, 0].mean() + 20
