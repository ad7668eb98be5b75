"""The table of tuned models: what was kept, what it gained, and what was asked."""

from __future__ import annotations

from appliance.bench.adapt import AdaptScore, adapt_rows


def row(clip: str, kept: bool, after: float) -> AdaptScore:
    return AdaptScore(clip, "worn", False, kept, 30.0, after, "On windows that were held back.", 6.0, 9.0)


def test_a_model_that_was_not_kept_gains_nothing_and_loses_nothing() -> None:
    assert row("a", False, 29.0).gain == 0
    assert row("a", True, 30.5).gain == 0.5


def test_the_table_says_who_gains_enough() -> None:
    lines = list(adapt_rows([row("a", True, 30.5), row("b", True, 30.1), row("c", False, 30.0)]))
    assert len(lines) == 6
    assert "not kept" in lines[3]
    assert "mean gain +0.20 dB" in lines[4]
    assert "kept on 2 of 3; 1 gain 0.3 dB or more" in lines[5]
