"""``twinreel doctor`` as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from appliance.cli import app
from appliance.core.config import Config, read_table
from appliance.core.paths import Paths


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("TWINREEL_ROOT", str(tmp_path))
    made = Paths(tmp_path)
    made.make()
    return made


def test_a_box_in_order_passes(box: Paths) -> None:
    done = CliRunner().invoke(app, ["doctor", "--json"])
    table = json.loads(done.stdout)
    failed = [check["name"] for check in table["checks"] if check["verdict"] == "failed"]
    assert set(failed) <= {"space", "disk speed"}, "what the machine of the tests may lack"
    assert done.exit_code == (1 if failed else 0)


def test_a_mistake_is_named_and_fails(box: Paths) -> None:
    box.device_config.write_text("[web]\nprot = 1\n")
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "web.prot: there is no such key" in done.stdout
    assert "what to do:" in done.stdout


def test_the_configuration_is_listed_as_toml(box: Paths) -> None:
    done = CliRunner().invoke(app, ["doctor", "--config"])
    assert done.exit_code == 0
    box.site_config.parent.mkdir(parents=True)
    box.site_config.write_text(done.stdout, encoding="utf-8")
    assert Config.model_validate(read_table(box.site_config)) == Config()
