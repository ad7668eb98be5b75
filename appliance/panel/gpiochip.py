"""gpiozero on any GPIO chip: it only knows the Raspberry Pi's pins, so we bring our own board.

Written to the documented interfaces of gpiozero 2.0.1 and lgpio 0.2.2; not yet run on a device.
Up to JetPack 6.2.1 a released line stays disconnected until the next boot (fixed in L4T 36.5), so on
older releases the lights stay dark after the recorder was restarted.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gpiozero import BoardInfo, HeaderInfo, PinInfo
from gpiozero.pins.mock import MockFactory

from appliance.core.problems import Problem


def board(lines: Iterable[int]) -> Any:
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
        self._info = board(lines)


def open_chip(label: str, lines: Iterable[int]) -> Any:
    """A pin factory on the GPIO chip with this label; raises Problem where there is none."""
    try:
        import lgpio
        from gpiozero.pins.lgpio import LGPIOFactory
    except ImportError as error:
        raise Problem(
            "panel-driver-missing",
            "The lights and the button cannot be used",
            "The library lgpio is not installed.",
            'Install the extra `jetson`, or set `backend = "none"` under [panel].',
        ) from error

    class Chip(LGPIOFactory):  # type: ignore[misc]
        def _get_board_info(self) -> Any:
            return wanted

    wanted = board(lines)
    return Chip(chip=find_chip(lgpio, label))


def find_chip(lgpio: Any, label: str, devices: Path = Path("/dev")) -> int:
    """The chip's number; numbers differ from boot to boot, labels do not."""
    numbers = sorted(int(path.name.removeprefix("gpiochip")) for path in devices.glob("gpiochip*"))
    found = next((number for number in numbers if label_of(lgpio, number) == label), None)
    if found is None:
        raise Problem(
            "panel-missing",
            "The lights and the button were not found",
            f'This machine has no GPIO chip "{label}" that the box may open.',
            'Correct `chip` under [panel], or set `backend = "none"` there.',
        )
    return found


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
