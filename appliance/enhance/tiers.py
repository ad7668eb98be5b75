"""Which of the models restores a tape: what was asked for, else the next smaller one, and that is said."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from appliance.core.config import Tier
from appliance.core.problems import Problem
from appliance.core.types import Issue, Severity
from appliance.enhance.manifest import has_model

BY_SIZE = ("studio", "standard", "live")
GUIDE = "guide"


def known_tier(name: str) -> Tier:
    """Raises Problem for a name that is no tier."""
    for tier in get_args(Tier):
        if name == tier:
            return tier  # type: ignore[no-any-return]
    raise Problem(
        "tier-unknown",
        f"There is no tier {name!r}",
        f"The tiers are {', '.join(reversed(BY_SIZE))}; auto takes the one that fits.",
        "Choose one of these.",
    )


def tier_there(wanted: str, folder: Path | None = None) -> str:
    """``wanted``, or the next smaller one that this version has; ``live`` where it has none of them."""
    for tier in BY_SIZE[BY_SIZE.index(wanted) :]:
        if has_model(tier, folder):
            return tier
    return "live"


def tier_missing(wanted: str, used: str) -> Issue:
    return Problem(
        "tier-missing",
        f"The film was made with the tier {used}",
        f"This version of Twinreel has no model of the tier {wanted}.",
        f"Nothing needs to be done. To have the film better, install a version that has {wanted}.",
        Severity.NOTICE,
    ).issue
