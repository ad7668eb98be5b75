"""gpiozero on any GPIO chip: it only knows the Raspberry Pi's pins, so we bring our own board."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gpiozero import BoardInfo, HeaderInfo, PinInfo
from gpiozero.exc import GPIOZeroError
from gpiozero.pins.mock import MockFactory

from appliance.core.problems import Problem
from appliance.panel.chips import labels, load_driver


def board_info(lines: Iterable[int]) -> Any:
    """A board whose pins are these lines of the chip; gpiozero takes a pin's number from its name."""
    pins = {line: pin(line) for line in lines}
    header = HeaderInfo(name="lines", rows=len(pins), columns=1, pins=pins)
    unknown = dict.fromkeys(BoardInfo._fields, "")
    return BoardInfo(**{**unknown, "model": "Twinreel", "headers": {"lines": header}})


def pin(line: int) -> Any:
    name = f"GPIO{line}"
    names, interfaces = frozenset({name, line}), frozenset({"gpio"})
    return PinInfo(number=line, name=name, names=names, pull="", row=line, col=1, interfaces=interfaces)


class PretendedChip(MockFactory):  # type: ignore[misc]
    """Pins that exist in memory only, with the box's own line numbers."""

    def __init__(self, lines: Iterable[int]) -> None:
        super().__init__()
        self._info = board_info(lines)


def driver() -> Any:
    """The module lgpio. Raises Problem where it is not installed."""
    try:
        return load_driver()
    except ImportError as error:
        raise Problem(
            "panel-driver-missing",
            "The lights and the button cannot be used",
            "The library lgpio is not installed.",
            'Install it with `pip install lgpio`, or set `backend = "none"` under [panel].',
        ) from error


def open_chip(label: str, lines: Iterable[int]) -> Any:
    """A pin factory on the GPIO chip with this label; raises Problem where there is none."""
    lgpio = driver()
    from gpiozero.pins.lgpio import LGPIOFactory

    class Chip(LGPIOFactory):  # type: ignore[misc]
        def _get_board_info(self) -> Any:
            return wanted

    wanted = board_info(lines)
    number = find_chip(lgpio, label)
    with told(label):
        return Chip(chip=number)


def open_known_board() -> Any:
    """A pin factory for a board that gpiozero knows: a Raspberry Pi."""
    driver()
    from gpiozero.pins.lgpio import LGPIOFactory

    with told("Raspberry Pi"):
        return LGPIOFactory()


def find_chip(lgpio: Any, label: str, devices: Path = Path("/dev")) -> int:
    """The number of the chip with this label. Raises Problem."""
    chips = labels(lgpio, devices)
    for number, found in chips.items():
        if found == label:
            return number
    there = ", ".join(found or f"gpiochip{number} (not to be opened)" for number, found in chips.items())
    raise Problem(
        "panel-missing",
        "The lights and the button were not found",
        f'This machine has no GPIO chip "{label}" that the box may open; it has: {there or "none"}.',
        'Correct `board` under [panel] or put the user into the group gpio; or set `backend = "none"` there.',
    )


@contextlib.contextmanager
def told(where: str) -> Iterator[None]:
    """What gpiozero and lgpio refuse is told as a Problem."""
    import lgpio

    try:
        yield
    except (GPIOZeroError, lgpio.error) as error:
        raise busy(where) if "busy" in str(error).lower() else refused(where, error) from error


def busy(where: str) -> Problem:
    return Problem(
        "panel-busy",
        "The lights and the button are in use already",
        f"Another program holds their GPIO lines of {where}; `gpioinfo` shows which.",
        "End that program, or correct `board` under [panel].",
    )


def refused(where: str, error: Exception) -> Problem:
    return Problem(
        "panel-refused",
        "The lights and the button cannot be used",
        f"The system refuses their GPIO lines of {where}: {error}.",
        'Correct `board` under [panel], or set `backend = "none"` there.',
    )
