from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance.sim.tape.kit import NUMPY
from appliance.sim.tape.parameters import TapeParameters
from appliance.sim.tape.timing import (
    displace,
    edge_wave,
    head_switch,
    line_jitter,
    move_rows,
    row_shifts,
    skew,
    tracking_band,
    tracking_jitter,
)

ROWS = 288


def test_rows_move_by_what_the_shift_says() -> None:
    picture = np.tile(np.arange(50, dtype=np.float32), (1, 4, 1))
    moved = move_rows(picture, np.array([[0, 2, -3, 1.5]], np.float32), NUMPY)
    assert moved[0, :, 20] == pytest.approx([20, 18, 23, 18.5], abs=1e-4)
    assert np.array_equal(moved[0, 0], picture[0, 0])
    assert moved[0, 1, :3].tolist() == [0, 0, 0]


def test_jitter_has_its_figure_and_rows_of_a_field_err_alike() -> None:
    tape = TapeParameters(line_jitter_px=1.5)
    drawn = np.stack([line_jitter(ROWS, tape, index) for index in range(20)])
    assert drawn.std() == pytest.approx(1.5, rel=0.1)
    alike, apart = (np.corrcoef(drawn[:, k:].ravel(), drawn[:, :-k].ravel())[0, 1] for k in (2, 1))
    assert alike > 0.4 > 0.15 > apart


def test_the_wave_is_slow_in_time_and_along_the_rows() -> None:
    now, soon = (edge_wave(ROWS, TapeParameters(edge_wave_px=10.0), index) for index in (40, 41))
    assert 3 < np.abs(now).max() <= 10
    assert 0.01 < np.abs(now - soon).max() < 1.5
    assert np.abs(np.diff(now)).max() < 0.6


def test_skew_bends_the_top_only_and_sways() -> None:
    bends = [skew(ROWS, TapeParameters(skew_px=10.0), index) for index in range(12)]
    assert max(abs(bend[0]) for bend in bends) > 8
    assert np.ptp([bend[0] for bend in bends]) > 10
    assert max(np.abs(bend[40:]).max() for bend in bends) < 0.01


def test_only_the_last_rows_suffer_from_the_head_switch() -> None:
    shift = head_switch(ROWS, TapeParameters(head_switch_rows=8, head_switch_px=20.0), 0)
    assert not shift[: ROWS - 8].any()
    assert 16 < shift[ROWS - 8] < 24
    assert 0 < shift[-1] < shift[ROWS - 8] / 2


def test_the_head_switch_begins_in_the_middle_of_a_row() -> None:
    ramp = np.tile(np.arange(200, dtype=np.float32), (1, 40, 1))
    colour = ramp[:, :, ::2].copy()
    tape = TapeParameters(head_switch_rows=6, head_switch_px=20.0)
    y, u, _ = displace((ramp.copy(), colour.copy(), colour.copy()), tape, 0, NUMPY)
    moved = np.abs(y - ramp) > 10
    assert not moved[0, :33].any()
    assert not moved[0, 33, :100].any()
    assert moved[0, 33, 100:].all()
    assert moved[0, 34, 30:].all()
    assert np.abs(u - colour)[0, 33, 60] == pytest.approx(np.abs(y - ramp)[0, 33, 120], rel=0.01)


def test_the_tracking_band_drifts_shakes_and_goes_away() -> None:
    tape = TapeParameters(seed=5, tracking_rows=60, tracking_rows_per_frame=4.0)
    suffering = [float(tracking_band(ROWS, tape, index).sum()) for index in range(300)]
    assert 25 < max(suffering) < 62
    assert min(suffering) == 0
    assert np.abs(np.diff(suffering)).max() <= 4.1
    worst = int(np.argmax(suffering))
    inside = tracking_band(ROWS, tape, worst) == 1
    shake = tracking_jitter(ROWS, tape, worst)
    assert 3 < shake[inside].std() < 10
    assert not shake[tracking_band(ROWS, tape, worst) == 0].any()


def test_colour_comes_late_and_the_light_does_not() -> None:
    ramp = np.tile(np.arange(200, dtype=np.float32), (1, 10, 1))
    colour = ramp[:, :, ::2].copy()
    y, u, v = displace(
        (ramp.copy(), colour.copy(), colour.copy()), TapeParameters(chroma_delay_px=6.0), 0, NUMPY
    )
    assert np.array_equal(y, ramp)
    assert np.allclose(u[:, :, 20:], colour[:, :, 20:] - 6, atol=1e-3)
    assert np.array_equal(u, v)


@pytest.mark.parametrize(
    "change",
    [
        {"line_jitter_px": 1.0},
        {"edge_wave_px": 5.0},
        {"skew_px": 5.0},
        {"head_switch_rows": 8, "head_switch_px": 20.0},
        {"tracking_rows": 100, "seed": 300},
    ],
)
def test_every_movement_is_part_of_the_sum(change: dict[str, float]) -> None:
    still = TapeParameters(seed=3)
    assert not row_shifts(ROWS, still, 1).any()
    assert np.abs(row_shifts(ROWS, replace(still, **change), 1)).max() > 1  # type: ignore[arg-type]
