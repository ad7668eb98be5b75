"""The tape's light: bandwidth, peaking, the clip of the pre-emphasis, FM noise along the rows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from appliance.sim.tape.chance import chance, each_frame, key_of
from appliance.sim.tape.kit import Array, Kit, Taps, gaussian
from appliance.sim.tape.parameters import TapeParameters
from appliance.sim.tape.shot import BLACK, WHITE

RADIUS = 12
EMPHASIS = 3.0  # how much more the recorder gives to detail than to areas
EMPHASIS_US = 0.6  # its time constant
CLIP_ROOM = 25.0  # levels beyond black and white that the emphasised signal may reach
SOFT_GRAIN = np.array([0.25, 0.55, 0.7, 0.4, 0.15])
FINE_GRAIN = np.array([0.0, -0.25, 0.93, -0.25, 0.0])  # FM noise grows with the frequency


def record_luma(y: Array, tape: TapeParameters, start: int, generation: int, kit: Kit) -> Array:
    """One recording and its playing; ``generation`` tells the noise of one copy from that of the next."""
    y = smear(y, tape, kit)
    y = limit_luma(y, tape, kit)
    return add_grain(y, tape, start, generation, kit)


def limit_luma(y: Array, tape: TapeParameters, kit: Kit) -> Array:
    """Bandwidth and ringing, in one filter."""
    cut = tape.luma_cut_mhz / tape.sample_rate_mhz
    if cut >= 0.5 and tape.ringing == 0:
        return y
    limited = kit.filter(y, luma_taps(round(min(cut, 0.5), 4), round(tape.ringing, 3)))
    return limited.clip(BLACK - 14, WHITE + 16)


@lru_cache(maxsize=64)
def luma_taps(cut: float, ringing: float) -> Taps:
    """Low pass at ``cut`` (cycles a sample), a player's peaking, and the ripple that trails an edge."""
    place = np.arange(-RADIUS, RADIUS + 1)
    low = 2 * cut * np.sinc(2 * cut * place) * np.hanning(2 * RADIUS + 3)[1:-1]
    low /= low.sum()
    edge = -bell(0.35 / cut)
    edge[RADIUS] += 1.0
    ripple = np.where(place > 0, np.exp(-place * cut * 1.2) * np.cos(2 * np.pi * cut * 0.9 * place), 0.0)
    ripple -= ripple.sum() * bell(0.5 / cut)
    added = np.convolve(low, edge * 0.8 * ringing + ripple * 0.12 * ringing)[RADIUS : 3 * RADIUS + 1]
    taps = added + low
    return np.asarray(taps / taps.sum(), np.float32)


def bell(sigma: float) -> Taps:
    taps = np.zeros(2 * RADIUS + 1)
    narrow = gaussian(min(sigma, RADIUS / 3))
    half = len(narrow) // 2
    taps[RADIUS - half : RADIUS + half + 1] = narrow
    return np.asarray(taps)


def smear(y: Array, tape: TapeParameters, kit: Kit) -> Array:
    """Recorders boost detail and clip what is too much; the player's inverse spreads that to the right."""
    if tape.smear == 0:
        return y
    boost, undo = emphasis_taps(round(EMPHASIS_US * tape.sample_rate_mhz, 2))
    boosted = kit.filter(y, boost)
    lost = boosted - boosted.clip(BLACK - CLIP_ROOM, WHITE + CLIP_ROOM)
    return y - tape.smear * kit.filter(lost, undo)


@lru_cache(maxsize=8)
def emphasis_taps(constant_px: float) -> tuple[Taps, Taps]:
    """The boost of fast changes and what undoes it, both looking back in time only."""
    boost = -(EMPHASIS - 1) * decay(constant_px / EMPHASIS)
    undo = (1 - 1 / EMPHASIS) * decay(constant_px)
    boost[len(boost) // 2] += EMPHASIS
    undo[len(undo) // 2] += 1 / EMPHASIS
    return boost, undo


def decay(constant_px: float) -> Taps:
    radius = int(np.ceil(3 * constant_px))
    place = np.arange(-radius, radius + 1)
    taps = np.where(place >= 0, np.exp(-place.clip(0) / constant_px), 0.0)
    return np.asarray(taps / taps.sum(), np.float32)


def add_grain(y: Array, tape: TapeParameters, start: int, generation: int, kit: Kit) -> Array:
    """FM noise: neighbours along a row err alike, and each row is a little brighter or darker as a whole."""
    frames, rows, columns = y.shape
    if tape.luma_noise > 0:
        keys = [key_of(tape, start + frame, "grain", generation) for frame in range(frames)]
        taps = grain_taps(round(tape.noise_tone, 3)) * np.float32(tape.luma_noise)
        y += kit.filter(kit.normal((rows, columns), keys), taps)
    if tape.row_noise > 0:
        drawn = each_frame(
            start, frames, lambda index: chance(tape, index, "rows", generation).standard_normal((rows, 1))
        )
        y += kit.load(drawn * np.float32(tape.row_noise))
    return y


@lru_cache(maxsize=64)
def grain_taps(tone: float) -> Taps:
    """One in energy, so that the deviation of the noise is what it is said to be."""
    taps = (1 - tone) * SOFT_GRAIN + tone * FINE_GRAIN
    return np.asarray(taps / np.sqrt((taps**2).sum()), np.float32)
