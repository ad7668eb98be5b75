from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.types import Role, Segment
from appliance.takes.timeline import Gap, Timeline

lengths = st.floats(0.04, 4000, allow_nan=False)
pauses = st.floats(0, 600, allow_nan=False)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    now_s = 0.0
    segments = []
    for index in range(draw(st.integers(1, 6))):
        duration_s = draw(lengths)
        segments.append(Segment(Role.TAPE, index, f"{index}", now_s, duration_s, 1, 0, True))
        now_s += duration_s + draw(pauses)
    return Timeline(draw(st.permutations(segments)))


def test_the_film_leaves_the_gaps_out(tape: Callable[..., Segment]) -> None:
    line = Timeline([tape(0, 0, 10), tape(1, 25, 5), tape(2, 30, 5), tape(0, 3, 60, Role.CAMERA)])
    assert line.film_duration_s == 20
    assert line.take_duration_s == 35
    assert line.gaps() == (Gap(10, 15),)
    assert [line.film_time(t) for t in (-1, 0, 9, 10, 20, 25, 27, 34, 90)] == [
        0,
        0,
        9,
        10,
        10,
        10,
        12,
        19,
        20,
    ]
    assert [line.take_time(t) for t in (-1, 0, 9, 10, 12, 20, 90)] == [0, 0, 9, 25, 27, 35, 35]


def test_the_piece_at_a_moment(tape: Callable[..., Segment]) -> None:
    line = Timeline([tape(0, 0, 10), tape(1, 25, 5)])
    found = [line.segment_at(t) for t in (-1, 0, 9.9, 10, 20, 25, 30)]
    assert [piece and piece.index for piece in found] == [None, 0, 0, None, None, 1, None]


def test_pieces_that_seem_to_overlap_follow_each_other(tape: Callable[..., Segment]) -> None:
    line = Timeline([tape(0, 0, 10), tape(1, 9.9, 5)])
    assert line.gaps() == ()
    assert line.take_time(12) == pytest.approx(12)


def test_no_tape_no_film() -> None:
    line = Timeline([])
    assert (line.film_duration_s, line.take_duration_s, line.film_time(5), line.take_time(5)) == (0, 0, 0, 0)
    assert line.segment_at(0) is None


@given(timelines(), st.floats(0, 1))
def test_from_film_to_take_and_back(line: Timeline, share: float) -> None:
    film_s = share * line.film_duration_s
    assert line.film_time(line.take_time(film_s)) == pytest.approx(film_s, abs=1e-6)


@given(timelines(), st.floats(0, 0.999), st.integers(0, 5))
def test_from_take_to_film_and_back_within_a_piece(line: Timeline, share: float, number: int) -> None:
    piece = line.segments[number % len(line.segments)]
    take_s = piece.start_s + share * piece.duration_s
    assert line.take_time(line.film_time(take_s)) == pytest.approx(take_s, abs=1e-6)


@given(timelines(), st.lists(st.floats(-10, 30000), min_size=2, max_size=20))
def test_both_times_rise_together(line: Timeline, moments: list[float]) -> None:
    moments.sort()
    films = [line.film_time(t) for t in moments]
    takes = [line.take_time(t) for t in moments]
    assert films == sorted(films)
    assert takes == sorted(takes)


@given(timelines())
def test_pieces_and_gaps_make_up_the_take(line: Timeline) -> None:
    whole = line.film_duration_s + sum(gap.duration_s for gap in line.gaps())
    assert whole == pytest.approx(line.take_duration_s, abs=1e-6)
