from __future__ import annotations

import numpy as np
import pytest

from appliance.sim.tape.kit import NUMPY
from appliance.sim.tape.luma import add_grain, emphasis_taps, limit_luma, record_luma, smear
from appliance.sim.tape.parameters import TapeParameters


def step(low: float = 60, high: float = 180) -> np.ndarray:
    y = np.full((1, 4, 240), low, np.float32)
    y[:, :, 120:] = high
    return y


def amplitude(mhz: float, tape: TapeParameters) -> float:
    wave = 120 + 40 * np.cos(2 * np.pi * mhz / tape.sample_rate_mhz * np.arange(240, dtype=np.float32))
    limited = limit_luma(np.tile(wave.astype(np.float32), (1, 2, 1)), tape, NUMPY)[0, 0, 40:200]
    return float(limited.std() / wave[40:200].std())


@pytest.mark.parametrize("cut_mhz", [3.0, 1.9, 1.4])
@pytest.mark.parametrize("rate_mhz", [13.5, 6.75])
def test_light_above_the_cut_is_gone_and_below_it_stays(cut_mhz: float, rate_mhz: float) -> None:
    tape = TapeParameters(luma_cut_mhz=cut_mhz, sample_rate_mhz=rate_mhz)
    assert amplitude(cut_mhz * 0.4, tape) > 0.9
    assert 0.3 < amplitude(cut_mhz, tape) < 0.7
    if 2 * cut_mhz < rate_mhz / 2:
        assert amplitude(2 * cut_mhz, tape) < 0.05


def test_ringing_overshoots_both_sides_of_an_edge_and_trails_behind_it() -> None:
    calm, ringing = (
        limit_luma(step(), TapeParameters(luma_cut_mhz=2.4, ringing=r), NUMPY)[0, 0] for r in (0.0, 0.6)
    )
    assert 0.10 < (ringing.max() - 180) / 120 < 0.3
    assert ringing.max() - 180 > 1.4 * (calm.max() - 180)
    assert 60 - ringing.min() > 1.4 * (60 - calm.min())
    trail, lead = (np.abs(ringing - calm)[part].sum() for part in (slice(122, 130), slice(110, 118)))
    assert trail > 1.3 * lead


def test_the_clip_smears_to_the_right_of_strong_edges_only() -> None:
    tape = TapeParameters(smear=0.6)
    strong = smear(step(20, 230), tape, NUMPY)[0, 0] - step(20, 230)[0, 0]
    assert strong[121:126].max() < -10
    assert strong[121] < strong[126] < strong[140] <= 0
    assert np.abs(strong[:119]).max() < 1e-3
    assert np.abs(smear(step(110, 140), tape, NUMPY) - step(110, 140)).max() < 1e-3


def test_the_players_emphasis_undoes_the_recorders() -> None:
    boost, undo = emphasis_taps(8.1)
    there_and_back = NUMPY.filter(NUMPY.filter(step(), boost), undo)
    assert np.abs(there_and_back - step()).max() < 6  # the far tails are cut off
    assert np.abs(NUMPY.filter(step(), boost) - step()).max() > 100


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_noise_has_its_figure_and_runs_along_the_rows() -> None:
    y = add_grain(np.full((2, 200, 300), 100, np.float32), TapeParameters(luma_noise=5.0), 0, 0, NUMPY)
    assert y.std() == pytest.approx(5, rel=0.1)
    assert likeness(y[:, :, 2:], y[:, :, :-2]) > 0.2 > 0.05 > likeness(y[:, 2:], y[:, :-2])
    assert abs(likeness(y[0], y[1])) < 0.05


def test_whole_rows_are_brighter_or_darker() -> None:
    y = add_grain(np.full((1, 400, 30), 100, np.float32), TapeParameters(row_noise=1.5), 0, 0, NUMPY)
    assert np.ptp(y, axis=2).max() == 0
    assert y.std() == pytest.approx(1.5, rel=0.15)


def test_every_copy_has_noise_of_its_own() -> None:
    tape = TapeParameters(luma_noise=4.0)
    once, again = (record_luma(step(), tape, 3, generation, NUMPY) for generation in (0, 1))
    assert np.abs(once - again).mean() > 2


def test_fine_grain_is_as_strong_and_not_alike_along_the_row() -> None:
    grey = np.full((1, 200, 300), 100, np.float32)
    alike = {}
    for tone in (0.0, 1.0):
        y = add_grain(grey.copy(), TapeParameters(luma_noise=5.0, noise_tone=tone), 0, 0, NUMPY) - 100
        assert y.std() == pytest.approx(5.0, rel=0.05)
        alike[tone] = np.corrcoef(y[0, :, 1:].ravel(), y[0, :, :-1].ravel())[0, 1]
    assert alike[0.0] > 0.6
    assert alike[1.0] < -0.2
