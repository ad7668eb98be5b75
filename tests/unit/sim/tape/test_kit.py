"""The numpy kit does what the protocol says; the torch kit is held to it by models.train.check_simulator."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.sim.tape.kit import NUMPY, THREADLESS, gaussian

ROWS = np.arange(24, dtype=np.float32).reshape(1, 4, 6)


def test_loading_copies_and_storing_rounds_and_holds() -> None:
    picture = np.array([[[3, 250]]], np.uint8)
    loaded = NUMPY.load(picture)
    loaded += 10.6
    assert picture.tolist() == [[[3, 250]]]
    assert NUMPY.store(loaded).tolist() == [[[14, 255]]]
    assert NUMPY.store(np.array([[[-4.0, 1.4]]], np.float32)).tolist() == [[[0, 1]]]


def test_filtering_convolves_and_edges_go_on() -> None:
    late = np.array([0, 0, 1], np.float32)  # a convolution delays by one
    assert NUMPY.filter(ROWS, late)[0, 0].tolist() == [0, 0, 1, 2, 3, 4]
    assert NUMPY.filter(ROWS, np.ones(1, np.float32), late)[0, :, 0].tolist() == [0, 0, 6, 12]


def test_each_row_is_cut_from_its_own_start() -> None:
    starts = np.array([[0, -2, 3, 8]])
    cut = NUMPY.cut(ROWS, starts, 4)[0]
    assert cut.tolist() == [[0, 1, 2, 3], [6, 6, 6, 7], [15, 16, 17, 17], [23, 23, 23, 23]]


def test_mixing_in_bits_is_a_matrix_product() -> None:
    rng = np.random.default_rng(0)
    picture = rng.random((2, 1500, 64), np.float32)
    matrix = rng.random((64, 30), np.float32)
    assert picture[..., 0].size * matrix.size > 5 * THREADLESS
    assert np.allclose(NUMPY.mix(picture, matrix), picture @ matrix, rtol=1e-5)


def test_grain_is_normal_and_belongs_to_its_key() -> None:
    for draw in (NUMPY.normal, NUMPY.sheet):
        one, two, again = draw((60, 80), [(1, 2), (1, 3), (1, 2)])
        assert np.array_equal(one, again)
        assert abs(np.corrcoef(one.ravel(), two.ravel())[0, 1]) < 0.1
        assert (one.mean(), one.std()) == (pytest.approx(0, abs=0.05), pytest.approx(1, abs=0.05))


def test_values_are_looked_up() -> None:
    table = np.arange(256, dtype=np.float32)[::-1].copy() / 2
    looked = NUMPY.look_up(np.array([[[0.4, 300.0, 10.0]]], np.float32), table)
    assert looked.tolist() == [[[127.5, 0.0, 122.5]]]


def test_a_bell_sums_to_one_and_has_its_width() -> None:
    taps = gaussian(2.0)
    place = np.arange(len(taps)) - len(taps) // 2
    assert taps.sum() == pytest.approx(1)
    assert np.sqrt((taps * place**2).sum()) == pytest.approx(2, rel=0.05)
    assert gaussian(0.0).tolist() == [1.0]
