"""Films whose clock jumps are named; a slow or uneven one is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.core.media import probe
from appliance.worker.stamps import jumps, jumps_in, stamp_notices

WriteFilm = Callable[..., Path]


def test_an_even_film_has_no_jumps(write_film: WriteFilm) -> None:
    assert jumps(write_film("a.mkv", range(30))) == []
    assert stamp_notices([probe(write_film("b.mp4", range(30), codec="h264"))]) == []


def test_a_telephone_that_films_unevenly_has_none_either(write_film: WriteFilm) -> None:
    """A variable rate: 25 a second in the light, 5 in the dark."""
    assert jumps(write_film("a.mkv", [*range(20), *range(20, 80, 5), *range(80, 100)])) == []


def test_a_gap_is_a_jump_and_is_told_with_its_place(write_film: WriteFilm) -> None:
    film = write_film("a.mkv", [*range(25), *range(125, 150)])
    assert jumps(film) == [(pytest.approx(0.96, abs=0.01), pytest.approx(4.04, abs=0.01))]
    (issue,) = stamp_notices([probe(film), probe(write_film("b.mkv", range(30)))])
    assert issue.code == "camera-jumps"
    assert issue.cause == "a.mkv: at 1.0 s by +4.0 s."


def test_a_clock_that_goes_back_jumps_too_but_not_the_order_in_which_pictures_are_stored() -> None:
    """As where two files were simply written one behind the other."""
    stored = [0.0, 0.12, 0.04, 0.08, 0.24, 0.16, 0.2]
    assert jumps_in(stored) == []
    assert jumps_in([10 + time_s for time_s in stored] + stored) == [(10.24, pytest.approx(-10.24))]


def test_many_jumps_are_not_all_read_out(write_film: WriteFilm) -> None:
    (issue,) = stamp_notices([probe(write_film("a.mkv", range(0, 400, 40)))])
    assert issue.cause.count("by +") == 3
    assert issue.cause.endswith("and more.")
