"""Light and colours by place, in both directions."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.core.types import ColourMatch, Picture
from appliance.register.light import (
    BLANK,
    Light,
    even,
    in_cameras_light,
    in_common_colours,
    learnt,
    lifted,
    light_of,
    matched,
    reduced,
)

ROWS, COLUMNS = 192, 256
MATCH = ColourMatch(((0.8, 0.1, -0.05), (0.0, 1.2, 0.05), (0.02, 0.0, 0.9)), (10.0, -4.0, 3.0))


def blots(seed: int = 1) -> Picture:
    rng = np.random.default_rng(seed)
    y, u, v = (np.kron(rng.integers(low, high, (24, 32)), np.ones((8, 8))) for low, high in ((60, 180),) * 3)
    return Picture(*(p.astype(np.uint8) for p in (y, u[::2, ::2] // 4 + 96, v[::2, ::2] // 4 + 96)), 2.0)


def taught(film: Picture, guide: Picture, fields: int = 30) -> Light:
    sums, light = BLANK, even()
    seen = np.ones(reduced(film).shape[:2], np.float32)
    for _ in range(fields):
        sums = learnt(sums, reduced(film), reduced(guide), seen, light)
        light = light_of(sums)
    return light


def test_the_common_map_is_that_of_the_match():
    grey = Picture(np.full((48, 64), 100, np.uint8), *np.full((2, 24, 32), 140, np.uint8), 0.0)
    match = ColourMatch(((0.5, 0.1, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 1.0)), (10.0, 0.0, -5.0))
    seen = matched(grey, match, even())
    assert {seen.y[9, 9], seen.u[9, 9], seen.v[9, 9]} == {125, 152, 135}  # 128 - 14 + 1.2 + 10 = 125.2
    assert in_common_colours(reduced(grey), match)[0, 0] + 128 == pytest.approx(
        [125.2, 152.0, 135.0], abs=0.01
    )


def test_the_other_way_leads_back():
    light = Light(np.linspace(0.8, 1.2, 48).reshape(6, 8), np.random.default_rng(1).normal(0, 5, (6, 8, 3)))
    picture = blots()
    back = in_cameras_light(matched(picture, MATCH, light), MATCH, light)
    for plane, again in ((picture.y, back.y), (picture.u, back.u), (picture.v, back.v)):
        assert np.abs(plane.astype(int) - again).mean() < 1.0
    assert back.time_s == 2.0


def test_a_side_that_is_darker_for_the_camera_is_lit():
    film = blots()
    shade = np.linspace(0.7, 1.0, COLUMNS)
    guide = Picture((film.y * shade).astype(np.uint8), film.u, film.v, 0.0)
    seen = matched(guide, ColourMatch(), taught(film, guide))
    inner = (slice(16, -16), slice(32, -32))
    assert np.abs(guide.y.astype(int) - film.y)[inner].mean() > 12
    assert np.abs(seen.y.astype(int) - film.y)[inner].mean() < 3


def test_what_hides_the_scene_teaches_little():
    film = blots()
    hidden = film.y.copy()
    hidden[60:130, 60:130] = 16
    light = taught(film, Picture(hidden, film.u, film.v, 0.0))
    assert np.abs(light.gain - 1).max() < 0.25
    assert np.abs(light.offset[0]).max() < 2


def test_where_nothing_is_seen_the_common_map_stands():
    light = light_of(BLANK)
    assert light.gain == pytest.approx(np.ones((6, 8)))
    assert light.offset == pytest.approx(np.zeros((6, 8, 3)), abs=1e-3)


def test_an_iris_that_opens_is_followed_at_once():
    film, brighter = reduced(blots()), np.array([9.0, 0.0, 0.0])
    seen = np.ones(film.shape[:2], np.float32)
    assert lifted(even(), film + brighter, film, seen).offset[..., 0] == pytest.approx(
        np.full((6, 8), 9.0), abs=0.1
    )
    assert lifted(even(), film + brighter, film, 0 * seen).offset.max() == 0
