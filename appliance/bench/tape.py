"""The bench's own tape: a second way to degrade a clean film, which shares nothing with the one for training.

Luma goes over a real frequency-modulated carrier, colour over a complex baseband, time errors are turns of a
line's spectrum. Gain and saturation stay right: a film that differs only in them would drown all the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.bench.carrier import play_luma
from appliance.bench.clips import COLUMNS, Full, Standard
from appliance.bench.subcarrier import play_colour
from appliance.bench.timebase import displaced, line_shifts, switch_shifts
from appliance.bench.wear import Pass
from appliance.core.types import Picture

Lines = NDArray[Any]
BLACK, WHITE, GREY = 16.0, 235.0, 128.0
COMPENSATED = 0.6  # share of the dropouts that the player fills with the line before
NOTICED_PX = 4  # how late it does so
DROPOUT_PX = (8, 64)
BAND_LINES = (6, 30)  # half the height of a tracking band
SWITCH_GAP_PX = 16


@dataclass(frozen=True)
class Fault:
    """A piece of one line where the head loses the tape."""

    line: int
    begin: int
    end: int
    left: float  # of the carrier
    filled: bool


def record(
    scene: Sequence[Full],
    standard: Standard,
    passes: Sequence[Pass],
    seed: int,
    strayed: list[Lines] | None = None,
) -> list[Picture]:
    """Interlaced 4:2:2 pictures, one for two pictures of the scene; the same seed gives the same tape.

    ``strayed`` is given how many pixels to the right each line of every field came to lie.
    """
    band = np.random.default_rng([seed, 1]).random(2)
    frames = []
    for frame in range(len(scene) // 2):
        fields = [
            field_of(scene[number], number, standard, passes, seed, band, strayed)
            for number in (2 * frame, 2 * frame + 1)
        ]
        frames.append(woven(fields, standard, 2 * frame / standard.field_rate))
    return frames


def field_of(
    full: Full,
    number: int,
    standard: Standard,
    passes: Sequence[Pass],
    seed: int,
    band: Lines,
    strayed: list[Lines] | None = None,
) -> tuple[Lines, Lines]:
    """Luma (lines, 720) in levels and colour (lines, 360) as U + jV of one field after all passes."""
    rng = np.random.default_rng([seed, 2, number])
    lines = full[parity(number, standard) :: 2].astype(np.float64)
    luma, colour = (lines[..., 0] - BLACK) / (WHITE - BLACK), halved(lines[..., 1:] - GREY)
    shifts = np.zeros(len(luma))
    for passed in passes:
        luma, colour = play(luma, colour, standard, passed, rng, moving(band, number), shifts)
    if strayed is not None:
        strayed.append(shifts)
    return luma * (WHITE - BLACK) + BLACK, colour


def parity(number: int, standard: Standard) -> int:
    """0: the field holds the top row."""
    return number % 2 if standard.order == "tff" else 1 - number % 2


def halved(colour: Lines) -> Lines:
    """(lines, columns, 2) to U + jV at half the columns."""
    half = (colour[:, 0::2] + colour[:, 1::2]) / 2
    return np.asarray(half[..., 0] + 1j * half[..., 1])


def moving(band: Lines, number: int) -> Lines:
    """Where the tracking band of this field is, and how high: 0..1 each. It creeps over the picture."""
    return np.array([(band[0] + 0.004 * number) % 1.0, band[1]])


def play(
    luma: Lines,
    colour: Lines,
    standard: Standard,
    passed: Pass,
    rng: np.random.Generator,
    band: Lines,
    shifts: Lines | None = None,
) -> tuple[Lines, Lines]:
    """One pass; what it shifts the lines by is added to ``shifts``."""
    count, columns = luma.shape
    line = columns + standard.line - COLUMNS
    steady, switch = line_shifts(count, passed, rng), switch_shifts(count, passed, rng)
    if shifts is not None:
        shifts += steady + switch
    begin = float(rng.uniform(0.3, 0.7))
    faults = draw_faults(count, columns, passed, rng)
    strength = carrier_strength((count, line), passed, faults, band, switch, int(begin * line))
    played = play_luma(whole_lines(luma, line), strength, passed, rng)
    fill(played, faults)
    hue = play_colour(whole_lines(colour, line // 2), passed, rng)
    luma = displaced(played, steady, switch, begin)[:, :columns]
    return luma, displaced(hue, steady, switch, begin, 0.5)[:, : columns // 2]


def whole_lines(lines: Lines, samples: int) -> Lines:
    """With what follows each line until the next: a slope from its end back to its beginning.

    A step to black would smear into the picture, and that one edge would be most of what is measured.
    """
    way = np.linspace(0, 1, samples - lines.shape[1] + 2)[1:-1]
    return np.concatenate([lines, lines[:, -1:] * (1 - way) + lines[:, :1] * way], axis=1)


def draw_faults(lines: int, columns: int, passed: Pass, rng: np.random.Generator) -> list[Fault]:
    found = []
    for _ in range(rng.poisson(passed.dropouts)):
        length, begin = int(rng.integers(*DROPOUT_PX)), int(rng.integers(0, columns - DROPOUT_PX[0]))
        line, left = int(rng.integers(1, lines)), float(rng.uniform(0.0, 0.12))
        found.append(Fault(line, begin, min(begin + length, columns), left, rng.random() < COMPENSATED))
    return found


def carrier_strength(
    shape: tuple[int, int], passed: Pass, faults: Sequence[Fault], band: Lines, switch: Lines, begin: int
) -> Lines:
    """1 where the tape is sound; less in a tracking band, in dropouts and where the heads change."""
    lines = np.arange(shape[0])
    half = BAND_LINES[0] + band[1] * (BAND_LINES[1] - BAND_LINES[0])
    loss = passed.tracking * np.exp(-(((lines - band[0] * shape[0]) / half) ** 4))
    strength = np.repeat(1 - loss[:, None], shape[1], axis=1)
    for fault in faults:
        strength[fault.line, fault.begin : fault.end] *= fault.left
    for first in np.flatnonzero(switch)[:1]:
        strength[first, begin : begin + SWITCH_GAP_PX] *= 0.05
    return np.asarray(strength)


def fill(lines: Lines, faults: Sequence[Fault]) -> None:
    """The player's compensator: it takes the line before, once it has noticed."""
    for fault in (f for f in faults if f.filled):
        where = slice(fault.begin + NOTICED_PX, fault.end + NOTICED_PX)
        lines[fault.line, where] = lines[fault.line - 1, where]


def woven(fields: Sequence[tuple[Lines, Lines]], standard: Standard, time_s: float) -> Picture:
    """What the dongle delivers: 8 bits, 4:2:2, the two fields row by row."""
    first = parity(0, standard)
    lines, columns = fields[0][0].shape
    y = np.empty((2 * lines, columns), np.uint8)
    u, v = (np.empty((2 * lines, columns // 2), np.uint8) for _ in range(2))
    for number, (luma, colour) in enumerate(fields):
        rows = slice((first + number) % 2, None, 2)
        y[rows], u[rows], v[rows] = eight(luma), eight(colour.real + GREY), eight(colour.imag + GREY)
    return Picture(y, u, v, time_s)


def eight(levels: Lines) -> Lines:
    return np.asarray(np.clip(np.rint(levels), 1, 254).astype(np.uint8))


def woven_420(picture: Picture) -> Picture:
    """The woven picture as a plain player shows it."""
    half = (picture.y.shape[1] // 2, picture.y.shape[0] // 2)
    u, v = (
        cv2.resize(c, half, interpolation=cv2.INTER_AREA).astype(np.uint8) for c in (picture.u, picture.v)
    )
    return Picture(picture.y, u, v, picture.time_s)
