"""The camera's pictures serve twice: they tell where a field's lines belong, and go into its film."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.core.media import probe
from appliance.core.types import IDENTITY, ColourMatch, Picture, Plane, Registration, SyncEstimate
from appliance.enhance.runtime import Runtime
from appliance.enhance.tape import TapeField, read_fields
from appliance.register.moments import Moment
from appliance.worker.film import piece_views
from appliance.worker.following import Follower
from appliance.worker.guides import Guide, Shown
from appliance.worker.reel import Piece, piece_of_files
from appliance.worker.seen import Laid, Layer, Watched

ROWS, COLUMNS = 96, 192
STRAYED_PX = 4


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
    return list(read_fields([strayed(STRAYED_PX), strayed(STRAYED_PX)], "tff"))


def endless(*seen: Laid | None) -> Iterator[Laid | None]:
    yield from seen
    while True:
        yield None


ALL = np.full((ROWS, COLUMNS), 255, np.uint8)


def laid(picture: Picture, sure: Plane = ALL) -> Laid:
    return Laid(Shown(0, Moment(picture, sure)), picture.y, sure)


def test_the_camera_tells_where_lines_belong() -> None:
    told = Watched(endless(laid(wall())), 0, True).tell(fields()[0])
    assert told is not None
    assert told[0][20:26] == pytest.approx(np.full(6, STRAYED_PX), abs=0.3)
    assert not told[0][:19].any()
    assert np.isinf(told[1][:19]).all()


def test_every_field_has_its_picture_again_when_its_film_is_made() -> None:
    pictures = [laid(wall(seed)) for seed in range(3)]
    watched = Watched(endless(*pictures), early=1, interlaced=True)
    for field in fields():
        watched.tell(field)
    again = iter(watched)
    assert [next(again) for _ in range(3)] == [pictures[1], pictures[2], None]


def test_of_a_progressive_tape_and_a_camera_that_was_off_nothing_is_told() -> None:
    assert Watched(endless(laid(wall())), 0, interlaced=False).tell(fields()[0]) is None
    assert Watched(endless(None), 0, interlaced=True).tell(fields()[0]) is None


@pytest.fixture
def guide(write_film: Callable[..., Path]) -> Guide:
    camera = probe(write_film("camera.mkv", range(10), size=(320, 224), order=1))
    return Guide(camera, SyncEstimate(0.01), Registration(IDENTITY), 1.0)


def test_a_camera_lies_where_it_was_found_in_the_tapes_light(guide: Guide) -> None:
    """Twice as large, a little aside, and darker."""
    matrix = ((0.5, 0.0, 8.0), (0.0, 0.5, 0.0), (0.0, 0.0, 1.0))
    brighter = ColourMatch(((1.2, 0.0, 0.0), IDENTITY[1], IDENTITY[2]), (10.0, 0.0, 0.0))
    found = replace(guide, registration=Registration(matrix, brighter))
    large = np.full((2 * ROWS, 2 * COLUMNS), 108, np.uint8)
    large[40:80, 100:140] = 148
    picture = Picture(large, wall().u, wall().v, 0.0)
    seen = Layer(found, (COLUMNS, ROWS)).lay(Shown(0, Moment(picture, np.full_like(large, 255))))
    assert seen.luma.shape == seen.sure.shape == (ROWS, COLUMNS)
    assert seen.luma[30, 70] == round(128 + 10 + 1.2 * (148 - 128))
    assert seen.luma[10, 40] == round(128 + 10 + 1.2 * (108 - 128))
    assert not seen.sure[:, :8].any()
    assert (seen.sure[4:-4, 14:] == 255).all()


def test_a_place_whose_moment_is_a_guess_counts_as_unseen(guide: Guide) -> None:
    sure = ALL.copy()
    sure[: ROWS // 2] = 90
    seen = Layer(guide, (COLUMNS, ROWS)).lay(Shown(0, Moment(wall(), sure)))
    assert not seen.sure[: ROWS // 2 - 2].any()
    assert (seen.sure[ROWS // 2 + 2 : -5, 5:-5] == 255).all()
    piece = Piece(0, replace(guide.camera, width=COLUMNS, height=ROWS))
    followed = Follower(piece, [guide], 1, None).see(wall(), seen)
    assert not followed.coverage[: ROWS // 2 - 2].any()


def test_a_film_that_goes_on_in_the_middle_is_the_same(
    guide: Guide, runtime: Runtime, write_film: Callable[..., Path]
) -> None:
    piece = piece_of_files(write_film("tape.mkv", range(8), size=(320, 224)), None)
    whole = list(piece_views(piece, "tff", (guide,), runtime, 0))
    rest = list(piece_views(piece, "tff", (guide,), runtime, 5, whole[9].known))
    alone = list(piece_views(piece, "tff", (), runtime, 0))
    assert [np.array_equal(a.film.y, b.film.y) for a, b in zip(whole[10:], rest, strict=True)] == [True] * 6
    assert all(view.guided for view in whole)
    assert not any(np.array_equal(a.film.y, b.film.y) for a, b in zip(whole, alone, strict=True))
