"""The camera's pictures serve twice: they tell where a field's lines belong, and go into its film."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.core.media import probe
from appliance.core.types import IDENTITY, Picture, Registration, SyncEstimate
from appliance.enhance.runtime import Runtime
from appliance.enhance.tape import TapeField, read_fields
from appliance.register.moments import Moment
from appliance.worker.film import Guide, piece_views
from appliance.worker.reel import piece_of_files
from appliance.worker.seen import Seen, Watched, shown

ROWS, COLUMNS = 96, 192


def wall(seed: int = 1) -> Picture:
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((ROWS, COLUMNS))
    y = np.clip(120 + cv2.GaussianBlur(noise, (0, 0), 2.5) * 180, 0, 255).astype(np.uint8)
    u, v = (np.full((ROWS // 2, COLUMNS // 2), level, np.uint8) for level in (110, 150))
    return Picture(y, u, v, 0.0)


def strayed(px: int) -> Picture:
    """Six lines of the first field lie to the right of their places."""
    picture = wall()
    picture.y[40:52:2] = np.roll(picture.y[40:52:2], px, axis=1)
    return picture


def fields() -> list[TapeField]:
    return list(read_fields([strayed(2), strayed(2)], "tff"))


def endless(*seen: Seen | None) -> Iterator[Seen | None]:
    yield from seen
    while True:
        yield None


SEEN = np.full((ROWS, COLUMNS), 255, np.uint8)


@pytest.mark.parametrize("times", [1, 2])
def test_the_camera_tells_where_lines_belong_also_when_it_is_larger(times: int) -> None:
    guide = wall()
    large = np.asarray(cv2.resize(guide.y, (times * COLUMNS, times * ROWS)), np.uint8)
    watched = Watched(endless((Picture(large, guide.u, guide.v, 0.0), SEEN)), 0, True)
    told = watched.tell(fields()[0])
    assert told is not None
    assert told[0][20:26] == pytest.approx(np.full(6, 2.0), abs=0.3)
    assert np.abs(told[0][:19]).max() < 0.3


def test_every_field_has_its_picture_again_when_its_film_is_made() -> None:
    pictures = [(wall(seed), SEEN) for seed in range(3)]
    watched = Watched(endless(*pictures), early=1, interlaced=True)
    for field in fields():
        watched.tell(field)
    again = iter(watched)
    assert [next(again) for _ in range(3)] == [pictures[1], pictures[2], None]


def test_of_a_progressive_tape_and_a_camera_that_was_off_nothing_is_told() -> None:
    assert Watched(endless((wall(), SEEN)), 0, interlaced=False).tell(fields()[0]) is None
    assert Watched(endless(None), 0, interlaced=True).tell(fields()[0]) is None


def test_a_place_whose_moment_is_a_guess_counts_as_unseen() -> None:
    sure = np.full((2 * ROWS, 2 * COLUMNS), 255, np.uint8)
    sure[:ROWS] = 90
    covered = SEEN.copy()
    covered[:, :20] = 0
    picture, there = shown(Moment(wall(), sure), covered)
    assert picture.y.shape == (ROWS, COLUMNS)
    assert not there[: ROWS // 2].any()
    assert not there[:, :20].any()
    assert (there[ROWS // 2 + 1 :, 20:] == 255).all()


def test_a_film_that_goes_on_in_the_middle_is_the_same(
    runtime: Runtime, write_film: Callable[..., Path]
) -> None:
    size = (320, 224)
    piece = piece_of_files(write_film("tape.mkv", range(8), size=size), None)
    camera = probe(write_film("camera.mkv", range(10), size=size, order=1))
    guide = Guide(camera, SyncEstimate(0.01), Registration(IDENTITY), 1.0)
    whole, rest, alone = (
        list(piece_views(piece, "tff", beside, runtime, first))
        for beside, first in ((guide, 0), (guide, 5), (None, 0))
    )
    assert [np.array_equal(a.film.y, b.film.y) for a, b in zip(whole[10:], rest, strict=True)] == [True] * 6
    assert all(view.guided for view in whole)
    assert not any(np.array_equal(a.film.y, b.film.y) for a, b in zip(whole, alone, strict=True))
