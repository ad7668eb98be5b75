"""What is timed, and what is made of the times; nothing here is timed."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from appliance.bench import speed
from appliance.bench.chains import DENOISERS
from appliance.bench.clips import PAL
from appliance.bench.peak import NetSpeed, Peak
from appliance.bench.process import Cost
from appliance.bench.scenery import LOOP_FIELDS, loop
from appliance.bench.speed import chain_command, measure_speed, our_command, required, speeds_json
from appliance.bench.table import print_speed
from appliance.core.config import EncodeConfig
from appliance.core.problems import Problem
from appliance.worker.outputs import FILE_CRF

TAPE, FILM = Path("tape.mkv"), Path("film.mp4")


def test_both_sides_encode_alike() -> None:
    theirs = chain_command(TAPE, FILM, "bwdif+hqdn3d")
    words = dict(pairwise(theirs))
    assert words["-vf"] == "bwdif=mode=send_field:parity=tff:deint=all,hqdn3d,format=yuv420p"
    assert words["-crf"] == str(FILE_CRF)
    assert words["-preset"] == EncodeConfig().preset
    assert words["-threads"] == "2"
    assert words["-x264-params"].startswith("mbtree=0")
    ours = our_command(TAPE, FILM, "standard")
    assert ours[:3] == [sys.executable, "-m", "appliance"]
    assert ours[ours.index("--tier") + 1] == "standard"


def test_the_scenery_moves_and_joins_itself() -> None:
    pictures = loop(PAL, 10)
    steps = [
        float(np.abs(a.astype(int) - b).mean())
        for a, b in zip(pictures, pictures[1:] + pictures[:1], strict=True)
    ]
    assert min(steps) > 5
    assert steps[-1] < 1.3 * max(steps[:-1])
    assert len(loop(PAL, 2)) == 2
    assert LOOP_FIELDS % 2 == 0


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Commands that take 4 s and then 2 s, the chains half as long."""
    done: list[str] = []

    def cost(command: list[str]) -> Cost:
        name = command[command.index("--tier") + 1] if "--tier" in command else "ffmpeg"
        done.append(name)
        long = 2.0 if len(done) > 5 else 4.0
        return Cost(long if name == "live" else long / 2, 400.0 + len(done))

    monkeypatch.setattr(speed, "cost_of", cost)
    monkeypatch.setattr(
        speed, "make_tape", lambda folder, seconds: (folder / "tape.mkv", round(seconds * 25))
    )
    monkeypatch.setattr(speed, "measure_peak", lambda: Peak(200.0, 180.0))
    monkeypatch.setattr(
        speed, "measure_net", lambda tier, rows, columns, peak: NetSpeed(tier, 5.0, 20.0, 0.5)
    )
    return done


def test_the_commands_take_turns_and_the_best_run_counts(commands: list[str]) -> None:
    found = measure_speed(10, 2, ("live",), lambda fraction, text: None)
    assert commands == ["live", *["ffmpeg"] * 4] * 2
    assert [row.name for row in found.commands] == ["live", *DENOISERS]
    live, bwdif = found.commands[:2]
    assert live.frames_per_s == 125.0
    assert bwdif.frames_per_s == 250.0
    assert live.seconds == (4.0, 2.0)
    assert live.peak_mb == 406.0
    assert [(found, holds) for _, found, holds in required(found)] == [
        ("125.0", True),
        ("0.50x", False),
        ("406 MB", True),
    ]


def test_the_table_and_the_json_say_the_same(commands: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    found = measure_speed(10, 2, ("live",), lambda fraction, text: None)
    print_speed(found)
    text = capsys.readouterr().out
    assert "INT8 peak 200 GMAC/s" in text
    assert "0.6x the speed of bwdif+hqdn3d: 0.50x, falls short" in text
    made = json.loads(json.dumps(speeds_json(found)))
    assert made["commands"][0]["frames_per_s"] == 125.0
    assert made["nets"] == [asdict(found.nets[0])]
    assert [row["holds"] for row in made["required"]] == [True, False, True]


def test_without_onnx_the_peak_is_left_out_and_said(
    commands: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> Peak:
        raise Problem(
            "bench-onnx", "No peak", "The package onnx is missing.", "Install it: pip install onnx."
        )

    monkeypatch.setattr(speed, "measure_peak", missing)
    found = measure_speed(2, 1, ("live",), lambda fraction, text: None)
    assert found.peak is None
    print_speed(found)
    assert "pip install onnx" in capsys.readouterr().out
