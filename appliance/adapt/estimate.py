"""What can be told of a tape's wear from its own pictures: the simulator's parameters, as far as they show.

A restored picture stands in for the truth. What cannot be told so (dropouts, the head switch, tracking, hue,
the dongle's compression) stays as the simulator draws it for a tape of this wear. The response and the noise
of its light are not the simulator's at all: see ``light``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import FieldOrder, Picture
from appliance.sim.tape import parameters
from appliance.sim.tape.parameters import FULL_RATE_MHZ, FULL_WIDTH, Standard, TapeParameters, Wear

Reals = NDArray[np.floating[Any]]

FLAT = 0.4  # the calmer part of a picture
DEVIATION = 1.4826  # of a normal distribution, in medians of its absolute values
FAR = 3.0  # deviations
LEFT = 1.25  # times what a film lacks of the noise: a net leaves some of it
WORN_NOISE = 4.0  # levels of light from which a tape counts as worn
LATE_PX = range(-2, 11)  # of colour, in pixels of light; each is tried
STREAKS = 0.75  # what is left of the deviation of the simulator's streaks once two rows are mixed twice
SPREAD = 0.15  # by how much of itself a figure is varied: it was measured, and not known
LEAST_JITTER_PX = 0.05


@dataclass(frozen=True)
class Seen:
    """One field of the tape where its lines belong, the film at that moment, and how far they had strayed.

    ``own`` and ``film`` are whole pictures; only the rows of the field itself are looked at.
    """

    own: Picture
    film: Picture
    bottom: bool
    strayed_px: Reals | None = None

    def rows(self, name: str) -> tuple[Reals, Reals]:
        """Of luma those of the field; of 4:2:0 colour all."""
        which = slice(int(self.bottom), None, 2) if name == "y" else slice(None)
        own, film = (getattr(picture, name)[which].astype(np.float32) for picture in (self.own, self.film))
        return own, film


@dataclass(frozen=True)
class Findings:
    """Figures of ``TapeParameters`` of the same names; they hold for all generations together.

    ``luma_noise`` is that of ``Light``, which lays it on; here it tells a worn tape from a good one.
    """

    luma_noise: float
    chroma_noise: float
    chroma_delay_px: float
    line_jitter_px: float

    @property
    def wear(self) -> Wear:
        return "worn" if self.luma_noise >= WORN_NOISE else "good"

    def sentence(self) -> str:
        return (
            f"noise {self.luma_noise:.1f} levels of light and {self.chroma_noise:.1f} of colour,"
            f" colour late by {self.chroma_delay_px:.0f} px, lines astray by {self.line_jitter_px:.1f} px"
        )


def measure(seen: Sequence[Seen], luma_noise: float) -> Findings:
    """The medians over the pictures: one with a fault says nothing of the others."""
    each = [measure_one(one) for one in seen]
    return Findings(luma_noise, **{name: float(np.median([one[name] for one in each])) for name in each[0]})


def measure_one(seen: Seen) -> dict[str, float]:
    scale = seen.own.y.shape[1] / FULL_WIDTH
    colours = [deviation((a - b)[calm(b)]) for a, b in (seen.rows("u"), seen.rows("v"))]
    return {
        "chroma_noise": float(np.mean(colours)) / STREAKS,
        "chroma_delay_px": late_px(seen) / scale,
        "line_jitter_px": jitter(seen.strayed_px) / scale,
    }


def calm(film: Reals) -> NDArray[np.bool_]:
    """Where the film is flattest."""
    across, down = (np.abs(cv2.Sobel(film, cv2.CV_32F, *axis)) for axis in ((1, 0), (0, 1)))
    around = cv2.blur(across + down, (9, 5))
    return np.asarray(around <= np.quantile(around[::4, ::4], FLAT))


def deviation(values: Reals) -> float:
    """Of what is not far out: whole levels would make steps of the median itself."""
    if not values.size:
        return 0.0
    size = np.abs(values)
    limit = FAR * (DEVIATION * float(np.median(size)) + 0.5)
    return float(np.sqrt(np.square(size[size <= limit]).mean()))


def late_px(seen: Seen) -> float:
    """By how many pixels of light the tape's colour lies to the right of the film's."""
    off = dict.fromkeys(LATE_PX, 0.0)
    for name in ("u", "v"):
        own, film = seen.rows(name)
        edges = ~calm(film)
        for late in LATE_PX:
            place = np.array([[1, 0, late / 2], [0, 1, 0]], np.float64)
            moved = cv2.warpAffine(film, place, film.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
            off[late] += float(np.abs(own - moved)[edges].mean())
    return float(min(off, key=lambda late: off[late]))


def jitter(strayed_px: Reals | None) -> float:
    """The deviation of the lines beside their neighbours, in pixels of the picture."""
    if strayed_px is None:
        return 0.0
    middle = strayed_px[len(strayed_px) // 8 : -len(strayed_px) // 8]
    slow = cv2.blur(middle[:, None].astype(np.float32), (1, 31))[:, 0]
    return deviation(middle - slow)


def drawn(
    findings: Findings, rng: np.random.Generator, standard: Standard, size: tuple[int, int], order: FieldOrder
) -> TapeParameters:
    """A tape like the measured one; ``size`` is columns and rows of its pictures.

    Like the tapes of the training: what nobody can know from the tape alone is left out.
    """
    columns, rows = size
    tape = parameters.draw_tape(rng, findings.wear, standard, columns, rows, order=order, speed="sp")
    scale = columns / FULL_WIDTH
    measured = {name: value * rng.uniform(1 - SPREAD, 1 + SPREAD) for name, value in asdict(findings).items()}
    measured["luma_noise"] = 0.0
    measured["chroma_delay_px"] *= scale
    measured["line_jitter_px"] = max(measured["line_jitter_px"], LEAST_JITTER_PX) * scale
    light = {"luma_cut_mhz": FULL_RATE_MHZ * scale / 2, "ringing": 0.0, "row_noise": 0.0}
    known = {"shot_blur_px": 0.0, "shot_blur_rows": 0.0, "exposure": 1.0, "repeats": 0.0, "generations": 1}
    right = {"gain": 1.0, "lift": 0.0, "saturation": 1.0, "agc": 0.0, "edge_wave_px": 0.0, "jpeg_quality": 0}
    hue = {"chroma_phase_deg": 0.0} if standard == "ntsc" else {}
    return replace(tape, **{**measured, **light, **known, **right, **hue})
