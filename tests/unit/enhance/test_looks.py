"""Looking several times moves nothing, and what a net does in one place only becomes smaller."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.enhance.looks import ASIDE
from appliance.enhance.pack import NOTHING, RESIDUAL_CHANNELS
from appliance.enhance.pipeline import restore
from appliance.enhance.runtime import Runtime


def looking(runtime: Runtime, looks: int) -> Runtime:
    return replace(runtime, model=replace(runtime.model, looks=looks))


@pytest.mark.parametrize("size", [(64, 96), (61, 95)])
@pytest.mark.parametrize("order", ["tff", "bff", "progressive"])
def test_a_net_that_adds_nothing_gives_the_same_film_however_often_it_looks(
    make_tape, idle: Runtime, order, size: tuple[int, int]
) -> None:
    tape = make_tape(4, height=size[0], width=size[1])
    once, often = (list(restore(tape, order, looking(idle, looks))) for looks in (1, len(ASIDE)))
    for one, other in zip(once, often, strict=True):
        assert one.time_s == other.time_s
        for a, b in zip((one.y, one.u, one.v), (other.y, other.u, other.v), strict=True):
            assert np.array_equal(a, b)


@pytest.mark.parametrize("order", ["tff", "bff"])
def test_what_a_net_does_to_one_of_the_folded_pixels_is_shared_out(idle: Runtime, order) -> None:
    def answer(fields: np.ndarray) -> np.ndarray:
        residual = np.full((RESIDUAL_CHANNELS, *fields.shape[2:]), NOTHING, np.uint8)
        residual[0] += 40
        return residual

    grey = np.full((32, 48), 100, np.uint8)
    tape = [Picture(grey, grey[:16, :24], grey[:16, :24], k / 25) for k in range(3)]
    spotty = replace(looking(idle, len(ASIDE)), answer=answer)
    film = list(restore(tape, order, spotty))
    for picture in film:
        inner = picture.y[8:-8, 8:-8]
        assert sorted(np.unique(inner)) == [100, 110]
        assert (inner == 110).mean() == 0.25
    assert len(film) == 6


def test_a_film_that_is_not_wanted_any_longer_ends_all_that_made_it(make_tape, idle: Runtime) -> None:
    ended = []

    def tape():
        try:
            yield from make_tape(40)
        finally:
            ended.append(True)

    film = restore(tape(), "tff", looking(idle, len(ASIDE)))
    next(film)
    film.close()  # type: ignore[attr-defined]
    assert ended
