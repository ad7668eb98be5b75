from __future__ import annotations

import numpy as np
import pytest

from appliance.sim import score
from appliance.sim.furniture import TABLE_TOP
from appliance.sim.scene import HEIGHT, WIDTH, Scene, arm_deg

SCALE = 0.25


@pytest.fixture(scope="module")
def room() -> Scene:
    return Scene(1, SCALE)


def test_the_same_moment_looks_the_same_in_any_process_and_order(room: Scene) -> None:
    again = Scene(1, SCALE)
    again.draw(9.0)
    np.testing.assert_array_equal(room.draw(4.4), again.draw(4.4))


def test_the_picture_has_the_size_and_the_range_of_video(room: Scene) -> None:
    picture = room.draw(0.0)
    assert picture.shape == (HEIGHT * SCALE, WIDTH * SCALE, 3)
    assert picture.dtype == np.uint8
    assert picture[..., 0].min() >= 15
    assert picture[..., 0].max() <= 236


def test_time_before_the_tape_can_be_drawn(room: Scene) -> None:
    assert np.any(room.draw(-3.0) != room.draw(0.0))


def test_two_fields_of_one_frame_differ_where_things_move(room: Scene) -> None:
    early, late = room.draw(0.5).astype(int), room.draw(0.52).astype(int)
    moved = np.abs(early - late).max(axis=2) > 12
    assert 0.001 < moved.mean() < 0.2


def test_the_flash_lights_the_whole_picture(room: Scene) -> None:
    clap_s = score.claps(1, 0.0, 10.0)[0]
    dark, lit = (room.draw(moment_s)[..., 0].astype(float) for moment_s in (clap_s - 0.002, clap_s + 0.002))
    assert (lit - dark).mean() > 25
    assert np.mean(lit > dark) > 0.97


def test_the_board_is_shut_at_the_clap_and_open_just_before() -> None:
    clap_s = score.claps(1, 0.0, 10.0)[0]
    assert arm_deg(1, clap_s + 0.001) == 0.0
    assert arm_deg(1, clap_s - 1e-4) < 1.0
    assert arm_deg(1, clap_s - 0.1) > 20.0


def test_a_viewer_from_aside_sees_only_the_puppet_moved(room: Scene) -> None:
    ahead, aside = room.draw(2.0), room.draw(2.0, parallax=(-20.0, 0.0))
    moved = np.any(ahead != aside, axis=2)
    assert moved.any()
    assert not moved[:, : round(200 * SCALE)].any()
    assert not moved[round(TABLE_TOP * SCALE) :].any()


def test_another_seed_is_another_room(room: Scene) -> None:
    other = Scene(1002, SCALE).draw(1.0)[..., 0].astype(float)
    same = room.draw(1.2)[..., 0].astype(float)
    here = room.draw(1.0)[..., 0].astype(float)
    assert np.corrcoef(here.ravel(), same.ravel())[0, 1] > 0.9
    assert np.corrcoef(here.ravel(), other.ravel())[0, 1] < 0.6
