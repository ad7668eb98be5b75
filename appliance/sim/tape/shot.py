"""Before the tape: the camera that shot the scene, interlace, the split into light and colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from appliance.core.types import FieldOrder
from appliance.sim.tape.kit import Array, Kit, Planes, gaussian
from appliance.sim.tape.parameters import TapeParameters

BLACK, WHITE, GREY = 16.0, 235.0, 128.0
SUBCARRIER_MHZ = {"pal": 4.43361875, "ntsc": 3.579545}
CARRIER_ROW_TURNS = {"pal": 0.75, "ntsc": 0.5}  # of the subcarrier from one line of a field to the next
CARRIER_FRAME_TURNS = {"pal": 0.75, "ntsc": 0.5}
Turns = NDArray[np.complex128]


def shoot(whole: Planes, tape: TapeParameters, kit: Kit) -> Planes:
    """Blur and exposure of the camera that shot the scene, on progressive pictures."""
    y, u, v = whole
    if tape.shot_blur_px > 0.1 or tape.shot_blur_rows > 0.1:
        down = gaussian(tape.shot_blur_rows)
        y = kit.filter(y, gaussian(tape.shot_blur_px), down)
        u, v = (kit.filter(plane, gaussian(tape.shot_blur_px / 2), down) for plane in (u, v))
    if tape.exposure != 1.0:
        y = ((y - BLACK) * tape.exposure + BLACK).clip(0.0, WHITE + 10)
        u, v = ((plane - GREY) * tape.exposure + GREY for plane in (u, v))
    return y, u, v


def weave(first: Array, second: Array, order: FieldOrder) -> Array:
    """Frames with the earlier picture's rows in the field that comes first; ``first`` is used up."""
    late = 1 if order == "tff" else 0
    first[:, late::2] = second[:, late::2]
    return first


def leak_luma(planes: Planes, tape: TapeParameters, start: int, kit: Kit) -> Planes:
    """Cross-colour: what the split lets through of fine luma near the subcarrier turns into rainbows."""
    y, u, v = planes
    if tape.cross_colour == 0:
        return planes
    fine = y - kit.filter(y, gaussian(0.25 * tape.sample_rate_mhz / SUBCARRIER_MHZ[tape.standard]))
    across, along = carrier(y.shape, tape, start)
    columns = 2 * u.shape[2]
    sine, cosine = (beat(fine[:, :, :columns], wave[:columns], kit) for wave in (across.imag, across.real))
    turn_sine, turn_cosine = (kit.load(tape.cross_colour * wave) for wave in (along.imag, along.real))
    u += turn_sine * cosine + turn_cosine * sine
    v += turn_cosine * cosine - turn_sine * sine
    return y, u, v


def carrier(shape: tuple[int, int, int], tape: TapeParameters, start: int) -> tuple[Turns, Turns]:
    """The subcarrier's phase, as complex numbers: along the columns, and at each row's start."""
    frames, rows, columns = shape
    frame, row = np.ogrid[start : start + frames, :rows]
    turns = CARRIER_ROW_TURNS[tape.standard] * (row // 2) + CARRIER_FRAME_TURNS[tape.standard] * frame
    across = SUBCARRIER_MHZ[tape.standard] / tape.sample_rate_mhz * np.arange(columns)
    return np.exp(2j * np.pi * across), np.exp(2j * np.pi * (turns + 0.25 * (row % 2)))[:, :, None]


def beat(fine: Array, wave: NDArray[np.float64], kit: Kit) -> Array:
    """What a detector of colour makes of it, a sample for each pair of columns."""
    mixed = fine * kit.load(wave)
    return mixed[:, :, 0::2] + mixed[:, :, 1::2]
