"""gpiozero on any GPIO chip: it only knows the Raspberry Pi's pins, so we bring our own board.

lgpio writes a small file of its own into the folder LG_WD, else into the one that the process runs in.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gpiozero import BoardInfo, HeaderInfo, PinInfo
from gpiozero.exc import GPIOZeroError
from gpiozero.pins.mock import MockFactory

from appliance.core.problems import Problem


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
    if not os.access(Path.cwd(), os.W_OK):
        os.environ.setdefault("LG_WD", tempfile.gettempdir())
    try:
        import lgpio
    except ImportError as error:
        raise Problem(
            "panel-driver-missing",
            "The lights and the button cannot be used",
            "The library lgpio is not installed.",
            'Install it with `pip install lgpio`, or set `backend = "none"` under [panel].',
        ) from error
    return lgpio


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
    """The chip's number; numbers differ from boot to boot, labels do not."""
    numbers = sorted(int(path.name.removeprefix("gpiochip")) for path in devices.glob("gpiochip*"))
    labels = {number: label_of(lgpio, number) for number in numbers}
    for number, found in labels.items():
        if found == label:
            return number
    there = ", ".join(found or f"gpiochip{number} (not to be opened)" for number, found in labels.items())
    raise Problem(
        "panel-missing",
        "The lights and the button were not found",
        f'This machine has no GPIO chip "{label}" that the box may open; it has: {there or "none"}.',
        'Correct `board` under [panel] or put the user into the group gpio; or set `backend = "none"` there.',
    )


def label_of(lgpio: Any, number: int) -> str:
    """Empty for a chip that may not be opened."""
    try:
        handle = lgpio.gpiochip_open(number)
    except lgpio.error:
        return ""
    try:
        return str(lgpio.gpio_get_chip_info(handle)[3])
    finally:
        lgpio.gpiochip_close(handle)


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
