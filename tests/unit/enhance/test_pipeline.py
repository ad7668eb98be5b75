"""The whole way around the net, and what the net that ships does to a picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.enhance.manifest import load_model
from appliance.enhance.pipeline import restore
from appliance.enhance.runtime import Runtime, open_session


@pytest.fixture(scope="module")
def live() -> Runtime:
    return open_session(load_model(), "cpu", threads=1)


def same(a: Picture, b: Picture) -> bool:
    return a.time_s == b.time_s and all(
        np.array_equal(p, q) for p, q in zip((a.y, a.u, a.v), (b.y, b.u, b.v), strict=True)
    )


@pytest.mark.parametrize("chroma", ["420", "422", "444"])
def test_two_pictures_a_frame_in_420_first_field_first(make_tape, idle: Runtime, chroma: str) -> None:
    tape = make_tape(3, chroma=chroma)
    film = list(restore(tape, "bff", idle))
    assert len(film) == 6
    assert np.allclose([p.time_s for p in film], [10, 10.02, 10.04, 10.06, 10.08, 10.10])
    assert all((p.y.shape, p.u.shape, p.v.shape) == ((64, 96), (32, 48), (32, 48)) for p in film)
    assert np.array_equal(film[2].y[1::2], tape[1].y[1::2])
    assert np.array_equal(film[3].y[0::2], tape[1].y[0::2])


@pytest.mark.parametrize("order", ["tff", "bff", "progressive"])
def test_a_piece_with_a_frame_of_context_is_the_same_as_in_the_whole(make_tape, live: Runtime, order) -> None:
    tape = make_tape(8)
    tape[5] = Picture(tape[5].y // 3, tape[5].u, tape[5].v, tape[5].time_s)  # cuts on both sides
    whole = list(restore(tape, order, live))
    for first, count in ((0, 2), (2, 3), (4, 2), (6, 2)):
        context = min(1, first)
        part = list(restore(iter(tape[first - context : first + count + 1]), order, live, context, count))
        assert len(part) == 2 * count
        assert all(same(a, b) for a, b in zip(part, whole[2 * first : 2 * (first + count)], strict=True))


def test_the_same_tape_gives_the_same_bytes_with_any_number_of_threads(make_tape, live: Runtime) -> None:
    tape = make_tape(3)
    two = open_session(load_model(), "cpu", threads=2)
    assert all(same(a, b) for a, b in zip(restore(tape, "tff", live), restore(tape, "tff", two), strict=True))


def test_pictures_are_taken_as_they_are_needed(make_tape, idle: Runtime) -> None:
    taken = 0

    def source():
        nonlocal taken
        for picture in make_tape(20):
            taken += 1
            yield picture

    film = restore(source(), "tff", idle)
    for _ in range(10):
        next(film)
    assert taken <= 12
    assert len(list(restore(source(), "tff", idle, 3, 2))) == 4


def test_a_still_grey_picture_stays_what_it_is(live: Runtime) -> None:
    colour = np.full((64, 48), 128, np.uint8)
    for level in (16, 60, 128, 200, 235):
        grey = Picture(np.full((64, 96), level, np.uint8), colour, colour, 0.0)
        for picture in restore([grey] * 3, "tff", live):
            inner = picture.y[8:-8, 8:-8].astype(int)
            assert abs(inner.mean() - level) < 2
            assert np.ptp(inner) <= 4  # no grid
            assert abs(picture.u[4:-4, 4:-4].astype(int) - 128).max() <= 3


def test_the_two_fields_of_something_still_do_not_flicker(make_tape, live: Runtime) -> None:
    hard = make_tape(1)[0]
    y, u, v = (cv2.GaussianBlur(plane, (0, 0), 2.0) for plane in (hard.y, hard.u, hard.v))
    film = list(restore([Picture(y, u, v, 0.0)] * 4, "tff", live))[2:6]
    means = [p.y.mean() for p in film]
    assert np.ptp(means) < 0.5
    assert np.abs(film[0].y.astype(int) - film[1].y).mean() < 2.5


def test_hostile_pictures_give_pictures(live: Runtime) -> None:
    rng = np.random.default_rng(0)
    noise = Picture(
        rng.integers(0, 256, (62, 94), dtype=np.uint8),
        *[rng.integers(0, 256, (31, 47), dtype=np.uint8)] * 2,
        time_s=0.0,
    )
    black = Picture(np.zeros((62, 94), np.uint8), *[np.zeros((31, 47), np.uint8)] * 2, time_s=0.04)
    film = list(restore([noise, black, noise], "tff", live))
    assert [p.y.shape for p in film] == [(62, 94)] * 6


def test_nothing_in_nothing_out(idle: Runtime) -> None:
    assert list(restore([], "tff", idle)) == []
