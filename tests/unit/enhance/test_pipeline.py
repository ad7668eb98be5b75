"""The whole way around the net, and what the net that ships does to a picture."""

from __future__ import annotations

import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest

from appliance.core.types import ModelInfo, Picture
from appliance.enhance.manifest import load_model
from appliance.enhance.pipeline import CONTEXT_FRAMES, DEPTH, Question, answered, field_questions, restore
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
def test_a_piece_with_its_context_is_the_same_as_in_the_whole(make_tape, live: Runtime, order) -> None:
    tape = make_tape(14)
    tape[5] = Picture(tape[5].y // 3, tape[5].u, tape[5].v, tape[5].time_s)  # cuts on both sides
    whole = list(restore(tape, order, live))
    for first, count in ((0, 2), (2, 3), (4, 2), (6, 4), (12, 2)):
        context = min(CONTEXT_FRAMES, first)
        part = list(
            restore(iter(tape[first - context : first + count + CONTEXT_FRAMES]), order, live, context, count)
        )
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
    assert taken <= 14
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


def serial(tape: list[Picture], runtime: Runtime) -> list[Picture]:
    """The same without threads."""
    questions = field_questions(tape, "tff", 0, None)
    return [q.finish(runtime.answer(q.fields)) for q in questions if q.fields is not None]


def test_side_by_side_makes_the_same_bytes_as_one_after_the_other(make_tape, live: Runtime) -> None:
    for height, width in ((64, 96), (65, 97), (58, 94)):
        tape = make_tape(5, height=height, width=width)
        made = list(restore(tape, "tff", live))
        assert len(made) == 10
        assert all(same(a, b) for a, b in zip(made, serial(tape, live), strict=True))
        assert made[0].y.shape == (height, width)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "ahead"]


class Odd(Exception):
    """An error of nobody else's kind."""


@pytest.mark.parametrize("stage", ["reading", "net", "finishing"])
def test_an_error_of_any_stage_comes_out_as_it_is_and_ends_every_thread(stage: str) -> None:
    def fail(where: str) -> None:
        if where == stage:
            raise Odd(where)

    def questions():
        for number in range(50):
            if number == 7:
                fail("reading")
            yield Question(np.full((1, 1), number, np.uint8), lambda answer: fail("finishing") or answer)

    def answer(fields: np.ndarray) -> np.ndarray:
        if fields[0, 0] == 3:
            fail("net")
        return fields

    with pytest.raises(Odd, match=stage):
        list(answered(questions(), Runtime(ModelInfo("", "", "", "", 5), "", "", answer)))
    assert threads() == []


def test_who_leaves_early_ends_every_thread_and_the_reading() -> None:
    ended = threading.Event()

    def questions():
        try:
            for number in range(1000):
                yield Question(np.full((1, 1), number % 256, np.uint8), lambda answer: answer)
        finally:
            ended.set()

    answers = answered(questions(), Runtime(ModelInfo("", "", "", "", 5), "", "", lambda fields: fields))
    next(answers)
    answers.close()
    assert ended.is_set()
    assert threads() == []


def test_only_a_few_fields_are_held_however_slow_the_taker() -> None:
    made: list[int] = []

    def questions():
        for number in range(100):
            made.append(number)
            yield Question(np.full((1, 1), number, np.uint8), lambda answer: int(answer[0, 0]))

    answers = answered(questions(), Runtime(ModelInfo("", "", "", "", 5), "", "", lambda fields: fields))
    for taken, number in enumerate(answers, 1):
        assert number == taken - 1
        assert len(made) <= taken + 2 * DEPTH + 4


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("order", ["tff", "bff", "progressive"])
def test_fewer_fields_than_the_window_are_restored(make_tape, live: Runtime, frames: int, order) -> None:
    film = list(restore(make_tape(frames), order, live))
    assert [p.y.shape for p in film] == [(64, 96)] * 2 * frames


def test_nothing_of_another_scene_comes_over_a_cut(make_tape, live: Runtime) -> None:
    """What lies on one side of a cut is the same whatever lies on the other."""
    here, there, elsewhere = make_tape(3), make_tape(3, seed=4), make_tape(3, seed=8)
    first = list(restore(here + there, "tff", live))
    second = list(restore(here + elsewhere, "tff", live))
    assert all(same(a, b) for a, b in zip(first[:6], second[:6], strict=True))
    alone = list(restore(there, "tff", live))
    assert all(np.array_equal(a.y, b.y) for a, b in zip(first[6:], alone, strict=True))


@pytest.mark.parametrize(("rows", "order", "step_s"), [(576, "tff", 0.04), (480, "bff", 1001 / 30000)])
def test_pal_and_ntsc_each_at_their_own_times(
    make_tape, idle: Runtime, rows: int, order, step_s: float
) -> None:
    tape = [replace(p, time_s=n * step_s) for n, p in enumerate(make_tape(3, height=rows, width=720))]
    film = list(restore(tape, order, idle))
    assert [p.time_s for p in film] == pytest.approx([n * step_s / 2 for n in range(6)])
    assert film[0].y.shape == (rows, 720)
    first = 0 if order == "tff" else 1
    assert np.array_equal(film[0].y[first::2], tape[0].y[first::2])
