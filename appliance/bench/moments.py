"""How near a camera's picture between two of its own comes to what was there at that moment.

Every second picture of a clip is the camera's; those between are the truth, at half of the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.bench.clips import read_scene, standard_of, truth_of
from appliance.bench.material import SKIP, Sample
from appliance.bench.quality import Tell, Wanted, find_samples
from appliance.core.types import Picture, Plane
from appliance.register.moments import Moment, moments

BELIEVED = 128  # of 255
EDGE_PX = 8
SAME = 1e-3  # a mean square that counts as none


@dataclass(frozen=True)
class MomentScore:
    """PSNR-Y of the nearest picture, of the mean of both, and of what was moved between them.

    Then of the last where it is sure of itself, and the share of the picture where it is.
    """

    clip: str
    nearest: float
    mixed: float
    moved: float
    sure: float
    share: float


def measure_moments(wanted: Wanted, tell: Tell) -> list[MomentScore]:
    samples = [sample for sample in find_samples(wanted) if sample.wear == wanted.wears[0]]
    found = []
    for number, sample in enumerate(samples):
        tell(number / len(samples), f"Moving {sample.clip.stem.split('__')[-1]}")
        found.append(score(sample))
    tell(1.0, "Done")
    return found


def score(sample: Sample) -> MomentScore:
    standard = standard_of(sample.clip)
    scene = read_scene(sample.clip, standard, 2 * sample.frames + 1, SKIP)
    film = [truth_of(full, number / standard.field_rate) for number, full in enumerate(scene)]
    made = list(moments(iter(film[::2]), [picture.time_s for picture in film]))
    rows = [
        of_one(film[k - 1], film[k], film[k + 1], moment)
        for k, moment in enumerate(made)
        if k % 2 and moment is not None and moment.sure.any()  # a cut has nothing between
    ]
    values = (mean(column) for column in zip(*rows, strict=True))
    return MomentScore(sample.clip.stem.split("__")[-1], *values)


def of_one(before: Picture, truth: Picture, after: Picture, made: Moment) -> tuple[float, ...]:
    both = np.asarray(cv2.addWeighted(before.y, 0.5, after.y, 0.5, 0), np.uint8)
    believed = made.sure >= BELIEVED
    whole = np.ones(believed.shape, np.bool_)
    pictures = ((before.y, whole), (both, whole), (made.picture.y, whole), (made.picture.y, believed))
    return *(psnr(plane, truth.y, where) for plane, where in pictures), float(inner(believed).mean())


def psnr(made: Plane, truth: Plane, where: NDArray[np.bool_]) -> float:
    error = (inner(made).astype(np.float64) - inner(truth))[inner(where)]
    return float(10 * np.log10(255**2 / max(SAME, float(np.mean(error**2))))) if error.size else 0.0


def inner(plane: NDArray[Any]) -> NDArray[Any]:
    return plane[EDGE_PX:-EDGE_PX, EDGE_PX:-EDGE_PX]


def moment_rows(found: Sequence[MomentScore]) -> Iterator[str]:
    """A line for each clip, and the means."""
    yield f"{'':24}   nearest     mean    moved   where sure"
    for row in found:
        yield told(row)
    names = ("nearest", "mixed", "moved", "sure", "share")
    yield told(MomentScore("mean", *(mean(getattr(row, name) for row in found) for name in names)))


def told(row: MomentScore) -> str:
    values = f"{row.nearest:7.2f}  {row.mixed:7.2f}  {row.moved:7.2f}   {row.sure:.2f} dB"
    return f"{row.clip[:24]:24}   {values} on {100 * row.share:.0f} %"
