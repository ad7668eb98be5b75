"""How well the lines of a tape are put back in their places, with a camera beside it and without one.

The bench's own tape knows where each of its lines came to lie. The camera's picture lies as far beside its
place as a registration leaves it. Then the film: by the tape's own fields alone, and with its lines put in
place by the camera first; either way the camera's detail goes into it as usual.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.bench.camera import registered
from appliance.bench.clips import Full, truth_of
from appliance.bench.material import LEAD, SWITCH_ROWS, Material
from appliance.bench.metrics import psnr_y
from appliance.bench.ours import GUIDE, Camera, guided, model_or_none, tape_only
from appliance.bench.quality import Tell, Wanted, find_samples
from appliance.bench.tape import record
from appliance.bench.wear import FIRST, GOOD, WORN, Pass, wear_named
from appliance.core.types import Picture
from appliance.enhance.manifest import load_model
from appliance.enhance.placed import placed
from appliance.enhance.steady import REACH, steadied
from appliance.enhance.tape import TapeField, read_fields

Reals = NDArray[np.floating[Any]]
Pair = tuple[float, float]

STRAYS: dict[str, tuple[Pass, ...]] = {
    "good": (replace(GOOD, jitter_px=1.0, wave_px=0.0, skew_px=0.0),),
    "worn": (
        replace(FIRST, jitter_px=0.0, wave_px=0.0),
        replace(WORN, jitter_px=1.0, wave_px=0.0, skew_px=0.0),
    ),
}
TOP_LINES, BOTTOM_LINES = 4, SWITCH_ROWS // 2  # of a field: left out, the heads change below


@dataclass(frozen=True)
class LineScore:
    """Pixels rms that lines lie aside: as played, by the tape's own fields, by a camera and those fields.

    On a tape with 1 px of jitter and nothing else, and on the one of the quality bench (``as_worn``). Then
    PSNR-Y of the film with a camera, its lines placed by the tape's own fields and by the camera; and of its
    last rows, where the heads change.
    """

    clip: str
    wear: str
    one_px: tuple[float, float, float]
    as_worn: tuple[float, float, float]
    film: Pair
    foot: Pair


def measure_lines(wanted: Wanted, tell: Tell) -> list[LineScore]:
    """With the first of the wanted tiers."""
    samples = find_samples(wanted)
    found = []
    for number, sample in enumerate(samples):
        tell(number / len(samples), f"Straightening {sample.name}")
        found.append(score(Material(sample), wanted.own_tiers[0]))
    tell(1.0, "Done")
    return found


def score(material: Material, tier: str) -> LineScore:
    sample = material.sample
    one_px, as_worn = (strays(material, passes) for passes in (STRAYS[sample.wear], wear_named(sample.wear)))
    film, foot = films(material, tier)
    return LineScore(sample.clip.stem.split("__")[-1], sample.wear, one_px, as_worn, film, foot)


def strays(material: Material, passes: Sequence[Pass]) -> tuple[float, float, float]:
    shifts: list[Reals] = []
    tape = record(material.scene, material.standard, passes, material.sample.seed, shifts)
    fields = list(read_fields(tape, material.standard.order))
    guides = registered(material.camera, tape, 0.0, material.sample.seed)
    alone, helped = steadied(fields), steadied(placed(fields, Camera(guides, closely=True).tell))
    return left_px(fields, shifts), left_px(alone, shifts), left_px(helped, shifts)


def left_px(fields: Iterable[TapeField], shifts: Sequence[Reals]) -> float:
    """Rms over all lines that count; a whole field that lies aside or aslant is the registration's affair."""
    squares = []
    for field, px in list(zip(fields, shifts, strict=True))[REACH:-REACH]:
        left = (px if field.moved_px is None else px - field.moved_px)[TOP_LINES:-BOTTOM_LINES]
        line = np.arange(len(left))
        squares.append(np.mean((left - np.polyval(np.polyfit(line, left, 1), line)) ** 2))
    return float(np.sqrt(np.mean(squares)))


def films(material: Material, tier: str) -> tuple[Pair, Pair]:
    """PSNR-Y as the quality bench counts it, and of the rows that it leaves out."""
    model, net, seen = load_model(tier), model_or_none(GUIDE), list(material.guide("placed"))
    found = []
    for beside in (None, seen):
        restored = tape_only(material.tape, material.standard, model, beside, closely=True)
        made = guided(restored, seen, net)
        foot = psnr_y(last_rows(material, made), last_rows(material, map(plain, material.scene)))
        found.append((psnr_y(material.measured(made), material.truth), foot))
    (film, foot), (placed_film, placed_foot) = found
    return (film, placed_film), (foot, placed_foot)


def plain(full: Full) -> Picture:
    return truth_of(full, 0.0)


def last_rows(material: Material, pictures: Iterable[Picture]) -> list[Picture]:
    counted = list(pictures)[2 * LEAD : 2 * (LEAD + material.sample.frames)]
    return [replace(picture, y=picture.y[-SWITCH_ROWS:]) for picture in counted]


def line_rows(found: list[LineScore]) -> Iterator[str]:
    """A line for each clip and wear, and the means."""
    yield f"{'':30}   1 px: tape, camera     as worn: tape, camera    film: tape, camera   last rows"
    for wear in sorted({row.wear for row in found}):
        rows = [row for row in found if row.wear == wear]
        for row in rows:
            yield told(row)
        yield told(
            LineScore("mean", wear, *(means(rows, name) for name in ("one_px", "as_worn", "film", "foot")))
        )


def told(row: LineScore) -> str:
    one, worn = (f"{a:5.2f} -> {b:4.2f}, {c:4.2f} px" for a, b, c in (row.one_px, row.as_worn))
    film, foot = (f"{a:.2f}, {b:.2f} dB" for a, b in (row.film, row.foot))
    return f"{row.wear:5} {row.clip[:24]:24}   {one}   {worn}   {film}   {foot}"


def means(rows: list[LineScore], name: str) -> Any:
    return tuple(mean(values) for values in zip(*(getattr(row, name) for row in rows), strict=True))
