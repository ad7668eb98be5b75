"""Pictures between pictures: where things were, never a mix of two scenes, and the given ones untouched."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
import pytest

from appliance.core.types import ModelInfo, Picture, Plane
from appliance.enhance.cuts import torn, whole
from appliance.enhance.interpolate import between, fill
from appliance.enhance.motion import FLOW_CHANNELS, Pair, Seen, pack_motion
from appliance.enhance.runtime import Runtime

ROWS, COLUMNS, STEP_S = 144, 192, 0.04


@lru_cache(maxsize=8)
def texture(seed: int, rows: int = 2 * ROWS, columns: int = 3 * COLUMNS) -> Plane:
    noise = np.random.default_rng(seed).normal(0, 1, (rows, columns)).astype(np.float32)
    soft = sum(2**k * cv2.GaussianBlur(noise, (0, 0), 2.0**k) for k in range(1, 5))
    return np.asarray(np.clip(120 + 45 * soft / soft.std(), 16, 235), np.uint8)


def picture(y: Plane, number: float) -> Picture:
    u, v = (np.ascontiguousarray(y[::2, ::2] // 2 + k) for k in (40, 70))
    return Picture(np.ascontiguousarray(y), u, v, number * STEP_S)


def pan(count: int, px: float, seed: int = 0, first: int = 0) -> list[Picture]:
    """A camera that turns by ``px`` from picture to picture."""
    wide, size = texture(seed), (COLUMNS, ROWS)
    films = []
    for k in range(first, first + count):
        move = np.array([[1, 0, -20 - px * k], [0, 1, -30]], np.float32)
        films.append(picture(np.asarray(cv2.warpAffine(wide, move, size), np.uint8), k))
    return films


def decibels(one: Plane, other: Plane) -> float:
    inner = slice(16, -16)
    error = np.square(one[inner, inner].astype(np.float32) - other[inner, inner]).mean()
    return float(10 * np.log10(255**2 / max(error, 0.01)))


def answering(*levels: int) -> Runtime:
    """A net that says the same of every place: five numbers, and four that nothing reads."""

    def answer(asked: np.ndarray) -> np.ndarray:
        assert asked.shape[:2] == (1, FLOW_CHANNELS)
        told = np.repeat(np.array([*levels, 0]) + 128, 4)[:, None, None]
        return np.broadcast_to(told, (24, *asked.shape[2:])).astype(np.uint8)

    return Runtime(ModelInfo("fixed", "", "", "interpolate", 2), "cpu", "CPU: for a test.", answer)


@pytest.mark.parametrize("times", [1, 2, 4])
def test_as_many_as_asked_evenly_spaced_and_those_given_as_they_are(times: int) -> None:
    given = pan(4, 3.0)
    made = list(between(given, times, None))
    assert len(made) == 4 * times
    assert all(made[times * k] is given[k] for k in range(4))
    assert np.allclose([p.time_s for p in made], np.arange(4 * times) * STEP_S / times)
    assert all(p.y is given[-1].y for p in made[-times:])


@pytest.mark.parametrize("runtime", [None, answering(0, 0, 0, 0, 0)])
def test_what_moves_is_where_it_was(runtime: Runtime | None) -> None:
    film = pan(9, 2.5)
    made = list(between(film[::4], 4, runtime))
    for k in (1, 2, 3, 5, 6, 7):
        one, other = film[k // 4 * 4].y, film[k // 4 * 4 + 4].y
        mixed = cv2.addWeighted(one, 1 - k % 4 / 4, other, k % 4 / 4, 0)
        assert decibels(made[k].y, film[k].y) > decibels(mixed, film[k].y) + 8
        assert decibels(made[k].u, film[k].u) > 35


def test_the_net_says_which_picture_shows_and_how_far_aside() -> None:
    """With all of the share the later picture shows, with none of it the earlier."""
    still = texture(3)[:ROWS, :COLUMNS]
    one, other = picture(still, 0), picture(np.clip(still.astype(int) + 4, 0, 255).astype(np.uint8), 1)
    shown = list(between([one, other], 2, answering(0, 0, 0, 0, 64)))[1]
    assert np.abs(shown.y.astype(int) - other.y).mean() < 1 < 3 < np.abs(shown.y.astype(int) - one.y).mean()
    aside = list(between([one, one], 2, answering(32, 16, 0, 0, 192)))[
        1
    ]  # 4 px, 2 px; -64 is all the earlier
    assert decibels(aside.y[:-2, :-4], one.y[2:, 4:]) > 45


def test_across_a_cut_the_nearer_picture_is_held() -> None:
    given = [*pan(3, 2.0, seed=1), *pan(3, 2.0, seed=2, first=3)]
    made = list(between(given, 4, None))
    assert all(p.y is given[2].y and p.v is given[2].v for p in made[8:11])
    assert made[11].y is given[3].y
    assert [p.time_s for p in made] == pytest.approx([k * STEP_S / 4 for k in range(24)])
    assert fill(given[2], given[3], 3, None) is None


def test_neither_a_fast_pan_nor_a_flash_is_a_cut() -> None:
    slow, fast = pan(2, 2.0), pan(2, 14.0)
    assert whole(Pair(Seen(fast[0]), Seen(fast[1])))
    for gain, lift in ((1.5, 0), (1, 60), (0.5, 0)):
        flash = picture(np.asarray(cv2.convertScaleAbs(slow[1].y, alpha=gain, beta=lift), np.uint8), 1)
        assert whole(Pair(Seen(slow[0]), Seen(flash)))


def test_another_scene_of_the_same_light_is_a_cut() -> None:
    for seed in range(1, 6):
        assert not whole(Pair(Seen(pan(1, 0, seed=0)[0]), Seen(pan(1, 0, seed=seed)[0])))


def test_a_cut_within_one_scene_shows_beside_its_neighbours() -> None:
    """Somebody stands elsewhere all at once, before a wall that stays; noise as any camera has."""
    rng = np.random.default_rng(0)

    def shot(x: float) -> Seen:
        y = texture(5)[:ROWS, :COLUMNS].astype(np.float32) + rng.normal(0, 2, (ROWS, COLUMNS))
        left = round(x)
        y[30:110, left : left + 40] = texture(6)[30:110, :40]
        return Seen(picture(np.clip(y, 0, 255).astype(np.uint8), 0))

    shots = [shot(x) for x in (20, 21, 22, 110, 111, 112)]
    pairs = [Pair(a, b) for a, b in pairwise(shots)]
    assert [torn(*pairs[k - 1 : k + 2]) for k in (1, 2, 3)] == [False, True, False]
    assert whole(pairs[2])
    assert not torn(None, pairs[0], pairs[1])


def test_pictures_shown_twice_are_no_cuts() -> None:
    film = [p for p in pan(4, 4.0) for _ in range(2)]
    pairs = [Pair(Seen(a), Seen(b)) for a, b in pairwise(film)]
    assert not any(torn(*pairs[k - 1 : k + 2]) for k in range(1, 6))


def test_it_goes_forward_only_and_holds_a_few() -> None:
    read = 0

    def film() -> Iterator[Picture]:
        nonlocal read
        for shown in pan(12, 1.0):
            read += 1
            yield shown

    for number, _ in enumerate(between(film(), 2, None)):
        assert read <= number // 2 + 4


@pytest.mark.parametrize("count", [0, 1])
def test_a_film_of_no_length(count: int) -> None:
    assert len(list(between(pan(count, 1.0), 3, None))) == 3 * count


def test_pictures_too_small_to_see_movement_in_are_held() -> None:
    given = [picture(texture(k)[:48, :60], k) for k in range(2)]
    assert all(p.y is given[k // 2].y for k, p in enumerate(between(given, 2, None)))


@pytest.mark.parametrize(("rows", "columns"), [(130, 175), (97, 200)])
def test_sizes_that_do_not_divide(rows: int, columns: int) -> None:
    wide = texture(0)
    film = [picture(wide[20 : 20 + rows, 3 * k : 3 * k + columns], k) for k in range(3)]
    pair = Pair(Seen(film[0]), Seen(film[2]))
    assert pack_motion(pair, pair.halfway, 0.5).shape == (1, FLOW_CHANNELS, -(-rows // 8), -(-columns // 8))
    shown = fill(film[0], film[2], 1, answering(0, 0, 0, 0, 0))
    assert shown is not None
    assert (shown[0].y.shape, shown[0].u.shape) == (film[0].y.shape, film[0].u.shape)
    assert decibels(shown[0].y, film[1].y) > 30
