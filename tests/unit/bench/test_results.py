"""From scores to rows, verdicts and tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.bench.metrics import Scores
from appliance.bench.results import as_json, best_chain, over_best, verdicts
from appliance.bench.statistics import Difference
from appliance.bench.table import print_quality, written

PLAIN = Scores(30.0, 35.0, 0.90, 80.0, 78.0, 4.0)


def clips(**better: float) -> list[Scores]:
    """Two clips, the second 2 dB better, both with these figures more than the plain ones."""
    one = replace(PLAIN, **{key: getattr(PLAIN, key) + more for key, more in better.items()})
    return [one, replace(one, psnr_y=one.psnr_y + 2)]


FOUND = {
    "bwdif": clips(),
    "bwdif+hqdn3d": clips(psnr_y=1.0, ssim=0.01, difference=-1.0),
    "bwdif+nlmeans": clips(psnr_y=0.5, ssim=0.03, difference=2.0),
    "live": clips(psnr_y=2.2, ssim=0.035, vmaf=1.0, vmaf_neg=-1.0),
    "live guided": clips(psnr_y=5.0),
    "live wrong guide": clips(psnr_y=2.1),
}


def test_the_best_chain_is_found_for_each_measure() -> None:
    assert best_chain(FOUND, "psnr_y") == "bwdif+hqdn3d"
    assert best_chain(FOUND, "ssim") == "bwdif+nlmeans"
    assert best_chain(FOUND, "difference") == "bwdif+hqdn3d"


def test_the_product_is_no_chain() -> None:
    assert over_best(FOUND, "live", "psnr_y").mean == pytest.approx(1.2)
    assert over_best(FOUND, "bwdif+hqdn3d", "psnr_y").mean == 0.0


def test_what_is_asked_on_good_tapes() -> None:
    answers = {
        (v.claim.method, v.claim.metric, v.claim.against): v for v in verdicts(FOUND, "good", ["live"])
    }
    holds = {key: verdict.holds for key, verdict in answers.items()}
    assert holds == {
        ("live", "psnr_y", "the best chain"): True,
        ("live", "ssim", "the best chain"): False,
        ("live", "vmaf", "bwdif"): True,
        ("live", "vmaf_neg", "bwdif"): False,
        ("live guided", "psnr_y", "live"): False,
        ("live wrong guide", "psnr_y", "live"): False,
    }
    assert answers["live guided", "psnr_y", "live"].found.mean == pytest.approx(2.8)


def test_more_is_asked_on_worn_tapes_and_of_the_larger_tier() -> None:
    found = {**FOUND, "standard": clips(psnr_y=3.4), "standard FP32": clips(psnr_y=3.6)}
    asked = {
        (v.claim.method, v.claim.metric, v.claim.against): (v.claim.least, v.holds)
        for v in verdicts(found, "worn", ["live", "standard"])
    }
    assert asked["live", "psnr_y", "the best chain"] == (1.5, False)
    assert asked["standard", "psnr_y", "the best chain"] == (2.5, False)
    assert asked["live", "vmaf", "bwdif"] == (5.0, False)
    assert asked["standard", "psnr_y", "standard FP32"] == (-0.1, False)


def test_the_json_has_every_clip_and_every_answer() -> None:
    made = as_json(FOUND, "good", ["live"])
    live = made["methods"]["live"]
    assert live["mean"]["psnr_y"] == pytest.approx(33.2)
    assert [clip["psnr_y"] for clip in live["clips"]] == pytest.approx([32.2, 34.2])
    assert live["over_best_chain"]["psnr_y"]["mean"] == pytest.approx(1.2)
    assert len(made["required"]) == 6
    assert made["required"][0]["holds"] is True


def test_the_table_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    print_quality({"good": FOUND}, ["live"])
    text = capsys.readouterr().out
    assert "good tapes, mean over 2 clips" in text
    assert "PSNR-Y over bwdif+hqdn3d" in text
    row = next(line for line in text.splitlines() if line.startswith("│ live  "))
    assert "33.20" in row
    assert "+1.20 [+1.20, +1.20]" in row
    assert sum("falls short" in line for line in text.splitlines()) == 4


def test_a_difference_is_written_with_its_interval() -> None:
    assert written(Difference(0.512, -0.1, 1.0), 2) == "+0.51 [-0.10, +1.00]"
