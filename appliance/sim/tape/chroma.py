"""The tape's colour, at a fifth of the light's bandwidth: streaks, wrong hues, rows that run together."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from appliance.sim.tape.chance import Figures, chance, each_frame
from appliance.sim.tape.kit import Array, Kit, gaussian
from appliance.sim.tape.parameters import TapeParameters
from appliance.sim.tape.shot import GREY

STREAK_PX = 20  # samples of colour
WANDER = 0.05  # of the phase, radians a frame
Colour = tuple[Array, Array]


def record_chroma(u: Array, v: Array, tape: TapeParameters, start: int, generation: int, kit: Kit) -> Colour:
    """One recording and its playing; the delay comes later, with everything else that moves rows."""
    u, v = (limit_chroma(plane, tape, kit) for plane in (u, v))
    u, v = add_streaks(u, v, tape, start, generation, kit)
    u, v = turn_hue(u, v, tape, start, generation, kit)
    return blend_rows(u, tape.chroma_blend), blend_rows(v, tape.chroma_blend)


def limit_chroma(plane: Array, tape: TapeParameters, kit: Kit) -> Array:
    """A soft low pass, 3 dB down at the cut."""
    rate_mhz = tape.sample_rate_mhz / 2
    if tape.chroma_cut_mhz >= rate_mhz / 2:
        return plane
    return kit.filter(plane, gaussian(round(0.1325 * rate_mhz / tape.chroma_cut_mhz, 3)))


def add_streaks(u: Array, v: Array, tape: TapeParameters, start: int, generation: int, kit: Kit) -> Colour:
    if tape.chroma_noise == 0:
        return u, v
    frames, rows, columns = u.shape
    for plane, effect in ((u, "blue streaks"), (v, "red streaks")):
        chances = [chance(tape, start + number, effect, generation) for number in range(frames)]
        drawn = np.stack([coarse_streaks(rows, columns, rng) for rng in chances])
        plane += kit.mix(kit.load(drawn * np.float32(tape.chroma_noise)), stretch(columns))
    return u, v


def coarse_streaks(rows: int, columns: int, rng: np.random.Generator) -> Figures:
    """Knots of noise a row or two of a field high, to be drawn out along the row; about one in deviation."""
    coarse = rng.standard_normal((rows, columns // STREAK_PX + 2), dtype=np.float32)
    coarse[2:] += 0.6 * coarse[:-2]
    return coarse


def stretch(columns: int) -> Figures:
    """(knots, columns): how much of each knot is in each column, linear between them."""
    knots = np.arange(columns // STREAK_PX + 2, dtype=np.float32)[:, None]
    place = np.arange(columns, dtype=np.float32) / STREAK_PX
    return np.asarray(np.clip(1 - np.abs(place - knots), 0, 1), np.float32)


def turn_hue(u: Array, v: Array, tape: TapeParameters, start: int, generation: int, kit: Kit) -> Colour:
    """PAL turns every other row of a field the other way, so that the mean of two rows keeps the hue."""
    if tape.chroma_phase_deg == 0 and tape.chroma_phase_jitter_deg == 0:
        return u, v
    frames, rows, _ = u.shape
    degrees = each_frame(start, frames, lambda index: phase_errors_deg(rows, tape, index, generation))
    turn = np.radians(degrees)[:, :, None]
    cos, sin = kit.load(np.cos(turn)), kit.load(np.sin(turn))
    bu, bv = u - GREY, v - GREY
    return cos * bu - sin * bv + GREY, sin * bu + cos * bv + GREY


def phase_errors_deg(rows: int, tape: TapeParameters, index: int, generation: int) -> NDArray[np.float64]:
    steady = np.full(rows, tape.chroma_phase_deg * (0.75 + 0.25 * math.sin(index * WANDER + tape.seed % 63)))
    if tape.standard == "pal":
        steady *= np.where(np.arange(rows) // 2 % 2, -1.0, 1.0)
    jitter = chance(tape, index, "phase", generation).standard_normal(rows) * tape.chroma_phase_jitter_deg
    return np.asarray(steady + jitter)


def blend_rows(plane: Array, amount: float) -> Array:
    """Each row with the one before it in the same field."""
    if amount == 0:
        return plane
    before = plane[:, :-2] - plane[:, 2:]
    plane[:, 2:] += amount / 2 * before
    return plane
