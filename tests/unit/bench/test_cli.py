"""The bench as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from appliance.bench import pairs, quality, register, speed
from appliance.bench.cli import app
from appliance.bench.pairs import Gain
from appliance.bench.quality import Wanted
from appliance.bench.register import Asked, Placed
from appliance.bench.speed import CommandSpeed, Speeds
from tests.unit.bench.test_results import FOUND


def run(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_every_measurement_and_option_explains_itself() -> None:
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        assert command.help, name
        assert [p.name for p in command.params if not getattr(p, "help", None) and p.name != "help"] == []


def test_quality_takes_lists_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Wanted] = []
    monkeypatch.setattr(quality, "measure_quality", lambda w, tell: asked.append(w) or {"good": FOUND})
    words = ("--data", "d", "--tiers", "live, standard", "--wear", "good", "--tape-only", "--clips", "3")
    made = json.loads(run("quality", *words, "--json", "-q"))
    assert asked == [Wanted(Path("d"), 3, 12, ("live", "standard"), ("good",), False, None)]
    assert set(made) == {"good"}
    assert "live guided" in run("quality", "--data", "d", "--tiers", "live", "-q")


def test_speed_prints_the_table_or_json(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(CommandSpeed(name, 30.0, 300.0, (1.0,)) for name in ("live", "bwdif+hqdn3d"))
    monkeypatch.setattr(speed, "measure_speed", lambda *asked: Speeds(250, rows, None, (), "No onnx."))
    assert "250 tape frames of 720x576" in run("speed", "-q")
    assert json.loads(run("speed", "--json", "-q"))["commands"][0]["peak_mb"] == 300.0


def test_register_measures_what_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Asked] = []
    row = Placed("bee", "good", "still", True, 0.1, 0.4, 0.3, 0.9, 0.0, None, 80.0)
    monkeypatch.setattr(register, "measure_registration", lambda what, tell: asked.append(what) or [row])
    monkeypatch.setattr(pairs, "measure_gains", lambda *what: [Gain("bee", "good", 30.0, 33.5)])
    words = ("register", "--data", "d", "--wear", "good", "--camera", "still,hand", "--frames", "8", "-q")
    assert json.loads(run(*words, "--no-films", "--json"))["gains"] == []
    assert asked == [Asked(Path("d"), 0, 16, ("good",), ("still", "hand"))]
    assert "+3.50" in run(*words)
