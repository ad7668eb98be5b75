"""A folder of models with a tuned one among them: whole, checked, and there at once or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from appliance.adapt import publish as module
from appliance.adapt.publish import publish, tuned_tier
from appliance.core.problems import Problem
from appliance.enhance.manifest import load_model, models_folder


@pytest.fixture
def tuned(tmp_path: Path) -> Path:
    """As if tuned: the small net's files under the name of a larger one."""
    folder = tmp_path / "tuned"
    folder.mkdir()
    for kind in ("", "-s8", "-f32"):
        shutil.copyfile(models_folder() / f"live{kind}.onnx", folder / f"standard{kind}.onnx")
    return folder


def test_the_tuned_model_stands_where_its_tier_was(tuned: Path, tmp_path: Path) -> None:
    out = tmp_path / "tape.model"
    publish(tuned, out, "standard", 'the "big" tape.mkv', "because")
    model = load_model("standard", out)
    assert Path(model.path).read_bytes() == (tuned / "standard.onnx").read_bytes()
    assert model.name == "twinreel-standard-tuned"
    assert load_model("standard-s8", out).sha256 == load_model("live-s8").sha256
    for other in ("live", "studio", "studio-s8", "guide"):
        assert load_model(other, out).sha256 == load_model(other).sha256
        assert load_model(other, out).looks == load_model(other).looks
    assert tuned_tier(out) == "standard"
    assert tuned_tier(models_folder()) == ""


def test_an_older_folder_is_replaced_only_by_a_whole_one(
    tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "tape.model"
    publish(tuned, out, "standard", "first", "")

    def interrupted(row: dict[str, object]) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "as_toml", interrupted)
    with pytest.raises(KeyboardInterrupt):
        publish(tuned, out, "standard", "second", "")
    assert "first" in (out / "manifest.toml").read_text()
    monkeypatch.undo()
    publish(tuned, out, "standard", "third", "")
    assert "third" in (out / "manifest.toml").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tape.model", "tuned"]


def test_a_folder_without_a_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        tuned_tier(tmp_path)
    assert caught.value.issue.code == "model-damaged"
