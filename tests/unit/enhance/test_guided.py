"""The guide net: what it is shown, and that it changes nothing where nothing is believed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.enhance.guided import (
    GUIDE_CHANNELS,
    add_guided,
    believed,
    freedom,
    match_low,
    of_one_size,
    pack_guide,
)
from appliance.enhance.manifest import load_model
from appliance.enhance.pack import NOTHING, unfold
from appliance.enhance.pipeline import answered, guide_question
from appliance.enhance.runtime import Runtime, open_session

SIZES = [(64, 96), (65, 97), (62, 90), (33, 49)]


def picture(rows: int, columns: int, seed: int) -> Picture:
    rng = np.random.default_rng(seed)
    half = ((rows + 1) // 2, (columns + 1) // 2)
    planes = (rng.integers(40, 210, size, dtype=np.uint8) for size in ((rows, columns), half, half))
    y, u, v = (np.asarray(cv2.GaussianBlur(plane, (0, 0), 1.5), np.uint8) for plane in planes)
    return Picture(y, u, v, 0.5)


def full(film: Picture, level: int) -> np.ndarray:
    rows, columns = film.y.shape
    return np.full((-(-rows // 4), -(-columns // 4)), level, np.uint8)


def same(a: Picture, b: Picture) -> bool:
    return all(np.array_equal(getattr(a, plane), getattr(b, plane)) for plane in "yuv")


@pytest.fixture
def differ(with_guide: Path) -> Runtime:
    return open_session(load_model("guide", with_guide), "cpu")


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_the_net_is_shown_film_guide_and_confidence_on_a_quarter_of_the_size(rows: int, columns: int) -> None:
    film, guide = picture(rows, columns, 1), picture(rows, columns, 2)
    conf = full(film, 77)
    fields = pack_guide(film, guide, conf)
    assert (fields.shape, fields.dtype) == ((1, GUIDE_CHANNELS, *conf.shape), np.uint8)
    for first, shown in ((0, film), (24, guide)):
        assert np.array_equal(unfold(fields[0, first : first + 16], 4)[:rows, :columns], shown.y)
        for place, plane in ((16, shown.u), (20, shown.v)):
            whole = unfold(fields[0, first + place : first + place + 4], 2)
            assert np.array_equal(whole[: plane.shape[0], : plane.shape[1]], plane)
    assert (fields[0, 48] == 77).all()


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_a_net_that_gives_the_difference_gives_the_guide_where_it_is_believed_wholly(
    differ: Runtime, rows: int, columns: int
) -> None:
    film, guide = picture(rows, columns, 1), picture(rows, columns, 2)
    for level, goal in ((255, guide), (0, film)):
        conf = full(film, level)
        made = add_guided(film, differ.answer(pack_guide(film, guide, conf)), conf)
        assert same(made, goal)
        assert made.time_s == film.time_s


def test_half_a_belief_is_half_the_change() -> None:
    film = picture(32, 48, 1)
    residual = np.full((24, 8, 12), NOTHING + 20, np.uint8)
    made = add_guided(film, residual, full(film, 128))
    assert {int(x) for x in np.unique(made.y.astype(int) - film.y)} == {10}
    darker = add_guided(film, np.full_like(residual, NOTHING - 20), full(film, 128))
    assert {int(x) for x in np.unique(darker.u.astype(int) - film.u)} == {-10}


def test_bytes_change_nowhere_but_where_something_is_believed() -> None:
    film = picture(64, 96, 1)
    conf = full(film, 0)
    conf[:, 16:] = 255
    wild = np.random.default_rng(0).integers(0, 256, (24, 16, 24), dtype=np.uint8)
    made = add_guided(film, wild, conf)
    assert np.array_equal(made.y[:, :60], film.y[:, :60])
    assert np.array_equal(made.u[:, :30], film.u[:, :30])
    assert not np.array_equal(made.y[:, 68:], film.y[:, 68:])


def test_the_matched_guide_has_the_films_light_and_its_own_detail() -> None:
    film = picture(128, 160, 1)
    soft = Picture(*(cv2.GaussianBlur(p, (0, 0), 6.0) for p in (film.y, film.u, film.v)), 0.0)
    ramp = np.linspace(-40, 40, 160)[None]
    brighter = np.clip(film.y + ramp + 5, 0, 255).astype(np.uint8)
    tinted = Picture(brighter, film.u + np.uint8(9), film.v - np.uint8(9), 0.1)
    made = match_low(soft, tinted)
    inner = np.s_[8:-8, 8:-8]
    for plane in "yuv":
        light, goal = (cv2.GaussianBlur(getattr(p, plane), (0, 0), 9.0)[inner] for p in (made, soft))
        assert np.abs(light.astype(int) - goal).mean() < 2
    fine_made, fine_guide = (p.astype(np.float32) - cv2.blur(p, (5, 5)) for p in (made.y, tinted.y))
    assert np.corrcoef(fine_made[inner].ravel(), fine_guide[inner].ravel())[0, 1] > 0.95
    assert made.time_s == tinted.time_s


def test_the_net_is_free_where_the_rule_believes_and_as_far_as_is_asked_for() -> None:
    film = picture(98, 130, 1)
    seen = np.full((98, 130), 255, np.uint8)
    trust, _ = believed(film.y, film.y, seen)
    whole, half, none = (freedom(trust, s) for s in (1.0, 0.5, 0.0))
    assert whole.shape == (25, 33)
    assert whole.max() == 255
    assert abs(half.astype(int) - whole / 2).max() <= 1
    assert not none.any()
    assert not believed(film.y, film.y, np.zeros_like(seen))[0].any()


def test_the_net_goes_on_from_what_the_rule_has_made() -> None:
    sharp = picture(288, 352, 1)
    film = Picture(cv2.GaussianBlur(sharp.y, (0, 0), 1.5), sharp.u, sharp.v, 0.5)
    seen = np.full((288, 352), 255, np.uint8)
    for strength in (1.0, 0.5):
        ruled, asked = (guide_question(film, sharp, seen, strength, by_net=net) for net in (False, True))
        by_rule = ruled.finish(np.empty(0, np.uint8))
        assert asked.fields is not None
        assert np.array_equal(unfold(asked.fields[0, :16], 4), by_rule.y)
        assert same(asked.finish(np.full((24, 72, 88), NOTHING, np.uint8)), by_rule)
        assert not same(by_rule, film)


def test_a_guide_of_something_else_leaves_the_film_as_it_is_and_asks_nothing() -> None:
    film, other = picture(288, 352, 1), picture(288, 352, 9)
    question = guide_question(film, other, np.full((288, 352), 255, np.uint8), 1.0, by_net=True)
    assert question.fields is None
    assert same(question.finish(np.empty(0, np.uint8)), film)


@pytest.mark.parametrize(("rows", "columns"), [(288, 352), (287, 351)])
def test_the_way_around_the_net(differ: Runtime, rows: int, columns: int) -> None:
    """Also where the camera's planes were rounded down and the film's up."""
    sharp = picture(rows, columns, 1)
    film = Picture(cv2.GaussianBlur(sharp.y, (0, 0), 1.5), sharp.u, sharp.v, 0.5)
    small = Picture(sharp.y, sharp.u[: rows // 2, : columns // 2], sharp.v[: rows // 2, : columns // 2], 0.5)
    seen = np.full((rows, columns), 255, np.uint8)
    seen[:, :100] = 0
    (made,) = answered([guide_question(film, small, seen, 1.0, by_net=True)], differ)
    assert np.array_equal(made.y[:, :90], film.y[:, :90])
    before, after = (np.abs(p.y[:, 120:].astype(int) - sharp.y[:, 120:]).mean() for p in (film, made))
    assert after < before / 2
    (ruled,) = answered([guide_question(film, small, seen, 1.0, by_net=False)], None)
    assert not same(ruled, film)


def test_planes_are_made_as_large_as_the_films() -> None:
    film, guide = picture(33, 49, 1), picture(32, 48, 2)
    made = of_one_size(guide, film)
    assert (made.y.shape, made.u.shape) == (film.y.shape, film.u.shape)
    assert np.array_equal(made.y[:32, :48], guide.y)
