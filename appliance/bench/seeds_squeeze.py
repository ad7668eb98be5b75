"""Table 1 of the seeds: a quarter of the size through x265 and restored, beside x265 at full size."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from appliance.bench.methods import FP32
from appliance.bench.ours import FLOAT, model_or_none
from appliance.bench.seeds_scores import Rows, SeedScores, mean
from appliance.bench.seeds_tables import BICUBIC, RATE, by_bicubic, by_net
from appliance.core.types import ModelInfo, Picture
from appliance.encode.squeeze import SqueezeSpec, quarter_of, squeezed
from appliance.enhance.manifest import load_model

TIER, FULL = "compact", "x265, full size"
PRESET = "medium"
PAPERS_CRF = 28
QUARTER_CRFS = (22, 28, 34, 40)  # the curve's four rates
FULL_CRFS = (24, 28, 32, 36, 40, 44, 48, 51)
GAINS = ("psnr_y", "ssim", "ms_ssim", "vmaf")
Films = Sequence[Picture]


@dataclass(frozen=True)
class Squeezed:
    """What a file shows, and its pictures' bits; the container's own few bytes are left out."""

    pictures: list[Picture]
    kbit_s: float


@dataclass(frozen=True)
class Equal:
    """Ours at one rate, mean over clips, less x265 of full size at the bit rate of each clip."""

    crf: int
    kbit_s: float
    clips: int  # whose rate lies within the curve of full size
    psnr_y: float
    ssim: float
    ms_ssim: float
    vmaf: float


def through(clean: Films, width: int, height: int, crf: int) -> Squeezed:
    spec = SqueezeSpec(width, height, Fraction(int(RATE)), crf, PRESET)
    with tempfile.TemporaryDirectory(prefix="twinreel-seeds-") as folder:
        path = Path(folder) / "squeezed.mkv"
        shown = list(squeezed(clean, spec, path))
        return Squeezed(shown, coded_bytes(path) * 8 * RATE / len(shown) / 1000)


def coded_bytes(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(packet.size for packet in container.demux(video=0))


def full_name(crf: int) -> str:
    return f"{FULL}, CRF {crf}"


def quarter_name(crf: int, by: str) -> str:
    return f"quarter, CRF {crf}, {by}"


def restorers() -> Iterator[tuple[str, ModelInfo | None]]:
    """The words for it and the net; None enlarges alone."""
    yield BICUBIC, None
    yield TIER, load_model(TIER)
    floats = model_or_none(f"{TIER}{FLOAT}")
    if floats is not None:
        yield f"{TIER} {FP32}", floats


def enlarged_by(small: Films, net: ModelInfo | None) -> Films:
    return by_bicubic(small, 2) if net is None else by_net(small, net)


def quarter(clean: Films, crf: int) -> Squeezed:
    rows, columns = clean[0].y.shape
    return through(clean, *quarter_of(columns, rows), crf)


def equal_rate(found: Rows, by: str = TIER) -> list[Equal]:
    """At each of our rates, against the full size's curve of the same clip, between whose points it lies."""
    return [equal_at(found, crf, by) for crf in QUARTER_CRFS if quarter_name(crf, by) in found]


def equal_at(found: Rows, crf: int, by: str) -> Equal:
    ours = found[quarter_name(crf, by)]
    curves = [[found[full_name(c)][n] for c in FULL_CRFS] for n in range(len(ours))]
    pairs = [(one, at_rate(curve, one.kbit_s)) for one, curve in zip(ours, curves, strict=True)]
    there = [(one, other) for one, other in pairs if other is not None]

    def gain(metric: str) -> float:
        each = [getattr(one, metric) - getattr(other, metric) for one, other in there]
        return float(np.mean(each)) if each else float("nan")

    gains = {metric: gain(metric) for metric in GAINS}
    return Equal(crf, mean(ours, "kbit_s"), len(there), **gains)


def at_rate(curve: Sequence[SeedScores], kbit_s: float) -> SeedScores | None:
    """Between the two points on either side, by the logarithm of the rate; None beyond the ends."""
    points = sorted(curve, key=lambda point: point.kbit_s)
    rates = [point.kbit_s for point in points]
    if not rates[0] <= kbit_s <= rates[-1]:
        return None

    def between(metric: str) -> float:
        return float(np.interp(np.log(kbit_s), np.log(rates), [getattr(point, metric) for point in points]))

    return SeedScores(
        psnr_c=between("psnr_c"), kbit_s=kbit_s, **{metric: between(metric) for metric in GAINS}
    )
