"""Lights dark and nothing else: run by systemd when the recorder has ended, however it ended.

Not every chip lets go of a level when its process dies, so "recording" might stay lit for ever. A new
recorder waits for this, with a tape that plays: hence hardly a part of the box is imported.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

from appliance.panel.chips import labels, load_driver

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BOARDS = Path(__file__).parent / "boards"
CONFIGURED = ("etc/twinreel/site.toml", "var/lib/twinreel/device.toml")  # the later one wins


def panel_settings(root: Path) -> dict[str, Any]:
    settings: dict[str, Any] = {"backend": "none", "board": "orin-nano"}
    for name in CONFIGURED:
        with contextlib.suppress(FileNotFoundError):
            settings |= tomllib.loads((root / name).read_text(encoding="utf-8")).get("panel", {})
    return settings


def board_file(name: str) -> Path:
    return Path(name) if name.endswith(".toml") else BOARDS / f"{name}.toml"


def darken(board: dict[str, Any]) -> int:
    """How many of the three lights could be set; a line that somebody holds is left to him."""
    lgpio = load_driver()
    number = next((number for number, label in labels(lgpio).items() if label == board["chip"]), None)
    if number is None:
        return 0
    handle, done = lgpio.gpiochip_open(number), 0
    dark = int(board["lights"].get("active") == "low")
    for pin in board["lights"]["pins"]:
        with contextlib.suppress(lgpio.error):
            lgpio.gpio_claim_output(handle, board["lines"][str(pin)], dark)
            done += 1
    lgpio.gpiochip_close(handle)
    return done


def main() -> None:
    """Nothing to do, or a configuration that is broken, is for the recorder to tell."""
    with contextlib.suppress(OSError, ImportError, ValueError, KeyError):
        settings = panel_settings(Path(os.environ.get("TWINREEL_ROOT", "/")))
        if settings["backend"] == "gpio":
            board = tomllib.loads(board_file(settings["board"]).read_text(encoding="utf-8"))
            if board["chip"]:  # a Raspberry Pi's lines become inputs by themselves
                darken(board)


if __name__ == "__main__":
    main()
