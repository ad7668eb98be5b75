"""The bench of sync by light knows its truth, and says how far off the answer is."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from appliance.bench.light_grid import (
    LightCase,
    LightRow,
    curves,
    draw_light,
    measured,
    print_light,
    worst_ms,
)
from appliance.bench.light_scene import Eye, Stage, filmed
from appliance.core.types import SyncEstimate


@pytest.fixture
def case() -> LightCase:
    tape = Eye(25.0, (0.1, 0.05, 0.9, 0.95), "tff", noise=3.0)
    return LightCase(3, tape, Eye(30.0, seed=1), 14.0, 12.0, 1.5, 0.0, 0.7, 0.0)


def test_the_grid_holds_every_kind_and_is_the_same_every_time() -> None:
    drawn = list(islice(draw_light(3, 5), 12))
    assert {(case.related, case.flashes > 0) for case in drawn} == {(a, b) for a in (0, 1) for b in (0, 1)}
    assert drawn == list(draw_light(3, 5))
    for case in drawn:
        together = min(case.tape_s, case.offset_s + case.camera_s) - max(0.0, case.offset_s)
        assert together >= 0.6 * min(case.tape_s, case.camera_s)


def test_a_pair_is_measured_against_its_truth(case: LightCase) -> None:
    row = measured(case)
    assert row.accepted
    assert row.error_ms is not None
    assert row.error_ms < 40
    assert not measured(replace(case, related=False)).accepted


def test_the_worst_of_the_common_time_is_told(case: LightCase) -> None:
    assert worst_ms(case, SyncEstimate(1.5)) == pytest.approx(0.0)
    assert worst_ms(case, SyncEstimate(1.45)) == pytest.approx(50.0)
    assert worst_ms(replace(case, ppm=100.0), SyncEstimate(1.5)) == pytest.approx(1.2)


def test_both_cameras_see_the_same_flash_at_the_same_moment_of_the_stage() -> None:
    stage = Stage(2, 12.0, busy=0.0)
    stage.flashes = np.array([5.013])
    for eye, start_s in ((Eye(25.0, order="tff", exposure_s=0.02), 0.0), (Eye(30.0, exposure_s=0.033), 2.0)):
        bright = [(p.y.mean(), p.time_s) for p in filmed(stage, eye, start_s, 6.0)]
        assert max(bright)[1] == pytest.approx(5.013 - start_s, abs=0.05)


def test_the_table_counts_and_judges(case: LightCase, capsys: pytest.CaptureFixture[str]) -> None:
    def row(flashes: bool, related: bool, error_ms: float | None) -> LightRow:
        return LightRow("pair", flashes, related, 0.9, error_ms, 1.0)

    print_light([row(True, True, 5.0), row(True, True, 25.0), row(True, False, None), row(False, True, None)])
    text = capsys.readouterr().out
    assert "2 of 2" in text
    assert "1 of 1 refused" in text
    assert "0 of 1" in text
    assert "falls short" in text


def test_curves_are_those_of_the_cases_times(case: LightCase) -> None:
    tape, camera = curves(case)
    assert (len(tape.time_s), len(camera.time_s)) == (700, 360)
