"""Everything that moves rows sideways: added up to one shift a row and resampled once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from appliance.sim.tape.chance import Figures, chance, each_frame
from appliance.sim.tape.kit import Array, Kit, Planes, gaussian
from appliance.sim.tape.parameters import FULL_ROWS, TapeParameters

Shifts = NDArray[np.float64]  # pixels to the right, one for each row of one frame
TRACKING_JITTER_PX = 12.0  # of a full picture, standard deviation in the middle of the band


def displace(planes: Planes, tape: TapeParameters, start: int, kit: Kit) -> Planes:
    """Jitter, wave, skew, head switch and tracking move light and colour; the delay moves the colour more."""
    y, u, v = planes
    frames, rows, columns = y.shape
    shift = each_frame(start, frames, lambda index: row_shifts(rows, tape, index))
    if not shift.any() and tape.chroma_delay_px == 0:
        return planes
    y, u, v = switch_half_row(planes, tape, start, kit)
    ratio = u.shape[2] / columns
    late = (shift + np.float32(tape.chroma_delay_px)) * np.float32(ratio)
    return (move_rows(y, shift, kit) if shift.any() else y), move_rows(u, late, kit), move_rows(v, late, kit)


def row_shifts(rows: int, tape: TapeParameters, index: int) -> Shifts:
    moved = line_jitter(rows, tape, index) + edge_wave(rows, tape, index) + skew(rows, tape, index)
    return moved + head_switch(rows, tape, index) + tracking_jitter(rows, tape, index)


def line_jitter(rows: int, tape: TapeParameters, index: int) -> Shifts:
    """Each row for itself, and the rows of a field together; ``line_jitter_px`` is its standard deviation."""
    if tape.line_jitter_px == 0:
        return np.zeros(rows)
    alone, together = chance(tape, index, "jitter").standard_normal((2, rows))
    taps = gaussian(2.5)
    taps = taps / np.sqrt((taps**2).sum())
    for parity in (0, 1):
        together[parity::2] = np.convolve(together[parity::2], taps, "same")
    return np.asarray(tape.line_jitter_px * (0.6 * alone + 0.8 * together))


def edge_wave(rows: int, tape: TapeParameters, index: int) -> Shifts:
    """Slow along the rows and from frame to frame."""
    row, phase = np.arange(rows) / rows, tape.seed % 997
    slow = np.sin(2 * np.pi * 0.8 * row + index * 0.11 + phase)
    quick = np.sin(2 * np.pi * 5.5 * row + index * 0.07 + 2 * phase)
    return np.asarray(tape.edge_wave_px * (0.7 * slow + 0.3 * quick))


def skew(rows: int, tape: TapeParameters, index: int) -> Shifts:
    """The topmost rows bend and sway: the tape's tension is not that of the recorder."""
    sway = math.cos(index * 0.3 + tape.seed % 997)
    return np.asarray(tape.skew_px * sway * np.exp(-np.arange(rows) / (rows * 0.015)))


def head_switch(rows: int, tape: TapeParameters, index: int) -> Shifts:
    """The last rows start at another place and come back towards theirs; each field by its own amount."""
    shift = np.zeros(rows)
    last = min(tape.head_switch_rows, rows)
    if last:
        below = np.arange(last)
        bend = np.exp(-below / max(1.0, tape.head_switch_rows * 0.7))
        shift[rows - last :] = bend * switch_px(tape, index)[(rows - last + below) % 2]
    return shift


def switch_px(tape: TapeParameters, index: int) -> Shifts:
    """How far the top and the bottom field jump in this frame."""
    return np.asarray(tape.head_switch_px * chance(tape, index, "switch").uniform(0.85, 1.15, 2))


def switch_half_row(planes: Planes, tape: TapeParameters, start: int, kit: Kit) -> Planes:
    """The heads switch in the middle of a row: its right half already belongs to the last rows."""
    rows = planes[0].shape[1]
    row = rows - tape.head_switch_rows - 1
    if tape.head_switch_rows == 0 or tape.head_switch_px == 0 or row < 0:
        return planes
    frames = range(start, start + planes[0].shape[0])
    jump = np.array([[switch_px(tape, index)[row % 2]] for index in frames], np.float32)
    for plane in planes:
        scale, half = np.float32(plane.shape[2] / planes[0].shape[2]), plane.shape[2] // 2
        moved = move_rows(plane[:, row : row + 1], jump * scale, kit)
        plane[:, row : row + 1, half:] = moved[:, :, half:]
    return planes


def tracking_band(rows: int, tape: TapeParameters, index: int) -> Shifts:
    """How much each row suffers, 0..1: a band drifts through the picture and is away most of the time."""
    if tape.tracking_rows < 2:
        return np.zeros(rows)
    round_trip = rows * 3 + tape.tracking_rows
    centre = (tape.seed % round_trip + index * tape.tracking_rows_per_frame) % round_trip
    centre -= tape.tracking_rows / 2
    distance = np.abs(np.arange(rows) - centre) / tape.tracking_rows
    return np.asarray(np.clip(1.5 - 3 * distance, 0.0, 1.0))


def tracking_jitter(rows: int, tape: TapeParameters, index: int) -> Shifts:
    band = tracking_band(rows, tape, index)
    size_px = TRACKING_JITTER_PX * rows / FULL_ROWS[tape.standard]
    return np.asarray(band * chance(tape, index, "tracking").standard_normal(rows) * size_px)


def move_rows(plane: Array, shift: Figures, kit: Kit) -> Array:
    """Each row to the right by its own part of pixels, (frames, rows), along a cubic; edges go on."""
    columns = plane.shape[2]
    start = np.floor(-shift)
    part = (-shift - start)[:, :, None].astype(np.float32)
    near = kit.cut(plane, start.astype(np.int64) - 1, columns + 3)
    a, b, c, d = (kit.load(weight) for weight in cubic(part))
    moved = near[:, :, :columns] * a
    moved += near[:, :, 1 : columns + 1] * b
    moved += near[:, :, 2 : columns + 2] * c
    moved += near[:, :, 3:] * d
    return moved


def cubic(part: Figures) -> tuple[Figures, Figures, Figures, Figures]:
    """Catmull and Rom's weights of the four samples around a place between the middle two."""
    square, cube = part**2, part**3
    return (
        -0.5 * part + square - 0.5 * cube,
        1 - 2.5 * square + 1.5 * cube,
        0.5 * part + 2 * square - 1.5 * cube,
        0.5 * cube - 0.5 * square,
    )
