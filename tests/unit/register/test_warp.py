from __future__ import annotations

import numpy as np
import pytest

from appliance.core.types import IDENTITY, ColourMatch, Picture, Registration
from appliance.register.estimate import estimate_registration
from appliance.register.warp import GuideWarper, scaled


def _noise_picture(width: int, height: int) -> Picture:
    rng = np.random.default_rng(5)
    y = rng.integers(30, 220, (height, width), dtype=np.uint8)
    u, v = rng.integers(80, 180, (2, height // 2, width // 2), dtype=np.uint8)
    return Picture(y, u, v, 1.25)


def test_the_plain_map_changes_nothing():
    picture = _noise_picture(64, 48)
    seen = GuideWarper(Registration(IDENTITY), 64, 48).apply(picture)
    for plane, same in zip((seen.y, seen.u, seen.v), (picture.y, picture.u, picture.v), strict=True):
        assert np.array_equal(plane, same)
    assert seen.time_s == 1.25


def test_a_shift_moves_luma_and_chroma_alike():
    picture = _noise_picture(64, 48)
    shift = ((1.0, 0.0, 8.0), (0.0, 1.0, 4.0), (0.0, 0.0, 1.0))
    warper = GuideWarper(Registration(shift), 64, 48)
    seen = warper.apply(picture)
    assert np.array_equal(seen.y[4:, 8:], picture.y[:-4, :-8])
    assert np.array_equal(seen.u[2:, 4:], picture.u[:-2, :-4])
    covered = warper.coverage(picture)
    assert covered[20, 40] == 255
    assert covered[2, 40] == covered[20, 4] == 0


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_a_warped_camera_looks_like_the_tape(tape_picture, camera_picture, scale):
    tape, camera = tape_picture(noise=0.0), camera_picture(scale=scale)
    found = estimate_registration([(tape, camera)], "progressive")
    warper = GuideWarper(found, tape.y.shape[1], tape.y.shape[0])
    seen, covered = warper.apply(camera), warper.coverage(camera) > 0
    assert (seen.y.shape, seen.u.shape) == (tape.y.shape, (144, 180))
    assert covered.mean() > 0.7
    assert np.abs(seen.y[covered].astype(int) - tape.y[covered]).mean() < 8
    assert np.abs(seen.u[20:-20, 20:-20].astype(int) - tape.u[20:-20, 20:-20]).mean() < 4


def test_colours_follow_the_match():
    grey = Picture(np.full((48, 64), 100, np.uint8), *np.full((2, 24, 32), 140, np.uint8), 0.0)
    match = ColourMatch(((0.5, 0.1, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 1.0)), (10.0, 0.0, -5.0))
    seen = GuideWarper(Registration(IDENTITY, match), 64, 48).apply(grey)
    assert {seen.y[9, 9], seen.u[9, 9], seen.v[9, 9]} == {125, 152, 135}  # 128 - 14 + 1.2 + 10 = 125.2


def test_fine_stripes_of_a_large_camera_do_not_alias():
    stripes = np.tile(np.array([[40, 200]], np.uint8), (400, 320))
    camera = Picture(stripes, *np.full((2, 200, 320), 128, np.uint8), 0.0)
    quarter = ((0.24, 0.0, 0.0), (0.0, 0.24, 0.0), (0.0, 0.0, 1.0))
    seen = GuideWarper(Registration(quarter), 150, 90).apply(camera)
    assert seen.y.std() < 3


def test_without_a_registration_there_is_no_guide():
    with pytest.raises(ValueError, match="registration"):
        GuideWarper(Registration(None), 64, 48)


def test_a_registration_onto_a_larger_tape_puts_every_pixel_where_it_belongs():
    shift = Registration(((1.0, 0.0, 8.0), (0.0, 1.0, 4.0), (0.0, 0.0, 1.0)))
    picture = _noise_picture(64, 48)
    small = GuideWarper(shift, 64, 48).apply(picture).y.astype(float)
    large = GuideWarper(scaled(shift, 2), 128, 96).apply(picture).y.astype(float)
    halves = large.reshape(48, 2, 64, 2).mean((1, 3))
    smooth = np.abs(halves - small)[8:-8, 12:-8].mean()
    assert smooth < 0.5 * np.abs(np.roll(halves, 1, axis=1) - small)[8:-8, 12:-8].mean()
    corner = np.array(scaled(shift, 2).homography) @ np.array([-0.5, -0.5, 1])
    assert np.allclose(corner, [2 * 8 - 0.5, 2 * 4 - 0.5, 1])
    assert scaled(Registration(None), 2).homography is None
