"""Which models a job takes: for files the best, for a busy box one that keeps up, and always said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from appliance.core.config import Config, EnhanceConfig
from appliance.core.types import ModelInfo
from appliance.enhance.manifest import fingerprint
from appliance.enhance.runtime import Runtime
from appliance.worker import models as module
from appliance.worker.models import Models, open_models


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The tiers that there are; whatever is opened runs on the processor that "provider" names."""
    tiers = {"live", "standard", "guide"}

    def opened(model: ModelInfo, provider: str, *more: object) -> Runtime:
        return Runtime(model, "cpu" if provider == "auto" else provider, "", lambda fields: np.empty(0))

    def load(tier: str) -> ModelInfo:
        assert tier in tiers
        return ModelInfo(f"twinreel-{tier}", "", tier * 9, tier, 5)

    monkeypatch.setattr(module, "open_session", opened)
    monkeypatch.setattr(module, "load_model", load)
    for name in ("appliance.enhance.tiers.has_model", "appliance.worker.models.has_model"):
        monkeypatch.setattr(name, lambda tier, folder=None: tier in tiers)
    return tiers


def open_(tier: str = "auto", provider: str = "auto", *, take: bool = False, camera: bool = True) -> Models:
    wanted: dict[str, Any] = {"tier": tier, "provider": provider}
    return open_models(EnhanceConfig(**wanted), for_take=take, with_camera=camera)


@pytest.mark.parametrize(
    ("tier", "provider", "take", "taken"),
    [
        ("auto", "cpu", False, "standard"),
        ("auto", "cpu", True, "live"),
        ("auto", "cuda", True, "standard"),
        ("standard", "cpu", True, "standard"),
        ("live", "cuda", False, "live"),
    ],
)
def test_the_tier(shelf: set[str], tier: str, provider: str, take: bool, taken: str) -> None:
    models = open_(tier, provider, take=take)
    assert (models.tier, models.tape.model.tier, models.issues) == (taken, taken, ())


def test_one_that_is_missing_is_replaced_and_named_if_it_was_asked_for(shelf: set[str]) -> None:
    shelf.remove("standard")
    models = open_("studio")
    assert models.tier == "live"
    assert [issue.code for issue in models.issues] == ["tier-missing"]
    assert "studio" in models.issues[0].cause
    assert (open_("auto").tier, open_("auto").issues) == ("live", ())


def test_the_camera_has_a_model_where_there_is_one_and_a_camera(shelf: set[str]) -> None:
    with_net, alone = open_(), open_(camera=False)
    assert with_net.guide is not None
    assert with_net.guide_words == "by the model twinreel-guide"
    assert alone.guide is None
    shelf.remove("guide")
    by_rule = open_()
    assert by_rule.guide is None
    assert "without a model" in by_rule.guide_words
    assert with_net.identity != by_rule.identity


def test_the_configurations_tier_is_known() -> None:
    with pytest.raises(ValueError, match="live"):
        Config.model_validate({"enhance": {"tier": "gigantic"}})


def test_a_broken_flow_net_keeps_no_film_from_being_made(
    shelf: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is opened for lost frames only; what a film is made of is told by the list of models."""

    def broken(tier: str, *rest: Any) -> ModelInfo:
        raise AssertionError(f"{tier} was opened")

    models = open_models(EnhanceConfig(), for_take=False, with_camera=False)
    monkeypatch.setattr(module, "load_model", broken)
    assert models.identity[-1] == fingerprint("interpolate")
    assert len(fingerprint("interpolate")) == 64
    assert fingerprint("no such tier") == ""
