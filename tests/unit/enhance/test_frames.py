"""Nets of whole pictures: which pictures they see, and that their answer lands where it belongs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import pytest

from appliance.core.types import ModelInfo, Picture
from appliance.enhance.frames import (
    SCALES,
    Seen,
    channels,
    enlarged,
    finished,
    improve,
    pack_picture,
    picture_windows,
)
from appliance.enhance.pack import NOTHING, RESIDUAL_CHANNELS
from appliance.enhance.runtime import Runtime


@dataclass
class Net:
    """Answers ``level`` everywhere and keeps what it was asked."""

    level: int = NOTHING
    asked: list[np.ndarray] = field(default_factory=list)

    def runtime(self, window: int, scale: int) -> Runtime:
        model = ModelInfo("net", "", "", "net", window, scale=scale)
        return Runtime(model, "cpu", "CPU: for a test.", self.answer)

    def answer(self, fields: np.ndarray) -> np.ndarray:
        self.asked.append(fields)
        return np.full((RESIDUAL_CHANNELS, *fields.shape[2:]), self.level, np.uint8)


def shown(windows: Iterator[list[Seen]]) -> list[list[int]]:
    """The pictures of each window by their number, which is their time."""
    return [[int(seen.picture.time_s) for seen in window] for window in windows]


def flat(number: int, level: int, height: int = 32, width: int = 32) -> Picture:
    colour = np.full((height // 2, width // 2), 128, np.uint8)
    return Picture(np.full((height, width), level, np.uint8), colour, colour, float(number))


def test_a_window_holds_the_neighbours_and_repeats_the_last_at_an_end() -> None:
    film = [flat(k, 100) for k in range(5)]
    assert shown(picture_windows(film, 3, 1)) == [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 4]]
    assert shown(picture_windows(film, 5, 1))[1] == [0, 0, 1, 2, 3]
    assert shown(picture_windows(film, 1, 1)) == [[0], [1], [2], [3], [4]]
    assert shown(picture_windows(film[:1], 5, 1)) == [[0, 0, 0, 0, 0]]
    assert shown(picture_windows([], 3, 1)) == []


def test_no_window_looks_across_a_cut() -> None:
    film = [flat(k, 60 if k < 3 else 180) for k in range(6)]
    found = shown(picture_windows(film, 5, 1))
    assert found[2] == [0, 1, 2, 2, 2]
    assert found[3] == [3, 3, 3, 4, 5]


def test_a_flash_of_one_picture_is_stepped_over() -> None:
    film = [flat(0, 60), flat(1, 180), flat(2, 61)]
    assert shown(picture_windows(film, 5, 1)) == [[0, 0, 0, 0, 2], [1] * 5, [0, 2, 2, 2, 2]]


def test_a_picture_of_another_size_is_beyond_a_cut() -> None:
    film = [flat(0, 100), flat(1, 100), flat(2, 100, 48, 32)]
    assert shown(picture_windows(film, 3, 1)) == [[0, 0, 1], [0, 1, 1], [2, 2, 2]]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("size", [(32, 48), (34, 46), (33, 45), (30, 38)])
def test_nothing_gives_the_bicubic_enlargement_to_the_byte(make_tape, scale: int, size) -> None:
    film = [even(p) for p in make_tape(3, *size, chroma="444")]
    made = list(improve(film, Net().runtime(3, scale)))
    assert [p.time_s for p in made] == [p.time_s for p in film]
    for one, other in zip(made, film, strict=True):
        assert one.y.shape == (scale * size[0], scale * size[1])
        assert one.u.shape == tuple(-(-side // 2) for side in one.y.shape)
        padded = pad_to(other, max(2, 4 // scale))
        if scale == 1:
            assert np.array_equal(one.y, other.y)
            continue
        whole = cv2.resize(padded, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        assert np.array_equal(one.y, whole[: one.y.shape[0], : one.y.shape[1]])


def even(picture: Picture) -> Picture:
    """4:2:0 of a 4:4:4 picture of any size."""
    return Picture(picture.y, picture.u[::2, ::2], picture.v[::2, ::2], picture.time_s)


def pad_to(picture: Picture, side: int) -> np.ndarray:
    rows, columns = picture.y.shape
    return np.pad(picture.y, ((0, -rows % side), (0, -columns % side)), mode="edge")


@pytest.mark.parametrize("scale", SCALES)
def test_the_net_is_asked_as_it_was_taught(make_tape, scale: int) -> None:
    """As many channels as the training counts, the pictures in their order, at one size."""
    film, net = make_tape(4, 32, 48, chroma="420"), Net()
    list(improve(film, net.runtime(3, scale)))
    each = channels(scale, 1)
    assert {asked.shape for asked in net.asked} == {(1, 3 * each, 8 * scale, 12 * scale)}
    packed = [pack_picture((p.y, p.u, p.v), scale) for p in film]
    assert np.array_equal(net.asked[1][0], np.concatenate(packed[:3]))
    assert np.array_equal(net.asked[3][0], np.concatenate([packed[2], packed[3], packed[3]]))


@pytest.mark.parametrize("scale", SCALES)
def test_what_the_net_adds_is_added_and_stops_at_white(make_tape, scale: int) -> None:
    film = make_tape(2, 32, 48, chroma="420")
    brighter = list(improve(film, Net(NOTHING + 7).runtime(3, scale)))
    base = enlarged((film[0].y, film[0].u, film[0].v), scale)
    assert np.array_equal(brighter[0].y, np.minimum(255, base[0].astype(int) + 7))
    assert np.array_equal(brighter[0].v, np.minimum(255, base[2].astype(int) + 7))
    whitest = next(improve([flat(0, 250)], Net(255).runtime(3, scale)))
    assert int(whitest.y.min()) == 255


def test_each_number_of_the_answer_has_its_own_pixel() -> None:
    """A wrong order of folding would shuffle the pixels of every 4x4."""
    rng = np.random.default_rng(0)
    answer = rng.integers(100, 160, (RESIDUAL_CHANNELS, 8, 8), dtype=np.uint8)
    made = finished(flat(0, 100), 1, 0.0, answer)
    for row, column in ((0, 0), (5, 2), (30, 31)):
        channel = 4 * (row % 4) + column % 4
        wanted = 100 + int(answer[channel, row // 4, column // 4]) - NOTHING
        assert int(made.y[row, column]) == wanted
    assert int(made.u[3, 4]) == int(answer[16 + 2, 1, 2])
    assert int(made.v[2, 5]) == int(answer[20 + 1, 1, 2])


def test_a_net_against_noise_adds_to_a_softened_picture(make_tape) -> None:
    film = make_tape(2, 32, 48, chroma="420")
    runtime = Net(NOTHING + 3).runtime(3, 1)
    runtime = replace(runtime, model=replace(runtime.model, soft_px=1.0))
    made = list(improve(film, runtime))[1]
    wanted = cv2.GaussianBlur(film[1].y, (0, 0), 1.0).astype(int) + 3
    assert np.array_equal(made.y, wanted)
    assert np.array_equal(made.u, cv2.GaussianBlur(film[1].u, (0, 0), 1.5).astype(int) + 3)


def test_pictures_are_taken_as_they_are_needed_and_let_go(make_tape) -> None:
    """A film of any length: no more of it is held than the windows and the queues."""
    taken = 0

    def film() -> Iterator[Picture]:
        nonlocal taken
        for number in range(60):
            taken += 1
            yield flat(number, 100)

    made = improve(film(), Net().runtime(5, 1))
    ahead = [taken - number for number, _ in enumerate(made)]
    assert len(ahead) == 60
    assert max(ahead) < 16


def test_a_film_that_is_not_wanted_to_its_end_leaves_no_thread(make_tape) -> None:
    before = threading.active_count()
    made = improve(iter(make_tape(30, 32, 32, chroma="420")), Net().runtime(3, 2))
    next(made)
    made.close()
    assert threading.active_count() == before


def test_what_a_picture_gives_is_computed_once_for_all_its_windows() -> None:
    seen = Seen(flat(0, 100), 1)
    assert seen.packed is seen.packed
    assert seen.thumb is seen.thumb
