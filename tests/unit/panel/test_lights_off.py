"""Dark lights after a death: quickly, and without complaint where there is nothing to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from appliance.core.config import PanelConfig
from appliance.core.paths import Paths
from appliance.panel import lights_off
from appliance.panel.board import load_board


class Refused(Exception):
    pass


class Chips:
    """The part of lgpio that is used, with two chips; line 85 is held by somebody."""

    def __init__(self) -> None:
        self.levels: dict[int, int] = {}
        self.open: list[int] = []
        self.error = Refused

    def gpiochip_open(self, number: int) -> int:
        self.open.append(number)
        return number

    def gpiochip_close(self, number: int) -> None:
        self.open.remove(number)

    def gpio_get_chip_info(self, number: int) -> list[object]:
        return [0, 164, "", ("tegra234-gpio-aon", "tegra234-gpio")[number]]

    def gpio_claim_output(self, handle: int, line: int, level: int) -> None:
        assert handle == 1, "on the chip of that label only"
        if line == 85:
            raise Refused
        self.levels[line] = level


@pytest.fixture
def chips(monkeypatch: pytest.MonkeyPatch) -> Chips:
    made = Chips()
    monkeypatch.setattr(lights_off, "load_driver", lambda: made)
    monkeypatch.setattr(
        lights_off, "labels", lambda lgpio: {0: "tegra234-gpio-aon", 1: "tegra234-gpio"} if lgpio else {}
    )
    return made


def configured(root: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = Paths(root)
    paths.site_config.parent.mkdir(parents=True)
    paths.site_config.write_text(text)
    monkeypatch.setenv("TWINREEL_ROOT", str(root))


def test_every_light_that_nobody_holds_goes_dark(
    tmp_path: Path, chips: Chips, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(tmp_path, '[panel]\nbackend = "gpio"\n', monkeypatch)
    lights_off.main()
    assert chips.levels == {144: 0, 106: 0}
    assert chips.open == []


def test_lights_that_a_low_level_lights_get_a_high_one(chips: Chips) -> None:
    board = load_board("orin-nano").model_dump(mode="json")
    board["lights"]["active"] = "low"
    assert lights_off.darken(board) == 2
    assert chips.levels == {144: 1, 106: 1}


@pytest.mark.parametrize(
    "text",
    ["", "[panel]", "[panel", '[panel]\nbackend = "gpio"\nboard = "toaster"', '[panel]\nbackend = "mock"'],
)
def test_there_is_nothing_to_do(
    tmp_path: Path, chips: Chips, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    configured(tmp_path, text, monkeypatch)
    lights_off.main()
    assert chips.levels == {}


def test_it_reads_the_same_files_and_defaults_as_the_box(tmp_path: Path) -> None:
    paths, defaults = Paths(tmp_path), PanelConfig()
    assert [tmp_path / name for name in lights_off.CONFIGURED] == [paths.site_config, paths.device_config]
    assert lights_off.panel_settings(tmp_path) == {"backend": defaults.backend, "board": defaults.board}


def test_it_imports_next_to_nothing() -> None:
    code = "import sys, appliance.panel.lights_off; print(*sys.modules)"
    house = Path(__file__).parents[3]
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=house, check=True
    )
    assert not {"numpy", "pydantic", "gpiozero", "lgpio"} & set(loaded.stdout.split())
