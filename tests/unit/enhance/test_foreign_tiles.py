"""Tiles that together see all of a picture, each far enough beyond what is used of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.problems import Problem
from appliance.enhance.foreign_tiles import Tiling, padded_size, spans, tile_size, tiles, waste

LENGTH = st.integers(1, 700)


@settings(max_examples=150, deadline=None)
@given(LENGTH, st.sampled_from([1, 2, 8, 16]), st.integers(0, 40), st.integers(16, 90), st.booleans())
def test_every_row_is_used_once_and_seen_with_its_surroundings(
    length: int, align: int, overlap: int, core: int, fixed: bool
) -> None:
    tiling = Tiling(align=align, overlap=overlap)
    tile = -(-(waste(tiling) + core) // align) * align
    tiling = Tiling(align=align, overlap=overlap, rows=tile if fixed else 0, columns=tile if fixed else 0)
    padded = padded_size(length, length, tiling)[0]
    found = spans(padded, tile, tiling)
    used = [place for span in found for place in range(span.first, span.last)]
    assert used == list(range(padded))
    for span in found:
        assert span.start % align == 0
        assert (span.end - span.start) % align == 0
        assert 0 <= span.start <= span.first < span.last <= span.end <= padded
        assert span.end - span.start <= tile
        assert span.start == 0 or (span.first - span.start >= overlap and span.first % 2 == 0)
        assert span.end == padded or span.end - span.last >= overlap
        assert not fixed or span.end - span.start == tile


def test_a_picture_that_fits_is_asked_in_a_whole() -> None:
    assert tile_size(100, 200, Tiling(most_px=20000)) == (100, 200)


def test_tiles_keep_to_what_may_be_asked_at_once() -> None:
    for rows, columns in ((576, 720), (64, 3000), (1080, 1920)):
        high, wide = tile_size(rows, columns, Tiling(align=8, overlap=16, most_px=40000))
        assert high * wide <= 40000
        assert high % 8 == wide % 8 == 0


@pytest.mark.parametrize("tiling", [Tiling(overlap=-1, most_px=900), Tiling(overlap=64, most_px=900)])
def test_a_picture_that_cannot_be_held_is_refused_in_words(tiling: Tiling) -> None:
    with pytest.raises(Problem) as raised:
        tile_size(100, 100, tiling)
    assert raised.value.issue.code == "own-model-memory"
    assert "100 × 100" in raised.value.issue.cause


def test_tiles_are_the_picture_again_without_its_padding() -> None:
    picture = np.random.default_rng(0).random((61, 47, 3), np.float32)
    tiling = Tiling(align=8, overlap=4, most_px=40 * 40)
    asked: list[tuple[int, ...]] = []

    def same(pictures: list[np.ndarray]) -> np.ndarray:
        asked.append(pictures[0].shape)
        return pictures[0]

    again = np.full_like(picture, -1)
    for tile in tiles([picture], same, tiling):  # type: ignore[arg-type]
        target = again[slice(*tile.rows), slice(*tile.columns)]
        assert target.max() == -1  # nothing is made twice
        target[:] = tile.answer
    assert np.array_equal(again, picture)
    assert len(asked) >= 4
    assert all(rows * columns <= 40 * 40 for rows, columns, _ in asked)


def test_an_answer_of_another_size_than_when_it_was_added_is_a_problem() -> None:
    with pytest.raises(Problem, match="twinreel models add"):
        list(tiles([np.zeros((32, 32, 3), np.float32)], lambda p: p[0], Tiling(scale=2)))
