"""One tape in one player behind one dongle: every figure of it, and the ranges that they are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from appliance.core.types import FieldOrder

Wear = Literal["clean", "good", "worn"]
Standard = Literal["pal", "ntsc"]
Speed = Literal["sp", "lp", "ep"]
Range = tuple[float, float]

FULL_WIDTH = 720  # samples a line at 13.5 MHz; the ranges below are pixels of such a line
FULL_RATE_MHZ = 13.5
FULL_ROWS: dict[Standard, int] = {"pal": 576, "ntsc": 480}
ORDERS: dict[Standard, FieldOrder] = {"pal": "tff", "ntsc": "bff"}  # unless the caller says otherwise


@dataclass(frozen=True)
class TapeParameters:
    """Without effect as it stands. ``_px`` and ``_rows`` (of the frame) are those of the picture at hand."""

    seed: int = 0
    standard: Standard = "pal"
    order: FieldOrder = "tff"
    speed: Speed = "sp"
    sample_rate_mhz: float = FULL_RATE_MHZ
    shot_blur_px: float = 0.0  # of the camera that shot the scene, standard deviation
    shot_blur_rows: float = 0.0
    exposure: float = 1.0  # its light, before white clips
    cross_colour: float = 0.0  # part of the fine luma that the Y/C split takes for colour
    luma_cut_mhz: float = FULL_RATE_MHZ / 2
    chroma_cut_mhz: float = FULL_RATE_MHZ / 4
    ringing: float = 0.0  # strength of the player's peaking; 0.5 overshoots an edge by about a seventh
    smear: float = 0.0  # part of the emphasised peaks beyond the clip that is lost
    luma_noise: float = 0.0  # standard deviation, levels
    row_noise: float = 0.0  # the same for what a whole row shares
    chroma_noise: float = 0.0
    chroma_phase_deg: float = 0.0  # of the whole picture, wandering slowly
    chroma_phase_jitter_deg: float = 0.0  # of each row
    chroma_delay_px: float = 0.0
    chroma_blend: float = 0.0  # 1: each row of colour is the mean of two
    line_jitter_px: float = 0.0
    edge_wave_px: float = 0.0
    skew_px: float = 0.0  # bend of the topmost rows
    head_switch_rows: int = 0
    head_switch_px: float = 0.0
    tracking_rows: int = 0
    tracking_rows_per_frame: float = 0.0
    dropouts_per_frame: float = 0.0
    dropout_px: float = 0.0
    chroma_loss: float = 0.0  # part of the rows that lose their colour
    gain: float = 1.0
    lift: float = 0.0  # levels
    saturation: float = 1.0
    generations: int = 1  # times that it went through a recorder
    agc: float = 0.0  # how far the dongle's automatic gain follows the picture's mean
    chroma_420: int = 0  # 1: the dongle keeps every other row of colour of each field
    jpeg_quality: int = 0  # of the dongle's MJPEG; 0: it sends whole pictures
    repeats: float = 0.0  # part of the frames that are lost and replaced by the one before
    noise_tone: float = 0.0  # of the luma noise; 0: soft along the rows, 1: fine, as a sharp player leaves it


SPEEDS: dict[Speed, dict[str, Range]] = {
    "sp": {"luma_cut_mhz": (2.4, 3.0), "chroma_cut_mhz": (0.32, 0.5)},
    "lp": {"luma_cut_mhz": (1.8, 2.0), "chroma_cut_mhz": (0.29, 0.31)},
    "ep": {"luma_cut_mhz": (1.35, 1.45), "chroma_cut_mhz": (0.27, 0.29)},
}
SPEED_ODDS: dict[Wear, dict[Speed, float]] = {
    "clean": {"sp": 1.0},
    "good": {"sp": 1.0},
    "worn": {"sp": 0.4, "lp": 0.3, "ep": 0.3},
}

# Drawn evenly between the two figures; lengths are pixels and rows of a 720x576 picture.
RANGES: dict[Wear, dict[str, Range]] = {
    "clean": {},
    "good": {
        "shot_blur_px": (0, 0.5),
        "shot_blur_rows": (0, 0.4),
        "exposure": (0.97, 1.03),
        "cross_colour": (0, 0.2),
        "ringing": (0.3, 0.5),
        "smear": (0, 0.2),
        "luma_noise": (1.5, 4.0),
        "noise_tone": (0, 1),
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
        "dropout_px": (8, 40),
        "gain": (0.97, 1.03),
        "lift": (-2, 2),
        "saturation": (0.92, 1.03),
        "agc": (0, 0.03),
        "chroma_420": (0, 1.99),
        "jpeg_quality": (85, 97),
    },
    "worn": {
        "shot_blur_px": (0, 0.9),
        "shot_blur_rows": (0, 0.7),
        "exposure": (0.9, 1.1),
        "cross_colour": (0, 0.6),
        "ringing": (0.4, 0.7),
        "smear": (0.1, 0.6),
        "luma_noise": (4.0, 8.0),
        "noise_tone": (0, 1),
        "row_noise": (0.5, 1.5),
        "chroma_noise": (4.0, 10.0),
        "chroma_phase_deg": (0, 10),
        "chroma_phase_jitter_deg": (2, 8),
        "chroma_delay_px": (4, 14),
        "chroma_blend": (0.8, 1),
        "line_jitter_px": (0.4, 1.5),
        "edge_wave_px": (0, 20),
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
        "chroma_420": (0, 1.99),
        "jpeg_quality": (70, 95),
        "repeats": (0, 0.004),
    },
}
CLEAN_SP: dict[str, Range] = {"luma_cut_mhz": (2.7, 3.0), "chroma_cut_mhz": (0.42, 0.5)}
ODDS = {"jpeg_quality": 0.5, "cross_colour": 0.5}  # of having it at all: not every dongle, not every cable
WHOLE = ("head_switch_rows", "tracking_rows", "generations", "chroma_420", "jpeg_quality")


def draw_tape(
    rng: np.random.Generator,
    wear: Wear,
    standard: Standard,
    width: int,
    height: int,
    *,
    order: FieldOrder | None = None,
    speed: Speed | None = None,
) -> TapeParameters:
    """A tape of this wear for pictures of this size; unless told, the field order is the standard's own."""
    across, down = width / FULL_WIDTH, height / FULL_ROWS[standard]
    odds = SPEED_ODDS[wear]
    drawn_speed = list(odds)[int(rng.choice(len(odds), p=list(odds.values())))]
    speed = speed or drawn_speed
    ranges = ranges_of(wear, speed)
    values: dict[str, float] = {}
    for field in fields(TapeParameters):
        low_high, place = ranges.get(field.name), rng.random()  # every field draws: no range moves another
        if low_high is not None:
            scale = across if field.name.endswith("_px") else down if "_rows" in field.name else 1.0
            value = (low_high[0] + place * (low_high[1] - low_high[0])) * scale
            values[field.name] = int(value) if field.name in WHOLE else value
    for name, odds_of_it in ODDS.items():
        if rng.random() >= odds_of_it:
            values.pop(name, None)
    fixed: dict[str, object] = {"seed": int(rng.integers(2**31)), "standard": standard, "speed": speed}
    fixed |= {"order": order or ORDERS[standard], "sample_rate_mhz": FULL_RATE_MHZ * across}
    return TapeParameters(**{**values, **fixed})  # type: ignore[arg-type]


def ranges_of(wear: Wear, speed: Speed) -> dict[str, Range]:
    """Everything that a tape of this wear draws; what it does not name stays without effect."""
    band = CLEAN_SP if wear == "clean" and speed == "sp" else SPEEDS[speed]
    return {**band, **RANGES[wear]}
