"""Which rows the table has, and what each is made of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from appliance.bench import methods as rows
from appliance.bench.methods import methods, source_digest
from appliance.core.types import ModelInfo, Picture

PLANE = np.zeros((4, 4), np.uint8)
SEEN = (Picture(PLANE, PLANE, PLANE, 0.0), np.full((4, 4), 255, np.uint8))


def model(tier: str) -> ModelInfo:
    return ModelInfo(tier, f"{tier}.onnx", f"hash of {tier}", tier, 5)


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Models of live, its float twin and standard; what the product was asked for."""
    asked: list[tuple[str, ...]] = []

    def tape_only(tape: Any, standard: Any, chosen: ModelInfo, beside: Any = ()) -> list[Picture]:
        asked.append(("tape", chosen.tier, *(f"beside {coverage.max()}" for _, coverage in beside)))
        return [SEEN[0]]

    def guided(films: Any, seen: Iterable[Any], net: ModelInfo | None) -> list[Picture]:
        asked.extend(("guide", str(coverage.max())) for _, coverage in seen)
        return list(films)

    monkeypatch.setattr(rows, "load_model", model)
    monkeypatch.setattr(rows, "model_or_none", lambda tier: model(tier) if tier == "live-f32" else None)
    monkeypatch.setattr(rows, "tape_only", tape_only)
    monkeypatch.setattr(rows, "guided", guided)
    return asked


def material(kinds: list[str]) -> Any:
    return SimpleNamespace(tape=[], standard=None, guide=lambda kind: kinds.append(kind) or [SEEN])


def test_the_rows_and_their_order(there: list[tuple[str, ...]]) -> None:
    names = [row.name for row in methods(("live", "standard"), True)]
    assert names[:4] == ["bwdif", "bwdif+hqdn3d", "bwdif+atadenoise", "bwdif+nlmeans"]
    guides = ["guided", "guide 3 px off", "wrong guide", "absent guide"]
    assert names[4:10] == ["live", *(f"live {guide}" for guide in guides), "live FP32"]
    assert names[10:] == ["standard", *(f"standard {guide}" for guide in guides)]
    assert len(methods(("live",), False)) == 4 + 2


def test_a_camera_tells_of_the_lines_first_and_then_shows_its_detail(there: list[tuple[str, ...]]) -> None:
    kinds: list[str] = []
    one = material(kinds)
    for row in methods(("live",), True)[4:]:
        row.make(one)
    assert kinds == ["placed", "misplaced", "wrong", "placed"]
    helped = [("tape", "live", "beside 255"), ("guide", "255")]
    absent = [("tape", "live", "beside 0"), ("guide", "0")]
    assert there == [("tape", "live"), *helped, *helped, *helped, *absent, ("tape", "live-f32")]


def test_another_clip_is_another_film(there: list[tuple[str, ...]]) -> None:
    row = methods(("live",), False)[4]
    for _ in range(2):
        row.make(material([]))
    assert there == [("tape", "live")] * 2


def test_a_new_model_changes_its_own_rows_and_no_others(
    there: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {row.name: row.identity for row in methods(("live",), True)}
    monkeypatch.setattr(rows, "load_model", lambda tier: model("newer"))
    after = {row.name: row.identity for row in methods(("live",), True)}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {name for name in before if name.startswith("live") and "FP32" not in name}


def test_the_digest_is_of_files_that_are_there() -> None:
    assert source_digest(*rows.CHAIN_SOURCES) != source_digest(*rows.CHAIN_SOURCES, *rows.OUR_SOURCES)
    folder = Path(rows.__file__).parents[1]
    assert all((folder / name).is_file() for name in rows.enhance_sources())
