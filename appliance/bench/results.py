"""The scores of every method on every clip, and what the issue asks of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from appliance.bench.chains import DENOISERS
from appliance.bench.methods import ABSENT, FP32, GUIDED, WRONG
from appliance.bench.metrics import Scores
from appliance.bench.statistics import Difference, paired

METRICS = ("psnr_y", "psnr_c", "ssim", "vmaf", "vmaf_neg", "difference")
LESS_IS_BETTER = ("difference",)
BEST_CHAIN = "the best chain"
OwnScores = dict[str, list[Scores]]  # of each method, clip by clip

# tier: (PSNR-Y, SSIM) over the best chain on good and on worn tapes
OVER_CHAINS = {
    "live": {"good": (1.0, 0.01), "worn": (1.5, 0.02)},
    "standard": {"good": (2.0, 0.02), "worn": (2.5, 0.03)},
}
VMAF_OVER_BWDIF = {"good": 0.0, "worn": 5.0}
GUIDE_GAIN = {"good": 3.0, "worn": 4.0}
HARMLESS, QUANTISED = -0.05, -0.1


@dataclass(frozen=True)
class Claim:
    """``method`` is to be at least so much better than ``against`` by this metric."""

    wear: str
    method: str
    metric: str
    against: str
    least: float


@dataclass(frozen=True)
class Verdict:
    claim: Claim
    found: Difference

    @property
    def holds(self) -> bool:
        return self.found.mean >= self.claim.least


def values(scores: Sequence[Scores], metric: str) -> list[float]:
    return [float(getattr(one, metric)) for one in scores]


def mean(scores: Sequence[Scores], metric: str) -> float:
    return float(np.mean(values(scores, metric)))


def best_chain(found: OwnScores, metric: str) -> str:
    """The one with the best mean by this metric."""
    sign = -1 if metric in LESS_IS_BETTER else 1
    return max((c for c in DENOISERS if c in found), key=lambda chain: sign * mean(found[chain], metric))


def over_best(found: OwnScores, method: str, metric: str) -> Difference:
    return paired(values(found[method], metric), values(found[best_chain(found, metric)], metric))


def claims(wear: str, tiers: Sequence[str]) -> list[Claim]:
    """What is asked on tapes of this wear; about rows that may not be there."""
    asked = []
    for tier in tiers:
        for metric, least in zip(("psnr_y", "ssim"), OVER_CHAINS.get(tier, {}).get(wear, ()), strict=False):
            asked.append(Claim(wear, tier, metric, BEST_CHAIN, least))
        if tier == "studio":
            asked.append(Claim(wear, tier, "psnr_y", "standard", 0.0))
        for metric in ("vmaf", "vmaf_neg"):
            asked.append(Claim(wear, tier, metric, "bwdif", VMAF_OVER_BWDIF[wear]))
        asked.append(Claim(wear, f"{tier} {GUIDED}", "psnr_y", tier, GUIDE_GAIN[wear]))
        asked += [Claim(wear, f"{tier} {guide}", "psnr_y", tier, HARMLESS) for guide in (WRONG, ABSENT)]
        asked.append(Claim(wear, tier, "psnr_y", f"{tier} {FP32}", QUANTISED))
    return asked


def verdicts(found: OwnScores, wear: str, tiers: Sequence[str]) -> list[Verdict]:
    """Of the claims that the rows at hand can answer."""
    answers = []
    for claim in claims(wear, tiers):
        against = best_chain(found, claim.metric) if claim.against == BEST_CHAIN else claim.against
        if claim.method in found and against in found:
            difference = paired(
                values(found[claim.method], claim.metric), values(found[against], claim.metric)
            )
            answers.append(Verdict(claim, difference))
    return answers


def as_json(found: OwnScores, wear: str, tiers: Sequence[str]) -> dict[str, Any]:
    return {
        "methods": {name: method_json(found, name) for name in found},
        "required": [asdict(v) | {"holds": v.holds} for v in verdicts(found, wear, tiers)],
    }


def method_json(found: OwnScores, name: str) -> dict[str, Any]:
    return {
        "mean": {metric: mean(found[name], metric) for metric in METRICS},
        "over_best_chain": {metric: asdict(over_best(found, name, metric)) for metric in METRICS},
        "clips": [asdict(one) for one in found[name]],
    }
