"""``twinreel models`` as somebody types it, from a file to a model that is listed, checked and removed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance import cli
from tests.unit.enhance import foreign_nets as nets

Type = Callable[..., int]


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Type:
    monkeypatch.setenv("TWINREEL_ROOT", str(tmp_path / "box"))

    def run(*words: object) -> int:
        monkeypatch.setattr(sys, "argv", ["twinreel", "models", *(str(word) for word in words)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0)

    return run


def test_from_adding_to_removing(type_in: Type, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = nets.chain(tmp_path / "mine.onnx", scale=2, layers=2)
    assert type_in("add", path, "--task", "sr", "--licence", "BSD-3-Clause", "--quiet") == 0
    assert "mine: sr, 2 times the size, BSD-3-Clause." in capsys.readouterr().out
    assert (tmp_path / "box/var/lib/twinreel/models/mine.onnx").is_file()
    assert type_in("check", "mine") == 0
    assert "as it was added" in capsys.readouterr().out
    assert type_in() == 0
    listed = capsys.readouterr().out
    assert "standard " in listed
    assert "mine  " in listed
    assert type_in("--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["own"][0]["licence"] == "BSD-3-Clause"
    assert {"live", "standard"} <= {row["tier"] for row in facts["shipped"]}
    assert type_in("remove", "mine") == 0
    assert type_in("check", "mine") == 1
    assert "none yet" in capsys.readouterr().err


def test_a_refusal_has_cause_and_remedy(
    type_in: Type, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = nets.chain(tmp_path / "mine.onnx", scale=2, layers=2)
    assert type_in("add", path, "--task", "sr", "--quiet") == 1
    told = capsys.readouterr().err
    assert "--licence" in told
    assert "Cause:" in told


def test_json_is_the_row(type_in: Type, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = nets.same(tmp_path / "same.onnx")
    assert type_in("add", path, "--task", "denoise", "--licence", "MIT", "--name", "calm", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["name"], facts["scale"], len(facts["sha256"])) == ("calm", 1, 64)


def test_every_command_explains_itself(type_in: Type, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("add", "remove", "check", "build"):
        assert type_in(command, "--help") == 0
        assert "Usage: twinreel models" in capsys.readouterr().out
