"""The states that a camera's track goes through, from figures alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance.register.follow import (
    Track,
    basis,
    begun,
    blurred,
    due,
    followed,
    placing_of_track,
    rested,
    smooth,
    strange,
)
from appliance.register.measure import Cells
from appliance.register.place import NODES, Placing

PLAIN = Placing(np.eye(3), 0.0, np.zeros((*NODES, 2)))


def saying(track: Track, truth: np.ndarray, worth: float = 200.0, whole: float = 0.9) -> Cells:
    """Cells that want the track to read at ``truth`` (*NODES, 2)."""
    info = np.zeros((*NODES, 3))
    info[..., (0, 2)] = worth
    wanted = truth - placing_of_track(track).mesh
    one = np.ones(NODES)
    return Cells(info, worth * wanted, one, 0.9 * one, 30 * one, whole, 50.0, 50.0)


def runs(track: Track, truths: list[np.ndarray]) -> Track:
    for truth in truths:
        track = followed(track, saying(track, truth), np.zeros((3, 2)))
    return track


def flat(x: float, y: float = 0.0) -> np.ndarray:
    return np.full((*NODES, 2), (x, y))


def now(track: Track) -> np.ndarray:
    return placing_of_track(replace(track, speed=np.zeros((3, 2)))).mesh


def test_noise_makes_it_steady_and_a_drift_makes_it_quick():
    rng = np.random.default_rng(3)
    steady = runs(begun(PLAIN), [flat(rng.normal(0, 0.4)) for _ in range(120)])
    swaying = [flat(5 * np.sin(n / 6)) for n in range(120)]
    quick = runs(begun(PLAIN), swaying)
    assert steady.gain < 0.12 < 0.4 < quick.gain
    assert np.abs(now(steady)).max() < 0.2
    assert now(quick) == pytest.approx(swaying[-1], abs=0.6)


def test_what_bends_goes_into_the_mesh_and_is_kept_when_the_camera_sways():
    bump = 1.5 * np.sin(basis() @ np.array([[0, 0], [3.0, 0], [0, 2.0]]))
    track = runs(begun(PLAIN), [bump + flat(4 * np.sin(n / 6)) for n in range(150)])
    inner = now(track) - now(track).mean((0, 1)) - (bump - bump.mean((0, 1)))
    assert np.abs(inner[1:-1, 1:-1]).max() < 0.25


def test_a_jump_is_taken_at_once_and_leaves_no_swing():
    track = runs(begun(PLAIN), [flat(0)] * 20)
    assert now(runs(track, [flat(4.0)])) == pytest.approx(flat(4.0), abs=0.1)
    assert now(runs(track, [flat(4.0)] * 6)) == pytest.approx(flat(4.0), abs=0.1)


def test_a_place_that_tells_nothing_goes_with_its_neighbours():
    info = np.zeros((*NODES, 3))
    info[..., (0, 2)] = 300.0
    slope = basis() @ np.array([[0.0, 1.0], [2.0, 0.0], [0.0, -1.0]])
    pull = 300.0 * slope
    info[3:6, 4:8] = pull[3:6, 4:8] = 0
    assert smooth(info, pull) == pytest.approx(slope, abs=0.1)


def test_it_is_searched_for_after_a_while_then_less_often():
    track = begun(PLAIN)
    for _ in range(2):
        track = rested(track)
        assert not due(track)
    track = rested(track)
    assert due(track)
    waiting = replace(track, waits=10, searched=0)
    for _ in range(10):
        assert not due(waiting)
        waiting = rested(waiting)
    assert due(waiting)


def test_strange_is_what_goes_together_half_as_well_as_usual():
    track = runs(begun(PLAIN), [flat(0)] * 5)
    assert strange(track, saying(track, flat(0), whole=0.4))
    assert not strange(track, saying(track, flat(0), whole=0.5))
    assert strange(begun(PLAIN), saying(track, flat(0), whole=0.1))


def test_focus_is_lost_where_the_film_is_the_sharper_one_and_comes_back():
    track = runs(begun(PLAIN), [flat(0)] * 5)
    assert not blurred(track).any()
    sharper = 0.9 * np.ones(NODES)
    sharper[:, :5] = 1.4
    for _ in range(6):
        track = followed(track, replace(saying(track, flat(0)), sharper=sharper), np.zeros((3, 2)))
    assert blurred(track)[:, :4].all()
    assert not blurred(track)[:, 6:].any()
    assert not blurred(runs(track, [flat(0)] * 12)).any()
