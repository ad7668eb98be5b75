"""The chip is found by its label, and its absence has a name."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.core.config import PanelConfig
from appliance.core.problems import Problem
from appliance.panel.factory import make_panel
from appliance.panel.gpiochip import board_info, find_chip

CHIPS = {0: "tegra234-gpio-aon", 3: "secret", 12: "tegra234-gpio"}


class Refused(Exception):
    pass


def lgpio_like(opened: list[int]) -> SimpleNamespace:
    """The three functions of lgpio that finding a chip needs; chip 3 may not be opened."""

    def gpiochip_open(number: int) -> int:
        if CHIPS[number] == "secret":
            raise Refused
        opened.append(number)
        return number + (number << 16)

    def gpio_get_chip_info(handle: int) -> list[object]:
        return [0, 164, f"gpiochip{handle >> 16}", CHIPS[handle >> 16]]

    def gpiochip_close(handle: int) -> None:
        opened.remove(handle >> 16)

    functions = {"gpiochip_open": gpiochip_open, "gpio_get_chip_info": gpio_get_chip_info}
    return SimpleNamespace(error=Refused, gpiochip_close=gpiochip_close, **functions)


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    for number in CHIPS:
        (tmp_path / f"gpiochip{number}").touch()
    return tmp_path


def test_the_chip_is_found_by_its_whole_label_and_closed_again(devices: Path) -> None:
    opened: list[int] = []
    assert find_chip(lgpio_like(opened), "tegra234-gpio", devices) == 12
    assert opened == []


def test_no_such_chip_has_a_name(devices: Path) -> None:
    with pytest.raises(Problem, match='no GPIO chip "pinctrl-rp1"') as caught:
        find_chip(lgpio_like([]), "pinctrl-rp1", devices)
    assert caught.value.issue.code == "panel-missing"
    assert "tegra234-gpio-aon" in caught.value.issue.cause, "which there are"
    assert "gpiochip3 (not to be opened)" in caught.value.issue.cause


def test_a_board_knows_its_lines_by_number_and_by_name() -> None:
    info = board_info((144, 105))
    assert [pin.name for _, pin in info.find_pin(144)] == ["GPIO144"]
    assert [pin.number for _, pin in info.find_pin("GPIO105")] == [105]
    assert not list(info.find_pin(7))


def test_without_lgpio_the_box_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(Problem, match="lgpio is not installed") as caught:
        make_panel(PanelConfig(backend="gpio"))
    assert caught.value.issue.code == "panel-driver-missing"
