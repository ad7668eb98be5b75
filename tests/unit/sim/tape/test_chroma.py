from __future__ import annotations

import numpy as np
import pytest

from appliance.sim.tape.chroma import add_streaks, blend_rows, limit_chroma, turn_hue
from appliance.sim.tape.kit import NUMPY
from appliance.sim.tape.parameters import TapeParameters

SHAPE = (2, 120, 180)


def flat(level: float) -> np.ndarray:
    return np.full(SHAPE, level, np.float32)


@pytest.mark.parametrize("cut_mhz", [0.5, 0.32, 0.28])
def test_colour_is_three_decibels_down_at_the_cut(cut_mhz: float) -> None:
    wave = 20 * np.cos(2 * np.pi * cut_mhz / 6.75 * np.arange(720, dtype=np.float32))
    limited = limit_chroma(wave.reshape(1, 1, -1), TapeParameters(chroma_cut_mhz=cut_mhz), NUMPY)[0, 0]
    assert limited[100:-100].std() / wave[100:-100].std() == pytest.approx(0.707, abs=0.02)


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_colour_noise_has_its_figure_and_is_streaky() -> None:
    u, v = add_streaks(flat(128), flat(128), TapeParameters(chroma_noise=6.0), 0, 0, NUMPY)
    assert u.std() == pytest.approx(6, rel=0.25)
    assert likeness(u[:, :, 6:], u[:, :, :-6]) > 0.6 > 0.3 > likeness(u[:, 1:], u[:, :-1])
    assert likeness(u[:, 2:], u[:, :-2]) > 0.3
    assert abs(likeness(u, v)) < 0.2
    assert abs(likeness(u[0], u[1])) < 0.2


def test_a_wrong_phase_turns_the_hue_of_ntsc_but_pal_averages_it_away() -> None:
    def left(standard: str) -> float:
        tape = TapeParameters(chroma_phase_deg=20.0, standard=standard)  # type: ignore[arg-type]
        u, v = turn_hue(flat(128), flat(178), tape, 0, 0, NUMPY)
        assert np.allclose(np.hypot(u - 128, v - 128), 50, atol=0.01)
        return float(blend_rows(u, 1.0)[:, 2:].mean() - 128)

    assert abs(left("ntsc")) > 6
    assert abs(left("pal")) < 1
    pal = TapeParameters(chroma_phase_deg=20.0)
    signs = np.sign(turn_hue(flat(128), flat(178), pal, 0, 0, NUMPY)[0][0, :5, 0] - 128).tolist()
    assert signs == [-1, -1, 1, 1, -1]


def test_each_row_has_a_phase_of_its_own() -> None:
    u, _ = turn_hue(flat(128), flat(178), TapeParameters(chroma_phase_jitter_deg=8.0), 0, 0, NUMPY)
    assert np.ptp(u, axis=2).max() == 0
    degrees = np.degrees(np.arcsin((128 - u[:, :, 0]) / 50))
    assert degrees.std() == pytest.approx(8, rel=0.2)


def test_colour_rows_blend_within_their_own_field() -> None:
    plane = flat(100)
    plane[:, 1::2] = 200
    plane[:, 40] = 180
    blended = blend_rows(plane, 1.0)
    assert blended[0, 39:45, 0].tolist() == [200, 140, 200, 140, 200, 100]
