"""From the configuration to a panel."""

from __future__ import annotations

from typing import Any

from gpiozero.pins.mock import MockFactory

from appliance.core.config import PanelConfig
from appliance.panel.board import Board, load_board
from appliance.panel.gpiochip import PretendedChip, open_chip, open_known_board, told
from appliance.panel.panel import Holds, Panel


def make_panel(config: PanelConfig) -> Panel | None:
    """None where the box has no lights; raises Problem when the configured ones cannot be used."""
    if config.backend == "none":
        return None
    board = load_board(config.board)
    factory = open_factory(board) if config.backend == "gpio" else pretended(board)
    try:
        with told(board.chip or board.name):
            return Panel(factory, board, Holds(config.hold_s, config.power_off_s))
    except BaseException:
        factory.close()
        raise


def open_factory(board: Board) -> Any:
    return open_chip(board.chip, board.lines.values()) if board.chip else open_known_board()


def pretended(board: Board) -> Any:
    """Pins in memory; nobody presses."""
    chip = PretendedChip(board.lines.values()) if board.chip else MockFactory()
    chip.pin(board.button_place).drive_high()
    return chip
