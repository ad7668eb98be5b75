"""Board files: those that ship, and what is said of one that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.core.problems import Problem
from appliance.panel.board import BOARDS, Board, load_board

HOUSE = Path(__file__).parents[3]
MINE = """
name = "Mine"
chip = "my-chip"
lines = {1 = 10, 2 = 11, 3 = 12, 4 = 13}
lights = {pins = [1, 2, 3], active = "low"}
button = {pin = 4, pull = "up"}
"""


def written(folder: Path, text: str) -> Board:
    path = folder / "mine.toml"
    path.write_text(text)
    return load_board(str(path))


@pytest.mark.parametrize("name", sorted(file.stem for file in BOARDS.glob("*.toml")))
def test_the_boards_that_ship_are_whole_and_the_wiring_names_their_pins(name: str) -> None:
    board = load_board(name)
    assert len(set(board.light_places)) == 3
    guide = (HOUSE / "hw/README.md").read_text(encoding="utf-8")
    pins = " | ".join(str(pin) for pin in (*board.lights.pins, board.button.pin))
    assert f"| `{name}` | {pins} |" in guide
    assert (HOUSE / f"hw/boards/{name}.toml").is_file()


def test_the_orins_pins_are_the_lines_of_its_main_chip() -> None:
    board = load_board("orin-nano")
    assert board.chip == "tegra234-gpio"
    assert board.light_places == (144, 85, 106)
    assert board.button_place == 105
    assert (board.lights.active, board.button.active, board.button.pull) == ("high", "low", "external")


def test_a_raspberry_pis_pins_are_gpiozeros() -> None:
    assert load_board("raspberry-pi").light_places == ("BOARD11", "BOARD13", "BOARD15")


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    board = written(tmp_path, MINE)
    assert (board.light_places, board.button_place) == ((10, 11, 12), 13)
    assert (board.lights.active, board.button.active, board.button.pull) == ("low", "low", "up")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("pin = 4", "pin = 5"), "no line for pin 5"),
        (("pin = 4", "pin = 3"), "two parts share a pin"),
        (("chip =", "ship ="), "chip"),
        (('"low"', '"blue"'), "lights.active"),
        (("[1, 2, 3]", "[1, 2]"), "lights.pins"),
        (("lights = {", "lights = "), "not valid TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(Problem) as caught:
        written(tmp_path, MINE.replace(*change))
    assert caught.value.issue.code == "panel-board"
    assert said in caught.value.issue.cause


def test_an_unknown_board_is_told_which_there_are() -> None:
    with pytest.raises(Problem, match="bench, orin-nano, raspberry-pi"):
        load_board("toaster")
