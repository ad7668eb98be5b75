"""Means over clips, and how sure a difference of two methods is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 10_000
TAIL_PERCENT = 2.5


@dataclass(frozen=True)
class Difference:
    """The mean over clips, and the middle 95 % of what other clips of the kind might have given."""

    mean: float
    low: float
    high: float


def paired(ours: Sequence[float], theirs: Sequence[float], seed: int = 0) -> Difference:
    """Clip by clip, ours less theirs, bootstrapped over the clips."""
    each = np.asarray(ours, np.float64) - np.asarray(theirs, np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(each), (RESAMPLES, len(each)))
    low, high = np.percentile(each[drawn].mean(axis=1), [TAIL_PERCENT, 100 - TAIL_PERCENT])
    return Difference(float(each.mean()), float(low), float(high))
