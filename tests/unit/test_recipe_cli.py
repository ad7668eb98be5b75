"""``twinreel recipes`` and ``twinreel make`` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from appliance.cli import app
from appliance.core.problems import Problem
from appliance.enhance.recipe import read_recipe

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TWINREEL_ROOT", str(tmp_path))
    return tmp_path


def test_every_recipe_is_listed_with_its_sentence() -> None:
    text = RUNNER.invoke(app, ["recipes"]).stdout
    for name in ("tape", "twin", "slow-motion", "sr4", "deblur", "denoise", "compact"):
        assert f"{name} " in text
    listed = json.loads(RUNNER.invoke(app, ["recipes", "--json"]).stdout)
    assert listed[0]["stages"] == ["squeeze (x265, CRF 28)", "compact"]


def test_one_is_printed_so_that_it_can_be_changed(root: Path) -> None:
    printed = RUNNER.invoke(app, ["recipes", "slow-motion"]).stdout
    assert read_recipe(printed, "copy").steps[2].options["times"] == 4
    own = root / "etc/twinreel/recipes"
    own.mkdir(parents=True)
    (own / "mine.toml").write_text(printed.replace("times = 4", "times = 2"))
    assert "2 times as slow" in RUNNER.invoke(app, ["recipes"]).stdout


def test_the_help_teaches() -> None:
    text = RUNNER.invoke(app, ["make", "--help"]).stdout
    for word in ("RECIPE", "INPUT", "--out", "--take", "--camera", "--look", "--amount", "--force", "--json"):
        assert word in text
    assert "twinreel make denoise holiday.mp4 -o calm.mp4" in text


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["tape"], "recipe-input"),
        (["tape", "film.mp4"], "file-missing"),
        (["tape", "--take", "2026"], "take-damaged"),
    ],
)
def test_what_is_missing_is_told(words: list[str], code: str, root: Path) -> None:
    result = RUNNER.invoke(app, ["make", *words, "-o", str(root / "out.mp4"), "-q"])
    assert isinstance(result.exception, Problem)
    assert result.exception.issue.code == code


def test_without_an_output_nothing_begins() -> None:
    assert RUNNER.invoke(app, ["make", "tape", "film.mp4"]).exit_code == 2
