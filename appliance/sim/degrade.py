"""What a VHS tape and its dongle do to a picture, one woven frame at a time.

The one simulator of the house: the simulated VCR plays through it and the restorer is trained on it.
``degrade_frame`` is a pure function of its arguments, so frames may be made in any order and in parallel;
everything slow (edge wave, tracking, chroma phase) is a continuous function of the frame's index.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import FieldOrder, Plane

Planes = tuple[Plane, Plane, Plane]
Wear = Literal["clean", "good", "worn"]
Standard = Literal["pal", "ntsc"]
Image = NDArray[np.float32]

FULL_WIDTH = 720  # samples a line at 13.5 MHz; the ranges below are pixels of such a line
FULL_SAMPLE_RATE_MHZ = 13.5
BLACK, WHITE, GREY = 16.0, 235.0, 128.0


@dataclass(frozen=True)
class TapeParameters:
    """One tape in one player. Pixels (``_px``) and rows (of the frame) are those of the picture at hand."""

    seed: int
    standard: Standard
    sample_rate_mhz: float
    luma_cut_mhz: float
    chroma_cut_mhz: float
    ringing: float  # strength of the player's peaking; 0.5 overshoots an edge by about a seventh
    luma_noise: float  # standard deviation, levels
    row_noise: float  # the same for what a whole row shares
    chroma_noise: float
    chroma_phase_deg: float  # of the whole picture, wandering slowly
    chroma_phase_jitter_deg: float  # of each row
    chroma_delay_px: float
    chroma_blend: float  # 1: each row of colour is the mean of two
    line_jitter_px: float
    edge_wave_px: float
    skew_px: float  # bend of the topmost rows
    head_switch_rows: int
    head_switch_px: float
    tracking_rows: int
    tracking_rows_per_frame: float
    dropouts_per_frame: float
    dropout_px: float
    chroma_loss: float  # part of the rows that lose their colour
    gain: float
    lift: float  # levels
    saturation: float
    generations: int
    agc: float  # how far the dongle's automatic gain follows the picture's mean


Range = tuple[float, float]

# Drawn evenly between the two figures; lengths are pixels and rows of a 720x576 picture.
RANGES: dict[Wear, dict[str, Range]] = {
    "clean": {"luma_cut_mhz": (2.7, 3.0), "chroma_cut_mhz": (0.42, 0.5)},
    "good": {
        "luma_cut_mhz": (2.4, 3.0),
        "chroma_cut_mhz": (0.32, 0.5),
        "ringing": (0.3, 0.5),
        "luma_noise": (1.5, 4.0),
        "row_noise": (0.2, 0.7),
        "chroma_noise": (1.5, 4.0),
        "chroma_phase_deg": (0, 4),
        "chroma_phase_jitter_deg": (0.5, 3),
        "chroma_delay_px": (2, 6),
        "chroma_blend": (0.5, 1),
        "line_jitter_px": (0.1, 0.5),
        "edge_wave_px": (0, 1),
        "skew_px": (0, 3),
        "head_switch_rows": (6, 9),
        "head_switch_px": (8, 30),
        "dropouts_per_frame": (0.1, 1),
        "dropout_px": (12, 40),
        "gain": (0.97, 1.03),
        "lift": (-2, 2),
        "saturation": (0.92, 1.03),
        "agc": (0, 0.03),
    },
    "worn": {
        "luma_cut_mhz": (1.4, 2.6),
        "chroma_cut_mhz": (0.28, 0.42),
        "ringing": (0.4, 0.7),
        "luma_noise": (4.0, 8.0),
        "row_noise": (0.5, 1.5),
        "chroma_noise": (4.0, 10.0),
        "chroma_phase_deg": (0, 10),
        "chroma_phase_jitter_deg": (2, 8),
        "chroma_delay_px": (4, 14),
        "chroma_blend": (0.8, 1),
        "line_jitter_px": (0.4, 1.5),
        "edge_wave_px": (0, 12),
        "skew_px": (2, 14),
        "head_switch_rows": (8, 24),
        "head_switch_px": (15, 50),
        "tracking_rows": (12, 120),
        "tracking_rows_per_frame": (-6, 6),
        "dropouts_per_frame": (2, 12),
        "dropout_px": (16, 64),
        "chroma_loss": (0, 0.02),
        "gain": (0.92, 1.06),
        "lift": (-5, 5),
        "saturation": (0.75, 1.0),
        "generations": (1, 3.99),
        "agc": (0, 0.1),
    },
}
NEUTRAL = {"gain": 1.0, "saturation": 1.0, "generations": 1.0}
WHOLE = ("head_switch_rows", "tracking_rows", "generations")


def draw_parameters(
    rng: np.random.Generator, wear: Wear, standard: Standard, width: int, height: int
) -> TapeParameters:
    """A tape of this wear, for pictures of this size; what ``RANGES`` does not name stays without effect."""
    across, down = width / FULL_WIDTH, height / (576 if standard == "pal" else 480)
    values: dict[str, float] = {}
    for name in TapeParameters.__dataclass_fields__:
        low, high = RANGES[wear].get(name, (NEUTRAL.get(name, 0.0),) * 2)
        scale = across if name.endswith("_px") else down if "_rows" in name else 1.0
        values[name] = float(rng.uniform(low, high)) * scale
    rounded = {name: int(values[name]) for name in WHOLE}
    seed = int(rng.integers(2**31))
    fixed = {"seed": seed, "standard": standard, "sample_rate_mhz": FULL_SAMPLE_RATE_MHZ * across}
    return TapeParameters(**{**values, **rounded, **fixed})  # type: ignore[arg-type]


def degrade_frame(index: int, first: Planes, second: Planes, tape: TapeParameters) -> Planes:
    """The tape's frame ``index`` from the whole pictures at its two field times, in temporal order.

    All are 8-bit 4:2:2. PAL carries the earlier picture in the top field, NTSC in the bottom field.
    """
    rng = np.random.default_rng([tape.seed, index])
    y, u, v = (weave(a, b, field_order(tape)).astype(np.float32) for a, b in zip(first, second, strict=True))
    for _ in range(tape.generations):
        y = record_luma(y, tape, rng)
        u, v = record_chroma(u, v, index, tape, rng)
    y, u, v = displace(y, u, v, index, tape, rng)
    spoil_tracking(y, u, v, index, tape, rng)
    drop_out(y, tape, rng)
    lose_chroma(u, v, tape, rng)
    return set_levels(y, u, v, tape)


def field_order(tape: TapeParameters) -> FieldOrder:
    return "tff" if tape.standard == "pal" else "bff"


def weave(first: Plane, second: Plane, order: FieldOrder) -> Plane:
    """One frame with the earlier picture's rows in the field that comes first."""
    frame: Plane = first.copy()
    late = 1 if order == "tff" else 0
    frame[late::2] = second[late::2]
    return frame


def record_luma(y: Image, tape: TapeParameters, rng: np.random.Generator) -> Image:
    """Bandwidth, ringing, the clip of the pre-emphasis, and noise that runs along the rows."""
    kernel = luma_kernel(round(tape.luma_cut_mhz / tape.sample_rate_mhz, 4), round(tape.ringing, 3))
    y = np.asarray(cv2.filter2D(y, -1, kernel, borderType=cv2.BORDER_REPLICATE), np.float32)
    np.clip(y, BLACK - 14, WHITE + 16, out=y)
    if tape.luma_noise > 0:
        grain = rng.standard_normal(y.shape, dtype=np.float32)
        along = np.array([[0.25, 0.55, 0.7, 0.4, 0.15]], np.float32)  # about one in energy
        y += cv2.filter2D(grain, -1, along) * np.float32(tape.luma_noise)
        y += rng.standard_normal((len(y), 1), dtype=np.float32) * np.float32(tape.row_noise)
    return y


@lru_cache(maxsize=64)
def luma_kernel(cut: float, ringing: float) -> Image:
    """Low pass at ``cut`` (cycles a sample), a player's peaking, and the ripple that trails an edge."""
    taps = np.arange(-12, 13)
    low = 2 * cut * np.sinc(2 * cut * taps) * np.hanning(27)[1:-1]
    low /= low.sum()
    edge = np.zeros(25)
    edge[12] = 1.0
    edge -= gaussian(0.35 / cut, 12)
    ripple = np.where(taps > 0, np.exp(-taps * cut * 1.2) * np.cos(2 * np.pi * cut * 0.9 * taps), 0.0)
    ripple -= ripple.sum() * gaussian(0.5 / cut, 12)
    kernel = np.convolve(low, edge * 0.8 * ringing + ripple * 0.12 * ringing)[12:37] + low
    return np.asarray(kernel[::-1] / kernel.sum(), np.float32)[None]  # OpenCV correlates


def gaussian(sigma: float, radius: int) -> NDArray[np.float64]:
    bell = np.exp(-0.5 * (np.arange(-radius, radius + 1) / max(sigma, 1e-3)) ** 2)
    return np.asarray(bell / bell.sum())


def record_chroma(
    u: Image, v: Image, index: int, tape: TapeParameters, rng: np.random.Generator
) -> tuple[Image, Image]:
    """Bandwidth, streaky noise, phase errors, and the mean of two rows of a field."""
    sigma = 0.1325 * (tape.sample_rate_mhz / 2) / tape.chroma_cut_mhz
    u, v = blur_rows(u, sigma), blur_rows(v, sigma)
    for plane in (u, v):
        if tape.chroma_noise > 0:
            plane += streaks(plane.shape, rng) * np.float32(tape.chroma_noise)
    u, v = turn_hue(u, v, index, tape, rng)
    return blend_rows(u, tape.chroma_blend), blend_rows(v, tape.chroma_blend)


def blur_rows(plane: Image, sigma: float) -> Image:
    blurred = cv2.GaussianBlur(plane, (0, 1), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32)


def streaks(shape: tuple[int, ...], rng: np.random.Generator) -> Image:
    """Noise some 20 samples long and a row or two of a field high, about one in deviation."""
    height, width = shape
    coarse = rng.standard_normal((height, width // 20 + 3), dtype=np.float32)
    coarse[2:] += 0.6 * coarse[:-2]
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR))


def turn_hue(
    u: Image, v: Image, index: int, tape: TapeParameters, rng: np.random.Generator
) -> tuple[Image, Image]:
    """PAL turns every other row of a field the other way, so that the mean of two rows keeps the hue."""
    wander = 0.75 + 0.25 * math.sin(index * 0.05 + tape.seed % 63)
    steady = np.full(len(u), tape.chroma_phase_deg * wander)
    if tape.standard == "pal":
        steady *= np.where(np.arange(len(u)) // 2 % 2, -1.0, 1.0)
    degrees = steady + rng.standard_normal(len(u)) * tape.chroma_phase_jitter_deg
    turn = np.radians(degrees).astype(np.float32)[:, None]
    grey = np.float32(GREY)
    cos, sin, bu, bv = np.cos(turn), np.sin(turn), u - grey, v - grey
    return np.asarray(grey + cos * bu - sin * bv), np.asarray(grey + sin * bu + cos * bv)


def blend_rows(plane: Image, amount: float) -> Image:
    """Each row with the one before it in the same field."""
    blended: Image = plane.copy()
    blended[2:] += np.float32(amount / 2) * (plane[:-2] - plane[2:])
    return blended


def displace(
    y: Image, u: Image, v: Image, index: int, tape: TapeParameters, rng: np.random.Generator
) -> tuple[Image, Image, Image]:
    """Everything that moves rows sideways, in one resampling, and the colour's delay with it."""
    shift = row_shifts(len(y), index, tape, rng)
    if not shift.any() and tape.chroma_delay_px == 0:
        return y, u, v
    ratio = u.shape[1] / y.shape[1]
    late = (shift + np.float32(tape.chroma_delay_px)) * np.float32(ratio)
    return move_rows(y, shift), move_rows(u, late), move_rows(v, late)


def row_shifts(rows: int, index: int, tape: TapeParameters, rng: np.random.Generator) -> NDArray[np.float32]:
    """Pixels to the right for each row of the frame: jitter, wave, skew, head switch, tracking."""
    row = np.arange(rows)
    white = rng.standard_normal(rows)
    shift = tape.line_jitter_px * (0.6 * white + 1.4 * field_smooth(white))
    phase = tape.seed % 997
    slow = np.sin(row * 2 * np.pi / rows * 0.8 + index * 0.11 + phase)
    shift += tape.edge_wave_px * (0.7 * slow + 0.3 * np.sin(row * 0.06 + index * 0.07 + 2 * phase))
    shift += tape.skew_px * np.exp(-row / (rows * 0.015)) * math.cos(index * 0.3 + phase)
    if tape.head_switch_rows:
        below = row - (rows - tape.head_switch_rows)
        bend = np.exp(-np.clip(below, 0, None) / max(1.0, tape.head_switch_rows * 0.7))
        shift += np.where(below >= 0, tape.head_switch_px * bend * (0.85 + 0.3 * rng.random()), 0.0)
    band = tracking_band(rows, index, tape)
    return np.asarray(shift + band * rng.standard_normal(rows) * 12 * rows / 576, np.float32)


def field_smooth(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """Neighbours of one field err alike."""
    smooth = np.empty_like(white)
    for parity in (0, 1):
        smooth[parity::2] = np.convolve(white[parity::2], gaussian(2.5, 8), "same")
    return smooth


def move_rows(plane: Image, shift: NDArray[np.float32]) -> Image:
    height, width = plane.shape
    across = np.arange(width, dtype=np.float32)[None] - shift[:, None]
    down = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None], across.shape)
    return np.asarray(
        cv2.remap(plane, across, np.ascontiguousarray(down), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    )


def tracking_band(rows: int, index: int, tape: TapeParameters) -> NDArray[np.float64]:
    """How much each row suffers, 0..1: a band drifts through the picture and is away most of the time."""
    if tape.tracking_rows < 2:
        return np.zeros(rows)
    round_trip = rows * 3 + tape.tracking_rows
    centre = (tape.seed % round_trip + index * tape.tracking_rows_per_frame) % round_trip
    centre -= tape.tracking_rows / 2
    distance = np.abs(np.arange(rows) - centre) / tape.tracking_rows
    return np.asarray(np.clip(1.5 - 3 * distance, 0.0, 1.0), np.float64)


def spoil_tracking(
    y: Image, u: Image, v: Image, index: int, tape: TapeParameters, rng: np.random.Generator
) -> None:
    """Inside the band the picture drowns in bright streaks and the colour is lost. In place."""
    band = tracking_band(len(y), index, tape)
    rows = np.flatnonzero(band)
    if not len(rows):
        return
    weight = (band[rows] * rng.uniform(0.1, 0.9, len(rows))).astype(np.float32)[:, None]
    snow = streaks((len(rows), y.shape[1]), rng) * 60 + 140
    y[rows] += weight * (snow - y[rows])
    for plane in (u, v):
        plane[rows] += weight * (GREY - plane[rows])


def drop_out(y: Image, tape: TapeParameters, rng: np.random.Generator) -> None:
    """Missing signal: white with a comet's tail, or, where the player covers it, the row before. In place."""
    height, width = y.shape
    for _ in range(rng.poisson(tape.dropouts_per_frame)):
        length = int(min(width, max(4.0, rng.exponential(tape.dropout_px))))
        top, left = int(rng.integers(2, height)), int(rng.integers(-length // 2, width - 4))
        covered, level = rng.random() < 0.5, rng.uniform(150, 255)
        for row in range(top, min(height, top + 2 * int(rng.integers(1, 3))), 2):
            part = slice(max(0, left), min(width, left + length))
            y[row, part] = y[row - 2, part] if covered else level
            tail = y[row, part.stop : part.stop + length]
            tail += np.float32(0 if covered else level - 90) * np.exp(
                -np.arange(len(tail), dtype=np.float32) * (4 / length)
            )


def lose_chroma(u: Image, v: Image, tape: TapeParameters, rng: np.random.Generator) -> None:
    """Whole rows without colour. In place."""
    lost = rng.random(len(u)) < tape.chroma_loss
    u[lost] = v[lost] = GREY


def set_levels(y: Image, u: Image, v: Image, tape: TapeParameters) -> Planes:
    """The tape's contrast, brightness and saturation, then the dongle's gain, then eight bits."""
    gain = tape.gain * (1 + tape.agc * float(np.clip((110 - y.mean()) / 110, -1, 1)))
    y = (y - BLACK) * np.float32(gain) + np.float32(BLACK + tape.lift)
    u, v = ((c - GREY) * np.float32(tape.saturation * gain) + GREY for c in (u, v))
    return to_bytes(y), to_bytes(u), to_bytes(v)


def to_bytes(plane: Image) -> Plane:
    """Rounded; 0 and 255 belong to the synchronisation codes and a dongle never gives them out."""
    return np.clip(np.rint(plane), 1, 254).astype(np.uint8)
