"""GPIO chips by their labels. Imports nothing of the box: it runs between the recorder's death and return."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any


def load_driver() -> Any:
    """The module lgpio; raises ImportError. It writes a small file into LG_WD, else into its own folder."""
    if not os.access(".", os.W_OK):
        os.environ.setdefault("LG_WD", tempfile.gettempdir())
    import lgpio

    return lgpio


def labels(lgpio: Any, devices: Path = Path("/dev")) -> dict[int, str]:
    """The chips' labels by number, which differs from boot to boot; "" for one that may not be opened."""
    numbers = sorted(int(path.name.removeprefix("gpiochip")) for path in devices.glob("gpiochip*"))
    return {number: label_of(lgpio, number) for number in numbers}


def label_of(lgpio: Any, number: int) -> str:
    try:
        handle = lgpio.gpiochip_open(number)
    except lgpio.error:
        return ""
    try:
        return str(lgpio.gpio_get_chip_info(handle)[3])
    finally:
        lgpio.gpiochip_close(handle)
