"""Only the files that were checked in are used."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from appliance.core.problems import Problem
from appliance.enhance.manifest import load_model, models_folder
from appliance.enhance.pack import WINDOW


def test_the_row_and_its_file(models: Path) -> None:
    model = load_model("live", models)
    assert (model.name, model.tier, model.window) == ("picker", "live", 5)
    assert model.path == str(models / "live.onnx")
    assert model.sha256 == hashlib.sha256((models / "live.onnx").read_bytes()).hexdigest()


def refused(folder: Path, tier: str = "live") -> str:
    with pytest.raises(Problem) as raised:
        load_model(tier, folder)
    assert raised.value.issue.code == "model-damaged"
    return raised.value.issue.cause


def test_one_changed_byte_is_refused(models: Path) -> None:
    data = bytearray((models / "live.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (models / "live.onnx").write_bytes(data)
    assert "changed" in refused(models)


def test_a_missing_file_is_refused(models: Path) -> None:
    (models / "live.onnx").unlink()
    assert "missing" in refused(models)


@pytest.mark.parametrize("text", ["", "no toml [", "[[model]]\ntier = 'other'\n", "model = 3"])
def test_a_manifest_that_does_not_list_it_is_refused(models: Path, text: str) -> None:
    (models / "manifest.toml").write_text(text)
    assert "manifest.toml" in refused(models)


def test_looks_and_scale_are_one_unless_the_row_says_more(models: Path) -> None:
    plain = load_model("live", models)
    assert (plain.looks, plain.scale) == (1, 1)
    manifest = models / "manifest.toml"
    row = manifest.read_text()
    manifest.write_text(row.replace('tier = "live"', 'tier = "live"\nlooks = 4\nscale = 2', 1))
    larger = load_model("live", models)
    assert (larger.looks, larger.scale) == (4, 2)
    manifest.write_text(row.replace('tier = "live"', 'tier = "live"\nscale = 3', 1))
    assert "3 times the size" in refused(models)


def test_no_manifest_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path)


def test_the_folder_beside_the_package_unless_the_environment_names_one(models: Path, monkeypatch) -> None:
    monkeypatch.delenv("TWINREEL_MODELS", raising=False)
    assert (models_folder() / "manifest.toml").is_file()
    monkeypatch.setenv("TWINREEL_MODELS", str(models))
    assert load_model().name == "picker"


@pytest.mark.parametrize("tier", ["live", "live-s8"])
def test_the_models_that_ship_are_whole(monkeypatch, tier: str) -> None:
    monkeypatch.delenv("TWINREEL_MODELS", raising=False)
    assert load_model(tier).window == WINDOW
    assert Path(load_model(tier).path).stat().st_size < 2_000_000
