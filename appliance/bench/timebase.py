"""When each line of the tape begins: jitter, slow waves, the skew at the top, the switch of heads below."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.bench.subcarrier import wander
from appliance.bench.wear import Pass

Reals = NDArray[np.floating[Any]]

JITTER_MEMORY = 0.3
SKEW_LINES = 5.0
SWITCH_LINES = 2.5


def line_shifts(lines: int, passed: Pass, rng: np.random.Generator) -> Reals:
    """How many pixels to the right each line of a field lies; a minus sign is to the left."""
    place = np.arange(lines)
    waves = np.sin(2 * np.pi * (place / lines * rng.uniform(0.7, 3.0) + rng.random()))
    shifts = passed.jitter_px * wander(lines, JITTER_MEMORY, rng) + passed.wave_px * np.sqrt(2) * waves
    return np.asarray(shifts + passed.skew_px * rng.normal(1, 0.2) * np.exp(-place / SKEW_LINES))


def switch_shifts(lines: int, passed: Pass, rng: np.random.Generator) -> Reals:
    """The further shift of the last lines, which the other head plays before it has found its place."""
    shifts = np.zeros(lines)
    count = passed.switch_lines
    if count:
        shifts[-count:] = passed.switch_px * rng.normal(1, 0.1) * np.exp(-np.arange(count) / SWITCH_LINES)
    return shifts


def moved(lines: NDArray[Any], shifts_px: Reals, pixel: float = 1.0) -> NDArray[Any]:
    """Each line turned by its shift, exact to any part of a pixel; real lines stay real."""
    samples = lines.shape[1]
    turns = np.fft.fftfreq(samples)[None] * (shifts_px * pixel)[:, None]
    there = np.fft.ifft(np.fft.fft(lines, axis=1) * np.exp(-2j * np.pi * turns), axis=1)
    return np.asarray(there if np.iscomplexobj(lines) else there.real)


def displaced(
    lines: NDArray[Any], steady: Reals, switch: Reals, begin: float, pixel: float = 1.0
) -> NDArray[Any]:
    """Both shifts; the line in which the heads change is only moved from ``begin`` (0..1 of it) on."""
    whole = moved(lines, steady + switch, pixel)
    changed = np.flatnonzero(switch)
    if len(changed):
        first, column = changed[0], int(begin * lines.shape[1])
        whole[first, :column] = moved(lines[first : first + 1], steady[first : first + 1], pixel)[0, :column]
    return whole
