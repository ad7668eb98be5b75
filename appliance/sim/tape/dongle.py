"""The player's levels and what the dongle makes of them: gain, 4:2:0, MJPEG, lost frames, eight bits."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from appliance.sim.tape.chance import Figures, chance
from appliance.sim.tape.kit import Array, Kit, Planes
from appliance.sim.tape.parameters import TapeParameters
from appliance.sim.tape.shot import BLACK, GREY

MIDDLE = 110.0  # the mean that the automatic gain wants
LOWEST, HIGHEST = 1.0, 254.0  # 0 and 255 belong to the synchronisation codes
BLOCK = 8

# The quantisers that the JPEG standard prints (annex K), for light and for colour.
LUMA_STEPS = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
COLOUR_STEPS = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)


def set_levels(planes: Planes, tape: TapeParameters) -> Planes:
    """The tape's contrast, brightness and saturation."""
    y, u, v = planes
    y, (u, v) = scale(y, u, v, tape.gain, tape.gain * tape.saturation)
    return y + tape.lift if tape.lift else y, u, v


def follow_gain(planes: Planes, tape: TapeParameters) -> Planes:
    """Automatic gain lifts a dark picture and lowers a bright one."""
    y, u, v = planes
    if tape.agc == 0:
        return planes
    mean = y.mean(axis=(1, 2), keepdims=True)
    gain = 1 + tape.agc * ((MIDDLE - mean) / MIDDLE).clip(-1.0, 1.0)
    y, (u, v) = scale(y, u, v, gain, gain)
    return y, u, v


def scale(y: Array, u: Array, v: Array, light: Array, colour: Array) -> tuple[Array, tuple[Array, Array]]:
    return y * light + BLACK * (1 - light), (
        u * colour + GREY * (1 - colour),
        v * colour + GREY * (1 - colour),
    )


def share_chroma_rows(plane: Array) -> Array:
    """4:2:0 of an interlaced picture: two rows of a field have one row of colour."""
    whole = plane.shape[1] // 4 * 4
    for field in (0, 1):
        mean = 0.5 * (plane[:, field:whole:4] + plane[:, field + 2 : whole : 4])
        plane[:, field:whole:4] = mean
        plane[:, field + 2 : whole : 4] = mean
    return plane


def compress(plane: Array, quality: int, colour: bool, kit: Kit) -> Array:
    """What JPEG's blocks of eight by eight leave of whole frames, both fields woven."""
    frames, rows, columns = plane.shape
    height, width = (-(-length // BLOCK) * BLOCK for length in (rows, columns))
    padded = pad(plane, height, width)
    tiles = height // BLOCK, width // BLOCK
    blocks = padded.reshape(frames, tiles[0], BLOCK, tiles[1], BLOCK).swapaxes(2, 3).reshape(-1, BLOCK**2)
    forth, back = waves(quality, colour)
    kept = kit.mix(kit.mix(blocks - GREY, forth).round(), back)
    kept += GREY
    whole = kept.reshape(frames, *tiles, BLOCK, BLOCK).swapaxes(2, 3).reshape(frames, height, width)
    return whole[:, :rows, :columns]


def pad(plane: Array, height: int, width: int) -> Array:
    """The last row and column go on."""
    _, rows, columns = plane.shape
    if rows != height:
        plane = plane[:, np.arange(height).clip(max=rows - 1)]
    return plane if columns == width else plane[:, :, np.arange(width).clip(max=columns - 1)]


@lru_cache(maxsize=64)
def waves(quality: int, colour: bool) -> tuple[Figures, Figures]:
    """A block's 64 samples, row by row, to its numbers in steps of the quantisers, and back."""
    number, place = np.arange(BLOCK)[:, None], np.arange(BLOCK)[None]
    one = np.cos((2 * place + 1) * number * np.pi / (2 * BLOCK)) / 2
    one[0] /= np.sqrt(2)
    both, steps = np.kron(one, one), quantisers(quality, colour)
    return np.asarray((both / steps[:, None]).T, np.float32), np.asarray(both * steps[:, None], np.float32)


def quantisers(quality: int, colour: bool) -> Figures:
    """The steps of a quality of 1..100 as the usual encoders scale them."""
    percent = 5000 / quality if quality < 50 else 200 - 2 * quality
    steps = np.array(COLOUR_STEPS if colour else LUMA_STEPS).reshape(-1)
    return np.clip(np.floor((steps * percent + 50) / 100), 1, 255).astype(np.float32)


def capture(planes: Planes, tape: TapeParameters, kit: Kit) -> Planes:
    """The dongle's gain, its colour and its JPEG; levels that its numbers can hold."""
    y, u, v = follow_gain(planes, tape)
    if tape.chroma_420:
        u, v = share_chroma_rows(u), share_chroma_rows(v)
    if tape.jpeg_quality:
        y = compress(y, tape.jpeg_quality, False, kit)
        u, v = (compress(plane, tape.jpeg_quality, True, kit) for plane in (u, v))
    return tuple(plane.clip(LOWEST, HIGHEST) for plane in (y, u, v))


def shown_frames(tape: TapeParameters, start: int, frames: int) -> list[int]:
    """The number of the frame that stands at each place: its own, or the one before where it was lost."""

    def lost(index: int) -> bool:
        return tape.repeats > 0 and bool(chance(tape, index, "lost").random() < tape.repeats)

    return [index - 1 if index and lost(index) else index for index in range(start, start + frames)]


def repeat_frames(planes: Planes, tape: TapeParameters, start: int) -> Planes:
    """The same for frames that are already made; the first has none before it and stays."""
    frames = planes[0].shape[0]
    chosen = [max(0, index - start) for index in shown_frames(tape, start, frames)]
    if chosen == list(range(frames)):
        return planes
    return tuple(plane[chosen] for plane in planes)
