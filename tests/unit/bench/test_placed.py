"""The registration bench's tables and what is required."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from appliance.bench.pairs import Gain
from appliance.bench.placed import cells, mean_of, placed_json, print_placed, required
from appliance.bench.register import Placed

STILL = Placed("bee", "good", "still", True, 0.1, 0.6, 0.5, 0.9, 0.01, None, 90.0)
KNOCKED = replace(STILL, motion="knock", back_after=4, fields_per_s=70.0)
LOST = Placed("asl_night", "good", "still", False)


def test_a_line_says_everything_or_that_nothing_was_found() -> None:
    assert list(cells(KNOCKED)) == [
        "bee",
        "good",
        "knock",
        "0.10",
        "0.60",
        "0.50",
        "90%",
        "0.010",
        "4 fields",
        "70",
    ]
    assert list(cells(replace(KNOCKED, back_after=None)))[8] == "never"
    assert list(cells(STILL))[8] == ""
    assert list(cells(LOST))[3] == "not found"


def test_means_are_over_those_that_were_found_and_strangers_are_the_worst() -> None:
    mean = mean_of([STILL, replace(STILL, median_px=0.3, stranger=0.04), LOST])
    assert (mean.clip, mean.median_px, mean.stranger) == ("mean of 2 of 3", pytest.approx(0.2), 0.04)
    assert not mean_of([LOST]).found
    assert mean_of([KNOCKED, replace(KNOCKED, back_after=None)]).back_after is None
    assert mean_of([KNOCKED, replace(KNOCKED, back_after=8)]).back_after == 6


def test_what_is_required_holds_or_falls_short(capsys: pytest.CaptureFixture[str]) -> None:
    gains = [Gain("bee", "good", 30.0, 33.5), Gain("pig", "good", 30.0, 32.1)]
    rows = [STILL, replace(STILL, high_px=1.9)]
    answers = {asked: holds for asked, _, holds in required(rows, gains)}
    assert answers == {
        "good: median < 0.35 px": True,
        "good: 95 % < 1.0 px": False,
        "an unrelated camera < 0.05 everywhere": True,
        "at least 50 fields/s on one core": True,
        "good: the camera gains 3 dB": False,
    }
    print_placed([STILL, LOST], gains)
    said = capsys.readouterr().out
    assert "asl_night" in said
    assert "good: the camera gains 3 dB: +2.80, falls short" in said


def test_json_has_no_numbers_that_are_none() -> None:
    told = json.loads(json.dumps(placed_json([LOST], []), allow_nan=False))
    assert told["placed"][0]["median_px"] is None
    assert told["gains"] == []
