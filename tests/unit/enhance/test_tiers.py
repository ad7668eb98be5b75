"""Which tier is taken where a version lacks the one that was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.core.problems import Problem
from appliance.enhance.tiers import known_tier, tier_missing, tier_there
from tests.unit.enhance.conftest import add_model, picking_model


def test_a_tier_that_nobody_knows_lists_the_others() -> None:
    with pytest.raises(Problem) as raised:
        known_tier("gigantic")
    assert raised.value.issue.code == "tier-unknown"
    assert "live, standard, studio" in raised.value.issue.cause
    assert [known_tier(name) for name in ("auto", "studio")] == ["auto", "studio"]


@pytest.mark.parametrize(
    ("there", "wanted", "taken"),
    [
        ((), "studio", "live"),
        ((), "live", "live"),
        (("standard",), "studio", "standard"),
        (("standard", "studio"), "studio", "studio"),
        (("studio",), "standard", "live"),
    ],
)
def test_the_next_smaller_one_is_taken(models: Path, there: tuple[str, ...], wanted: str, taken: str) -> None:
    for tier in there:
        add_model(models, tier, tier, picking_model())
    assert tier_there(wanted, models) == taken


def test_what_was_taken_is_said() -> None:
    issue = tier_missing("standard", "live")
    assert issue.severity.value == "notice"
    assert "live" in issue.title
    assert "standard" in issue.cause
