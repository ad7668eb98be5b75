from __future__ import annotations

import numpy as np
import pytest

from appliance.core.types import IDENTITY, Picture, Registration
from appliance.register.estimate import estimate_registration
from appliance.register.place import NODES, Placing, placing_of
from appliance.register.warp import GuideWarper

PLAIN = placing_of(Registration(IDENTITY))
SHIFT = ((1.0, 0.0, 8.0), (0.0, 1.0, 4.0), (0.0, 0.0, 1.0))


def _noise_picture(width: int, height: int) -> Picture:
    rng = np.random.default_rng(5)
    y = rng.integers(30, 220, (height, width), dtype=np.uint8)
    u, v = rng.integers(80, 180, (2, height // 2, width // 2), dtype=np.uint8)
    return Picture(y, u, v, 1.25)


@pytest.mark.parametrize("size", [(64, 48), (70, 54)])
def test_the_plain_map_changes_nothing(size):
    picture = _noise_picture(*size)
    seen, covered = GuideWarper(size).see(picture, PLAIN)
    for plane, same in zip((seen.y, seen.u, seen.v), (picture.y, picture.u, picture.v), strict=True):
        assert np.array_equal(plane, same)
    assert seen.time_s == 1.25
    assert covered.shape == picture.y.shape
    assert (covered[4:-4, 4:-4] == 255).all()
    assert not covered[:4].any()


def test_a_shift_moves_luma_and_chroma_alike():
    picture = _noise_picture(64, 48)
    seen, covered = GuideWarper((64, 48)).see(picture, placing_of(Registration(SHIFT)))
    assert np.array_equal(seen.y[4:, 8:], picture.y[:-4, :-8])
    assert np.array_equal(seen.u[2:, 4:], picture.u[:-2, :-4])
    assert covered[20, 40] == 255
    assert covered[2, 40] == covered[20, 4] == 0


def test_a_mesh_displaces_luma_and_chroma_alike():
    mesh = np.zeros((*NODES, 2))
    mesh[..., 0], mesh[..., 1] = 4, -2
    picture = _noise_picture(64, 48)
    seen, _ = GuideWarper((64, 48)).see(picture, Placing(np.eye(3), 0.0, mesh))
    assert np.array_equal(seen.y[2:, :-4], picture.y[:-2, 4:])
    assert np.array_equal(seen.v[1:, :-2], picture.v[:-1, 2:])


def test_each_part_of_a_mesh_moves_its_own_place():
    mesh = np.zeros((*NODES, 2))
    mesh[:, NODES[1] // 2 :, 0] = 3
    picture = _noise_picture(192, 144)
    seen, _ = GuideWarper((192, 144)).see(picture, Placing(np.eye(3), 0.0, mesh))
    assert np.array_equal(seen.y[:, :80], picture.y[:, :80])
    assert np.array_equal(seen.y[:, 112:180], picture.y[:, 115:183])


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_a_warped_camera_looks_like_the_tape(tape_picture, camera_picture, scale):
    tape, camera = tape_picture(noise=0.0), camera_picture(scale=scale)
    found = estimate_registration([(tape, camera)], "progressive")
    seen, covered = GuideWarper((tape.y.shape[1], tape.y.shape[0])).see(camera, placing_of(found))
    there = covered > 0
    assert (seen.y.shape, seen.u.shape) == (tape.y.shape, (144, 180))
    assert there.mean() > 0.7
    assert np.corrcoef(seen.y[there], tape.y[there])[0, 1] > 0.97


def test_fine_stripes_of_a_large_camera_do_not_alias():
    stripes = np.tile(np.array([[40, 200]], np.uint8), (400, 320))
    camera = Picture(stripes, *np.full((2, 200, 320), 128, np.uint8), 0.0)
    quarter = ((0.24, 0.0, 0.0), (0.0, 0.24, 0.0), (0.0, 0.0, 1.0))
    seen, _ = GuideWarper((150, 90)).see(camera, placing_of(Registration(quarter)))
    assert seen.y.std() < 3


def test_without_a_registration_there_is_no_guide():
    with pytest.raises(ValueError, match="registration"):
        placing_of(Registration(None))


def test_on_a_film_of_twice_the_size_every_pixel_lies_where_it_belongs():
    picture = _noise_picture(64, 48)
    placing = placing_of(Registration(SHIFT))
    small = GuideWarper((64, 48)).see(picture, placing)[0]
    large, covered = GuideWarper((64, 48), 2).see(picture, placing)
    assert (large.y.shape, large.u.shape, covered.shape) == ((96, 128), (48, 64), (48, 64))
    halves = large.y.astype(float).reshape(48, 2, 64, 2).mean((1, 3))
    smooth = np.abs(halves - small.y)[8:-8, 12:-8].mean()
    assert smooth < 0.5 * np.abs(np.roll(halves, 1, axis=1) - small.y)[8:-8, 12:-8].mean()
    # Colour is sited on the left: the larger one's places lie a quarter of a small pixel beside, not more.
    ramp = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (24, 1))
    tinted = Picture(picture.y, ramp, ramp, 0.0)
    twice = GuideWarper((64, 48), 2).see(tinted, PLAIN)[0].u.astype(float)
    assert twice[20, 8:-8] == pytest.approx((np.arange(8, 56) / 2 - 0.125) * 8, abs=0.6)
