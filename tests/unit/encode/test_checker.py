"""How the camera lies on the tape, as pictures."""

from __future__ import annotations

import numpy as np

from appliance.core.types import Picture
from appliance.encode.checker import LINE, checkerboard, overlay

ROWS, COLUMNS = 96, 128
SEEN = np.full((ROWS, COLUMNS), 255, np.uint8)


def flat(y: int, u: int = 128) -> Picture:
    planes = (np.full((ROWS // 2, COLUMNS // 2), level, np.uint8) for level in (u, 128))
    return Picture(np.full((ROWS, COLUMNS), y, np.uint8), *planes, 0.0)


def test_squares_take_turns_in_light_and_colour() -> None:
    board = checkerboard(flat(50, 90), flat(200, 160), SEEN)
    assert [int(board.y[5, x]) for x in (5, 17, 29, 41)] == [50, 200, 50, 200]
    assert [int(board.y[y, 5]) for y in (5, 17, 29)] == [50, 200, 50]
    assert [int(board.u[2, x]) for x in (2, 8)] == [90, 160]


def test_where_the_camera_sees_nothing_the_film_stands() -> None:
    unseen = SEEN.copy()
    unseen[:, :64] = 0
    board = checkerboard(flat(50), flat(200), unseen)
    assert (board.y[:, :64] == 50).all()
    assert (board.y[:, 64:] == 200).any()
    drawn = overlay(flat(50), stripe(), 0 * SEEN)
    assert np.array_equal(drawn.y, flat(50).y)


def stripe() -> Picture:
    camera = flat(40)
    camera.y[:, 60:] = 200
    return camera


def test_the_cameras_edges_lie_as_green_lines_over_the_film() -> None:
    film = flat(50, 90)
    drawn = overlay(film, stripe(), SEEN)
    changed = np.flatnonzero((drawn.y != film.y).any(axis=0))
    assert len(changed)
    assert 56 <= changed.min() <= changed.max() <= 63
    assert int(drawn.y[40, changed[0]]) == LINE[0]
    assert {int(v) for v in drawn.u[20, [int(changed[0]) // 2, 4]]} == {LINE[1], 90}
