"""Lights dark and nothing else: run by systemd when the recorder has ended, however it ended.

Not every chip lets go of a level when its process dies, so "recording" might stay lit for ever. It imports
neither gpiozero nor the rest of the box: a restart waits for it.
"""

from __future__ import annotations

import contextlib
import sys

from appliance.core.config import load_config
from appliance.core.paths import paths_from_environment
from appliance.core.problems import Problem
from appliance.panel.board import Board, load_board
from appliance.panel.gpiochip import driver, find_chip


def darken(board: Board) -> int:
    """How many of the three lights could be set; a line that somebody holds is his."""
    lgpio = driver()
    handle = lgpio.gpiochip_open(find_chip(lgpio, board.chip))
    dark, done = int(board.lights.active == "low"), 0
    for pin in board.lights.pins:
        with contextlib.suppress(lgpio.error):
            lgpio.gpio_claim_output(handle, board.lines[pin], dark)
            done += 1
    lgpio.gpiochip_close(handle)
    return done


def main() -> int:
    """Nothing to do is no failure: a box without lights, or one whose configuration is broken."""
    try:
        config = load_config(paths_from_environment()).panel
        if config.backend == "gpio":
            board = load_board(config.board)
            if board.chip:  # a Raspberry Pi's lines become inputs by themselves
                darken(board)
    except Problem as problem:
        print(problem, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
