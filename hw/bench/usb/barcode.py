"""A number that can be read back from a picture, whatever codec it went through. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
BITS, CHECK_BITS = 12, 4
NUMBERS = 1 << BITS
DARK, BRIGHT, MIDDLE = 32, 224, 128
CELLS = 2 + BITS + CHECK_BITS  # a bright and a dark one say that here a number begins


def cell_px(width: int) -> int:
    """Whole blocks of a JPEG, so that the number's edges are sharp."""
    return 16 if width >= 16 * (CELLS + 1) else 8


def code(number: int) -> tuple[bool, ...]:
    value = number % NUMBERS
    text = f"{value:0{BITS}b}{check(value):0{CHECK_BITS}b}"
    return (True, False, *(digit == "1" for digit in text))


def check(value: int) -> int:
    """The nibbles' sum, so that noise is not taken for a number, and not zero for a dark picture."""
    return (5 + sum((value >> shift & 15) * weight for shift, weight in ((0, 1), (4, 3), (8, 7)))) % 16


def paint(luma: Luma, number: int) -> None:
    """Into the upper left corner of a picture, or into a picture's bytes seen as a grid."""
    size = cell_px(luma.shape[1])
    for place, bright in enumerate(code(number)):
        luma[size : 2 * size, size * (place + 1) : size * (place + 2)] = BRIGHT if bright else DARK


def read(luma: Luma) -> int | None:
    """The number; None where the picture has none (blue, snow, black)."""
    size = cell_px(luma.shape[1])
    strip = luma[size + size // 4 : 2 * size - size // 4, size : size * (CELLS + 1)].astype(np.float32)
    cells = strip.reshape(strip.shape[0], CELLS, size)[:, :, size // 4 : -size // 4].mean(axis=(0, 2))
    bright = cells > MIDDLE
    if np.abs(cells - MIDDLE).min() < 20 or not bright[0] or bright[1]:
        return None
    digits = "".join("01"[int(bit)] for bit in bright[2:])
    value = int(digits[:BITS], 2)
    return value if check(value) == int(digits[BITS:], 2) else None
