"""The list of the user's own models: written whole, read by another user, never half."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.enhance.own import (
    LIST,
    OwnModel,
    check_name,
    checked_file,
    forget,
    keep,
    own_model,
    own_models,
)

MODEL = OwnModel(
    name="mine",
    file="mine.onnx",
    sha256="2689367b205c16ce32ed4200942b8b8b1e262dfc70d9bc9fbc77c49699a4f1df",  # of b"ok"
    task="sr",
    scale=4,
    licence='MIT "or so", © B. \\ C.\x7f',
    source="a b.onnx",
    source_sha256="0",
    layout="picture",
    channels=3,
    numbers="float32",
    levels="0..1",
    rows=0,
    columns=0,
    align=8,
    overlap=16,
    seam_levels=0.25,
    most_px=1000,
    memory_mb=1500,
    seconds=0.5,
)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "made.onnx"
    path.write_bytes(b"ok")
    path.chmod(0o600)
    return path


def test_what_was_kept_is_read_again(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    keep(MODEL, made, folder)
    keep(replace(MODEL, name="another", file="another.onnx", quantised=True), made, folder)
    assert [model.name for model in own_models(folder)] == ["another", "mine"]
    assert own_model("mine", folder) == MODEL
    assert own_model("other", folder) is None
    assert checked_file(MODEL, folder).read_bytes() == b"ok"


def test_the_worker_may_read_it(made: Path, tmp_path: Path) -> None:
    keep(MODEL, made, tmp_path / "models")
    for name in ("mine.onnx", LIST):
        assert stat.S_IMODE((tmp_path / "models" / name).stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "models").stat().st_mode) == 0o755


def test_forgotten_models_leave_no_file(made: Path, tmp_path: Path) -> None:
    keep(MODEL, made, tmp_path / "models")
    assert forget("mine", tmp_path / "models") == MODEL
    assert own_models(tmp_path / "models") == ()
    assert not (tmp_path / "models/mine.onnx").exists()
    with pytest.raises(Problem, match="none yet"):
        forget("mine", tmp_path / "models")


def test_a_changed_or_missing_file_is_damaged(made: Path, tmp_path: Path) -> None:
    keep(MODEL, made, tmp_path)
    (tmp_path / "mine.onnx").write_bytes(b"no")
    with pytest.raises(Problem, match="changed") as raised:
        checked_file(MODEL, tmp_path)
    assert raised.value.issue.code == "own-model-damaged"
    (tmp_path / "mine.onnx").unlink()
    with pytest.raises(Problem, match="missing"):
        checked_file(MODEL, tmp_path)


@pytest.mark.parametrize("text", ["no toml [", "model = 3", "[[model]]\nname = 'only a name'\n"])
def test_a_broken_list_is_a_problem_with_its_place(tmp_path: Path, text: str) -> None:
    (tmp_path / LIST).write_text(text)
    with pytest.raises(Problem) as raised:
        own_models(tmp_path)
    assert raised.value.issue.code == "own-model-list"
    assert LIST in raised.value.issue.cause


def test_keys_of_a_later_version_do_no_harm(made: Path, tmp_path: Path) -> None:
    keep(MODEL, made, tmp_path)
    with (tmp_path / LIST).open("a") as file:
        file.write('colour_of_the_box = "grey"\n')
    assert own_models(tmp_path) == (MODEL,)


@pytest.mark.parametrize("name", ["", "Mine", "-a", "a b", "../a", "a" * 41, "ä"])
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(Problem, match="small letters"):
        check_name(name, tmp_path)


def test_they_lie_with_the_boxs_data_or_below_the_users_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Paths(tmp_path).models == tmp_path / "var/lib/twinreel/models"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    if not Paths().data.is_dir():
        assert Paths().models == tmp_path / "home/twinreel/models"
