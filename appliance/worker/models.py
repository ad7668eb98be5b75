"""The models of a job: which tier restores the tape, what carries the camera's detail, where they run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.core.config import EnhanceConfig
from appliance.core.types import Issue
from appliance.enhance.interpolate import TIER as FILLER
from appliance.enhance.manifest import fingerprint, has_model, load_model
from appliance.enhance.runtime import Runtime, engine_missing, open_session
from appliance.enhance.tiers import GUIDE, tier_missing, tier_there

CLASSICAL = "by rule, without a model: this version has none for it"


@dataclass(frozen=True)
class Models:
    """``guide`` is None where the camera does not help or this version has no model for it.

    ``tape`` is None for a recipe that does not restore.
    """

    tier: str = ""  # of the tape's model, as a person chooses it
    tape: Runtime | None = None
    guide: Runtime | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def identity(self) -> list[str]:
        """Changes with everything that changes the film."""
        if self.tape is None:
            return []
        looks = str(self.tape.model.looks)
        guide = self.guide.model.sha256 if self.guide else ""
        return [self.tier, looks, self.tape.model.sha256, guide, fingerprint(FILLER)]

    @property
    def guide_words(self) -> str:
        """How the camera's detail came into the film."""
        return f"by the model {self.guide.model.name}" if self.guide else CLASSICAL


def wanted_tier(enhance: EnhanceConfig) -> str:
    return "standard" if enhance.tier == "auto" else enhance.tier


def scale_of(enhance: EnhanceConfig) -> int:
    """How many times as wide and high as the tape the film is going to be."""
    return load_model(tier_there(wanted_tier(enhance))).scale


def open_models(
    enhance: EnhanceConfig,
    *,
    for_take: bool,
    with_camera: bool,
    cache: Path | None = None,
    tell: Callable[[str], None] = lambda text: None,
    before_build: Callable[[], None] = lambda: None,
) -> Models:
    """Raises Problem for a model that is damaged, and a provider that was insisted on and is not there.

    The tier "auto" is ``standard``, but for the box's own takes ``live`` where only the CPU can be had: an
    unattended box has to be done with one tape before the next one comes. ``before_build`` is called before a
    processor compiles a model for itself.
    """

    def open_tier(tier: str) -> Runtime:
        model = load_model(tier)
        if engine_missing(model, enhance.provider, cache):
            before_build()
            tell("Preparing the processor for the model; this is done once and takes minutes")
        return open_session(model, enhance.provider, enhance.threads, cache)

    tell("Getting the model ready")
    wanted = wanted_tier(enhance)
    tier = tier_there(wanted)
    tape = open_tier(tier)
    if enhance.tier == "auto" and for_take and tape.provider == "cpu" and tier != "live":
        tier = "live"
        tape = open_tier(tier)
    guide = open_tier(GUIDE) if with_camera and has_model(GUIDE) else None
    missed = enhance.tier not in ("auto", tier)
    return Models(tier, tape, guide, (tier_missing(wanted, tier),) if missed else ())
