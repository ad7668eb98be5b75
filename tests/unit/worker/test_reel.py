"""The tape on its grid: one picture per frame time, sound as long as the pictures."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.media import probe
from appliance.core.types import Picture, Role, Segment, Take, TakeState
from appliance.worker.reel import (
    both_or_louder,
    cut_to_length,
    on_the_grid,
    pictures_end_s,
    reel_of_take,
)

WriteFilm = Callable[..., Path]

RATE = Fraction(25)
BLANK = np.zeros((2, 2), np.uint8)


def picture(slot: int, start_s: float = 0.0) -> Picture:
    y = np.full((2, 2), slot % 256, np.uint8)
    return Picture(y, BLANK, BLANK, start_s + slot / 25)


def slots(pictures) -> list[int]:
    return [int(p.y[0, 0]) for p in pictures]


def test_a_lost_frame_is_filled_with_the_one_before() -> None:
    recorded = [picture(n) for n in (0, 1, 4, 5)]
    assert slots(on_the_grid(recorded, RATE, 0.0, 0)) == [0, 1, 1, 1, 4, 5]


def test_a_doubled_time_is_given_out_once() -> None:
    recorded = [picture(n) for n in (0, 1, 1, 2)]
    assert slots(on_the_grid(recorded, RATE, 0.0, 0)) == [0, 1, 2]


@given(
    st.sets(st.integers(0, 60), min_size=1),
    st.integers(0, 60),
    st.floats(0, 3),
)
def test_beginning_in_the_middle_gives_the_same_as_the_whole(
    kept: set[int], first: int, start_s: float
) -> None:
    recorded = [picture(n, start_s) for n in sorted(kept | {0})]
    whole = list(on_the_grid(recorded, RATE, start_s, 0))
    part = list(on_the_grid(recorded, RATE, start_s, first))
    assert slots(part) == slots(whole)[first:]
    assert [p.time_s for p in whole] == [start_s + n / 25 for n in range(len(whole))] or np.allclose(
        [p.time_s for p in whole], [start_s + n / 25 for n in range(len(whole))]
    )


@given(st.lists(st.integers(0, 500), max_size=8), st.integers(0, 400), st.integers(0, 2000))
def test_sound_is_cut_or_filled_to_its_length(sizes: list[int], skip: int, length: int) -> None:
    sound = np.arange(sum(sizes), dtype=np.float32) + 1
    blocks, at = [], 0
    for size in sizes:
        blocks.append(np.column_stack([sound[at : at + size]] * 2))
        at += size
    pieces = list(cut_to_length(blocks, skip, length))
    got = np.concatenate(pieces)[:, 0] if pieces else np.zeros(0)
    expected = np.zeros(length)
    kept = sound[skip : skip + length]
    expected[: len(kept)] = kept
    assert np.array_equal(got, expected)


def test_the_pictures_of_a_film_may_end_long_before_its_sound(write_film: WriteFilm) -> None:
    for sound_s in (None, 1.0, 9.0, 40.0):
        film = probe(write_film("film.mkv", range(25), sound_s=sound_s))
        assert film.duration_s == pytest.approx(sound_s or 1.0, abs=0.05)
        assert pictures_end_s(film) == pytest.approx(1.0, abs=0.002)
    assert pictures_end_s(probe(write_film("short.mkv", range(2)))) == pytest.approx(0.08, abs=0.002)


@pytest.mark.parametrize(
    ("left", "right", "share"), [(1.0, 1.0, 1.0), (1.0, 0.0, 0.5), (0.0, 1.0, 0.5), (1.0, -1.0, 1.0)]
)
def test_one_channel_alone_and_two_that_cancel_out_are_heard(left: float, right: float, share: float) -> None:
    wave = np.sin(np.arange(4000) / 7).astype(np.float32)
    heard = both_or_louder(np.column_stack([left * wave, right * wave]))
    assert np.abs(heard).max() == pytest.approx(share, abs=0.01)


def test_a_camera_that_ran_beside_the_tape_is_expected_where_the_clocks_say(
    write_film: WriteFilm, tmp_path: Path
) -> None:
    paths = [write_film(name, range(4)) for name in ("tape-0.mkv", "tape-1.mkv", "live.mkv", "card.mkv")]
    starts_s = (0.0, 30.0, 2.5, 0.0)
    segments = tuple(
        Segment(role, n, path.name, start_s, 0.16, 4, 0, True, imported=path.name == "card.mkv")
        for n, (path, start_s, role) in enumerate(
            zip(paths, starts_s, (Role.TAPE, Role.TAPE, Role.CAMERA, Role.CAMERA), strict=True)
        )
    )
    take = Take("t", "2026-01-01T00:00:00Z", TakeState.RECORDED, segments)
    first, second = reel_of_take(take, tmp_path).pieces
    assert first.expected_s == {tmp_path / "live.mkv": 2.5}
    assert second.expected_s == {tmp_path / "live.mkv": -27.5}
