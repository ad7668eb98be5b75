"""The models of a job: which tier restores the tape, what carries the camera's detail, where they run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.core.config import EnhanceConfig
from appliance.core.types import Issue
from appliance.enhance.manifest import has_model, load_model
from appliance.enhance.runtime import Runtime, open_session
from appliance.enhance.tiers import GUIDE, tier_missing, tier_there

CLASSICAL = "by rule, without a model: this version has none for it"


@dataclass(frozen=True)
class Models:
    """``guide`` is None where the camera does not help or this version has no model for it."""

    tier: str  # of the tape's model, as a person chooses it
    tape: Runtime
    guide: Runtime | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def identity(self) -> list[str]:
        """Changes with everything that changes the film."""
        return [self.tape.model.sha256, self.guide.model.sha256 if self.guide else ""]

    @property
    def guide_words(self) -> str:
        """How the camera's detail came into the film."""
        return f"by the model {self.guide.model.name}" if self.guide else CLASSICAL


def open_models(
    enhance: EnhanceConfig,
    *,
    for_take: bool,
    with_camera: bool,
    cache: Path | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> Models:
    """Raises Problem for a model that is damaged, and a provider that was insisted on and is not there.

    The tier "auto" is ``standard``, but for the box's own takes ``live`` where only the CPU can be had: an
    unattended box has to be done with one tape before the next one comes.
    """
    tell("Getting the model ready")
    wanted = "standard" if enhance.tier == "auto" else enhance.tier
    tier = tier_there(wanted)
    tape = open_tier(tier, enhance, cache)
    if enhance.tier == "auto" and for_take and tape.provider == "cpu" and tier != "live":
        tier = "live"
        tape = open_tier(tier, enhance, cache)
    guide = open_tier(GUIDE, enhance, cache) if with_camera and has_model(GUIDE) else None
    missed = enhance.tier not in ("auto", tier)
    return Models(tier, tape, guide, (tier_missing(wanted, tier),) if missed else ())


def open_tier(tier: str, enhance: EnhanceConfig, cache: Path | None) -> Runtime:
    return open_session(load_model(tier), enhance.provider, enhance.threads, cache)
