from __future__ import annotations

import numpy as np
import pytest

from appliance.sim.tape.damage import draw_holes, drop_out, lose_chroma, spoil_tracking
from appliance.sim.tape.kit import NUMPY, Planes
from appliance.sim.tape.parameters import TapeParameters
from appliance.sim.tape.timing import tracking_band

ROWS, COLUMNS = 288, 360


def picture(frames: int = 1) -> Planes:
    """Each row of another level, so that a row that came from elsewhere shows."""
    y = np.zeros((frames, ROWS, COLUMNS), np.float32)
    y += 40 + np.arange(ROWS, dtype=np.float32)[None, :, None] % 64
    half = np.full((frames, ROWS, COLUMNS // 2), 90, np.float32)
    return y, half, half.copy() + 70


def test_a_tracking_band_drowns_in_snow_and_loses_its_colour() -> None:
    tape = TapeParameters(seed=300, tracking_rows=80)
    y, u, v = spoil_tracking(picture(2), tape, 4, NUMPY)
    band = tracking_band(ROWS, tape, 4)
    assert np.array_equal(y[:, band == 0], picture(2)[0][:, band == 0])
    assert (u[:, band == 0] == 90).all()
    assert np.abs(y - picture(2)[0])[:, band == 1].mean() > 20
    assert np.abs(u - 128)[:, band == 1].mean() < 25
    assert np.abs(v - 128)[:, band == 1].mean() < 20
    assert not np.array_equal(y[0], y[1])


def test_dropouts_are_as_many_and_as_long_as_they_are_said_to_be() -> None:
    holes = draw_holes(TapeParameters(dropouts_per_frame=4.0, dropout_px=30.0), 0, 200, ROWS, COLUMNS)
    pieces = holes.row.size / 1.5  # one or two rows each
    assert pieces == pytest.approx(800, rel=0.15)
    lengths = (holes.keep == 0).sum(axis=1)
    assert 20 < lengths.mean() < 45
    assert lengths[(lengths > 0) & (holes.keep[:, 0] == 1) & (holes.keep[:, -1] == 1)].min() >= 4
    covered = (holes.cover > 0).any(axis=1).mean()
    assert 0.35 < covered < 0.65


def test_a_dropout_is_filled_with_the_row_before_or_is_light_with_a_tail() -> None:
    tape = TapeParameters(dropouts_per_frame=3.0, dropout_px=20.0)
    before = picture(20)
    y, u, _ = drop_out(picture(20), tape, 0, NUMPY)
    holes = draw_holes(tape, 0, 20, ROWS, COLUMNS)
    tails = 0
    for frame, row, keep, cover, add in zip(
        holes.frame, holes.row, holes.keep, holes.cover, holes.add, strict=True
    ):
        hole = (cover == 1) & (add == 0)
        assert np.array_equal(y[frame, row, hole], before[0][frame, row - 2, hole])
        bare = (keep == 0) & (cover == 0)
        assert (y[frame, row, bare] >= 150).all()
        assert (u[frame, row, bare[::2]] == 128).all()
        tail = (keep == 1) & (add > 0)
        if bare.any() and tail.any():
            after = (y - before[0])[frame, row, tail]
            assert after[0] > 50
            if tail.sum() > 3:
                assert (np.diff(after) < 0).all()
                tails += 1
    assert tails > 5
    untouched = np.ones(ROWS * 20, bool)
    untouched[holes.frame * ROWS + holes.row] = False
    assert np.array_equal(y.reshape(-1, COLUMNS)[untouched], before[0].reshape(-1, COLUMNS)[untouched])


def test_rows_without_colour_are_grey() -> None:
    _, u, v = picture(4)
    u, v = lose_chroma(u, v, TapeParameters(chroma_loss=0.1), 0, NUMPY)
    grey = (u == 128).all(axis=2)
    assert 0.06 < grey.mean() < 0.14
    assert np.array_equal(grey, (v == 128).all(axis=2))
    assert (u[~grey] == 90).all()
    assert not np.array_equal(grey[0], grey[1])
