"""Where lights and button are on a board: read from ``boards/NAME.toml``, or from a file of the owner."""

from __future__ import annotations

import sys
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from appliance.core.problems import Problem
from appliance.panel.lights_off import BOARDS, board_file

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Lights(Part):
    pins: tuple[int, int, int]  # tape, recording, film: left to right
    active: Literal["high", "low"] = "high"


class Push(Part):
    pin: int
    active: Literal["high", "low"] = "low"
    pull: Literal["external", "up", "down"] = "external"


class Board(Part):
    """Pins are the header's; ``lines`` says which line of the chip each is. No chip: gpiozero knows them."""

    name: str
    chip: str
    lines: dict[int, int] = Field(default_factory=dict)
    lights: Lights
    button: Push

    @model_validator(mode="after")
    def pins_are_there(self) -> Board:
        used = (*self.lights.pins, self.button.pin)
        if len(set(used)) < len(used):
            raise ValueError("two parts share a pin")
        missing = [pin for pin in used if self.chip and pin not in self.lines]
        if missing:
            raise ValueError(f"no line for pin {', '.join(map(str, missing))} under [lines]")
        return self

    def place(self, pin: int) -> int | str:
        """As gpiozero calls it: the chip's line, or the header's pin where gpiozero knows the board."""
        return self.lines[pin] if self.chip else f"BOARD{pin}"

    @property
    def light_places(self) -> tuple[int | str, ...]:
        return tuple(self.place(pin) for pin in self.lights.pins)

    @property
    def button_place(self) -> int | str:
        return self.place(self.button.pin)


def load_board(name: str) -> Board:
    """By its name, or by the path of a file of one's own. Raises Problem."""
    path = board_file(name)
    try:
        return Board.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        known = ", ".join(sorted(file.stem for file in BOARDS.glob("*.toml")))
        raise wrong(name, f"There is no file {path}.", f"one of {known}, or the path of a file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise wrong(name, f"{path} is not valid TOML: {error}.", "a corrected file") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise wrong(name, f"{path}: {faults}.", "a corrected file") from error


def wrong(name: str, cause: str, remedy: str) -> Problem:
    return Problem(
        "panel-board",
        f'The board "{name}" of the lights and the button cannot be used',
        cause,
        f'Set `board` under [panel] to {remedy}; or set `backend = "none"` there.',
    )
