"""How far each line of a tape's field lies beside its place, by the camera's picture of the same moment.

A recorder starts every line a little too early or too late, and some tens of pixels off where its heads
change; the camera's picture, put into the tape's frame, shows where things belong. Only what differs from
line to line is the tape's: that the camera's whole picture lies aside or aslant is the registration's affair,
and a straight line through all the shifts is left out of them. Where the camera lies a little higher or lower
than the tape, slanted edges would seem to be shifted; how much it does is found from place to place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from appliance.core.types import Plane

Reals = NDArray[np.floating[Any]]

SHRUNK = 2  # times narrower are the lines that are compared
SOFT, BROAD = 1.0, 12  # of their samples: what lies between is compared
PIECE = 20  # of them
ALIKE = 4.0  # of which so many together tell as much as one of pure noise
ROUNDS, STRIDE, STILL = 2, 1.5, 0.1
EDGE_LINES, EDGE_PX, FOUND, CLEARLY = (
    (12, 24),
    48,
    0.6,
    1.15,
)  # at the top and the bottom lines may lie far off
SLACK = 20.0  # how many times the field's least difference a piece may differ and still be believed
AROUND, HIGHEST = (3, 13), 1.5  # pieces and lines over which the height is found; lines of the frame
FLAT_X, FLAT_Y = 0.5, 2.0
ASIDE = 0.01  # variance of the camera's place from piece to piece
WAVER_PX, CAMERA_PX = 0.65, 0.4  # how far a whole field wavers at most; where a camera lies, against waves
SLOW_LINES, WILD_PX = 10.0, 3.0
WAVE_LINES = 4.0  # slower changes are waves and skew; the rest is each line's own
STRAY = 9.0  # times the usual: a line that the heads' change has moved, not one that wavers
LEVEL = 0.4  # lines of the frame up to which the camera's height is trusted; at twice that, no more
STRANGER, FRIEND = 0.2, 0.4  # correlation with a picture of something else, and of the same
TINY = 1e-6
SEEN = 255
FAR_PX = 2.0  # a camera that is not followed yet may lie a pixel aside


@dataclass(frozen=True)
class LineShifts:
    """How many pixels to the right of its place each line of a field lies, and the variance of that."""

    px: Reals
    variance: Reals


def far_shifts(found: LineShifts) -> LineShifts:
    """Only of lines that stray further than a registration errs; the others go with the tape's own fields."""
    far = np.abs(found.px) > FAR_PX
    return LineShifts(np.where(far, found.px, 0.0), np.where(far, found.variance, np.inf))


def line_shifts(field: Plane, guide: Plane, seen: Plane, bottom: bool) -> LineShifts:
    """``guide`` is the luma of the camera's whole picture in the tape's frame and colours, ``seen`` 255 where
    it shows the scene. For a camera that shows something else, or lies too high or too low, all shifts are
    0 and of boundless variance.
    """
    own = slice(int(bottom), None, 2)
    soft_guide = softened(guide)
    tape, camera, rising = structure(softened(field)), structure(soft_guide[own]), risen(soft_guide)[own]
    if seen.min() < SEEN:
        there = showing(seen[own])
        tape, camera, rising = tape * there, camera * there, rising * there
    shifts = far_off(tape, camera)
    shifts[shifts == 0] = aside(tape[::4], camera[::4])
    for _ in range(ROUNDS):
        steps, variance = compare(camera, rising, moved(tape, shifts))
        shifts = shifts + np.clip(steps, -STRIDE, STRIDE)
    placed = moved(tape, shifts)
    known = acquaintance(placed, camera) * level(placed, camera)
    if not known:
        return LineShifts(np.zeros(len(tape)), np.full(len(tape), np.inf))
    px, variance = SHRUNK * shifts, SHRUNK**2 * variance
    whole = straight(px, variance)
    px = px - (1 - believed(whole, px - whole, variance)) * whole
    return LineShifts(known * likely(px, variance), variance / known**2)


def showing(seen: Plane) -> Reals:
    """1 where all of a sample is seen, else 0."""
    size = max(1, seen.shape[1] // SHRUNK), seen.shape[0]
    small = np.asarray(cv2.resize(seen, size, interpolation=cv2.INTER_AREA))
    return np.asarray(small == SEEN, np.float32)


def softened(rows: Plane) -> Reals:
    size = max(1, rows.shape[1] // SHRUNK), rows.shape[0]
    small = cv2.resize(rows, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small.astype(np.float32), (7, 1), SOFT), np.float32)


def structure(soft: Reals) -> Reals:
    """Without the light at large, in which the two may differ."""
    return soft - cv2.blur(soft, (4 * BROAD + 1, 1))


def risen(soft: Reals) -> Reals:
    """Levels from the line above to the line below, for one line."""
    return np.asarray((np.vstack([soft[1:], soft[-1:]]) - np.vstack([soft[:1], soft[:-1]])) / 2)


def moved(rows: Reals, left: Reals) -> Reals:
    height, width = rows.shape
    columns = np.arange(width, dtype=np.float32) + left[:, None].astype(np.float32)
    there = cv2.remap(rows, columns, lines(height, width), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(there)


@lru_cache(maxsize=4)
def lines(height: int, width: int) -> Reals:
    return np.repeat(np.arange(height, dtype=np.float32)[:, None], width, 1)


def far_off(tape: Reals, camera: Reals) -> Reals:
    """A first guess for lines at the top and the bottom that are found again far from their places."""
    count, width = tape.shape
    reach = min(EDGE_PX // SHRUNK, width // 4)
    ends = np.unique(np.r_[: min(EDGE_LINES[0], count), max(0, count - EDGE_LINES[1]) : count])
    turn = fft.next_fast_len(width + reach, real=True)
    one, other = tape[ends], camera[ends]
    product = fft.rfft(one, turn, axis=1) * np.conj(fft.rfft(other, turn, axis=1))
    found_at = np.roll(fft.irfft(product, turn, axis=1), reach, axis=1)[:, : 2 * reach + 1]
    noise = ALIKE * width
    found_at = found_at / (np.sqrt((one * one).sum(1) * (other * other).sum(1)) + noise)[:, None]
    best, at_home = found_at.max(1), found_at[:, max(0, reach - 1) : reach + 2].max(1)
    found = np.zeros(count)
    found[ends] = np.where((best > FOUND) & (best > CLEARLY * at_home), found_at.argmax(1) - reach, 0)
    return found


def aside(tape: Reals, camera: Reals) -> float:
    """Samples that all of the tape lies to the right, by which lines with nothing on them must not differ."""
    whole = 0.0
    for _ in range(ROUNDS):
        there = moved(tape, np.full(len(tape), whole))
        slope = across(camera + there)
        step = -float(np.vdot(there - camera, slope)) / (float(np.vdot(slope, slope)) + tape.size * FLAT_X)
        whole += float(np.clip(step, -STRIDE, STRIDE))
        if abs(step) < STILL:
            break
    return whole


def across(both: Reals) -> Reals:
    """The slope of the light, of the mean of two."""
    return np.asarray(cv2.Sobel(both, cv2.CV_32F, 1, 0, ksize=1, scale=0.25), np.float32)


def compare(camera: Reals, rising: Reals, tape: Reals) -> tuple[Reals, Reals]:
    """How far the tape's lines lie to the right, in samples, and the variance.

    By the slope of the light: where it rises by g a sample, d samples to the right make it d g darker.
    """
    slope = across(camera + tape)
    change = tape - camera
    room = np.empty_like(slope)  # one for all: fresh memory costs more than the arithmetic
    both, steep, power = (
        in_pieces(np.multiply(x, y, out=room)) for x, y in ((change, slope), (slope, slope), (change, change))
    )
    along, upright, mixed = (in_pieces(np.multiply(x, rising, out=room)) for x in (change, rising, slope))
    height = heights(both, steep, along, upright, mixed)
    both = both + height * mixed
    power = np.maximum(power + 2 * height * along + height * height * upright, 0)
    steps = -both / (steep + 0.1)
    left = np.maximum(power + steps * both, 0) + 1.0
    least = np.quantile(power, 0.05) + 0.2 + 0.02 * steep
    doubt = 1 + (left / (SLACK * least)) ** 2
    variance = doubt * left / (steep + 1e-3) * (ALIKE / PIECE)
    return together(steps, variance)


def heights(both: Reals, steep: Reals, along: Reals, upright: Reals, mixed: Reals) -> Reals:
    """How many lines lower than the camera shows it the tape shows a place; that changes slowly."""
    sums: list[Reals] = [
        np.asarray(cv2.blur(x, AROUND), np.float32) for x in (both, steep, along, upright, mixed)
    ]
    both, steep, along, upright, mixed = sums
    steep, upright = steep + FLAT_X, upright + FLAT_Y
    lower = -(steep * along - mixed * both) / (steep * upright - mixed * mixed)
    return np.asarray(np.clip(lower, -HIGHEST, HIGHEST))


def in_pieces(values: Reals) -> Reals:
    size = max(1, values.shape[1] // PIECE), values.shape[0]
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)


def together(steps: Reals, variance: Reals) -> tuple[Reals, Reals]:
    """One number a line, and its variance, from all its pieces; those that stand alone count for less."""
    weight = 1 / variance
    for _ in range(2):
        line = (weight * steps).sum(1) / (weight.sum(1) + TINY)
        weight = 1 / variance / (1 + (steps - line[:, None]) ** 2 / (4 * variance + ASIDE))
    return line, 1 / (weight.sum(1) + TINY)


def straight(px: Reals, variance: Reals) -> Reals:
    """The straight line through the shifts of all lines."""
    shape = np.stack([np.ones(len(px)), np.linspace(-1, 1, len(px))], 1)
    line, weight = np.zeros(len(px)), 1 / (variance + 0.05)
    for _ in range(5):
        root = np.sqrt(weight)
        line = shape @ np.linalg.lstsq(shape * root[:, None], px * root, rcond=None)[0]
        weight = 1 / (variance + 0.05) / (1 + (px - line) ** 2) ** 2
    return line


def believed(whole: Reals, own: Reals, variance: Reals) -> float:
    """0..1: how much of a straight line through all the shifts is the tape's and not the camera's.

    A tape whose lines come in waves strays as a whole as well; by more than a pixel only a camera does that.
    """
    weight = 1 / (variance + 0.05)
    waves = along_lines(weight * np.clip(own, -WILD_PX, WILD_PX), SLOW_LINES) / along_lines(
        weight, SLOW_LINES
    )
    power = float((weight * waves**2).sum() / weight.sum())
    near = 1 / (1 + (float(np.mean(whole**2)) / WAVER_PX**2) ** 2)
    return near * power / (power + CAMERA_PX**2)


def likely(px: Reals, variance: Reals) -> Reals:
    """What was measured, drawn towards the lines around it as far as it is less sure than lines stray at all.

    A line with nothing on it goes with its neighbours.
    """
    own: Reals = np.zeros(len(px))
    stray = 0.25
    for _ in range(4):
        usual = variance + stray
        weight = 1 / usual / (1 + own**2 / (STRAY * usual))
        wave = along_lines(weight * px) / along_lines(weight)
        own = px - wave
        sure = 1 / (variance + 0.02)
        excess = np.minimum(own**2, STRAY * usual) - variance
        stray = max(1e-4, float((sure * excess).sum() / sure.sum()))
    strays = stray + np.maximum(0, own**2 - STRAY * (stray + variance)) / 2
    return np.asarray(wave + own * strays / (strays + variance))


def along_lines(values: Reals, reach: float = WAVE_LINES) -> Reals:
    size = 1, int(6 * reach) | 1
    smooth = cv2.GaussianBlur(values[:, None], size, 0, sigmaY=reach, borderType=cv2.BORDER_REFLECT)
    return np.asarray(smooth[:, 0])


def level(tape: Reals, camera: Reals) -> float:
    """1 where the camera's picture lies at the tape's height, 0 where it shows other lines.

    By how well it goes with the tape as it lies and a line of the field higher and lower: between them a
    parabola has its top.
    """
    own = camera[1:-1]
    if len(own) < 3:
        return 0.0
    above, here, below = (alike(tape[1:-1], other) for other in (camera[:-2], own, camera[2:]))
    bend = 2 * here - above - below
    if bend <= 0:
        return 0.0
    lower = abs(below - above) / bend  # of the frame's lines, which are two to one of the field's
    return float(np.clip(2 - lower / LEVEL, 0, 1))


def acquaintance(tape: Reals, camera: Reals) -> float:
    """0 for a picture of something else, 1 for one of the same."""
    return float(np.clip((alike(tape, camera) - STRANGER) / (FRIEND - STRANGER), 0, 1))


def alike(one: Reals, other: Reals) -> float:
    norm = float(np.linalg.norm(one) * np.linalg.norm(other)) + TINY
    return float((one * other).sum()) / norm
