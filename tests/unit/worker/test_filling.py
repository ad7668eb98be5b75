"""Frames that capture lost: nearer to what was there than the frame before shown again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.core.types import Picture, Plane
from appliance.encode.writer import FilmSpec
from appliance.enhance.runtime import Runtime
from appliance.worker import filling
from appliance.worker.filling import Shown, filled_in
from appliance.worker.film import Chunk, Output, View, film_piece
from appliance.worker.reel import piece_of_files

ROWS, COLUMNS = 96, 160
SIZE = (COLUMNS, ROWS)
PX_A_FIELD = 1.5


@lru_cache(maxsize=2)
def wide(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 1, (2 * ROWS, 4 * COLUMNS)).astype(np.float32)
    soft = sum(2**k * cv2.GaussianBlur(noise, (0, 0), 2.0**k) for k in range(1, 4))
    return np.asarray(120 + 40 * soft / soft.std(), np.float32)


def at(field: float, seed: int = 0) -> Plane:
    """What the camera saw then: it turns."""
    move = np.array([[1, 0, -20 - PX_A_FIELD * field], [0, 1, -30]], np.float32)
    seen = cv2.warpAffine(wide(seed), move, SIZE, flags=cv2.INTER_CUBIC)
    return np.asarray(np.clip(seen, 16, 235), np.uint8)


def shown(frames: list[int], seed: int = 0, first: int = 0) -> list[Shown]:
    """``frames``: which frame each place of the grid shows; films are the truth of the frame shown."""
    tapes: dict[int, Picture] = {}
    found = []
    for place, frame in enumerate(frames, first):
        films = [picture_at(2 * frame + late, seed, (2 * place + late) / 50) for late in (0, 1)]
        tape = replace(tapes.setdefault(frame, films[0]), time_s=place / 25)
        found += [Shown(tape, film) for film in films]
    return found


def picture_at(field: int, seed: int, time_s: float) -> Picture:
    colour = np.full((ROWS // 2, COLUMNS // 2), 120, np.uint8)
    return Picture(at(field, seed), colour, colour, time_s)


def off(film: Plane, field: float) -> float:
    return float(np.square(film.astype(np.float32) - at(field))[:, 8:-8].mean())


@pytest.mark.parametrize("lost", [1, 2, 4])
def test_a_gap_shows_what_lay_between(lost: int) -> None:
    given = shown([0, 1, *[1] * lost, 2 + lost, 3 + lost])
    made = list(filled_in(iter(given)))
    assert len(made) == len(given)
    assert [item.filled for item in made] == [4 <= k < 4 + 2 * lost for k in range(len(given))]
    for field, (item, before) in enumerate(zip(made, given, strict=True)):
        assert (item.film.time_s, item.tape) == (before.film.time_s, before.tape)
        if item.filled:
            assert off(item.film.y, field) < off(before.film.y, field) / 8
        else:
            assert item is before


@pytest.mark.parametrize(
    "frames",
    [[0, 1, 1, 1, 1, 1, 1, 7], [0, *[1] * 12, 14], [0, 1, 1, 1], [0, 1, 2, 3], []],
    ids=["too long", "much too long", "at the end", "nothing lost", "nothing at all"],
)
def test_what_cannot_be_known_stays_as_it_is(frames: list[int]) -> None:
    given = shown(frames)
    assert [a is b for a, b in zip(filled_in(iter(given)), given, strict=True)] == [True] * len(given)


def test_a_gap_with_a_cut_in_it_stays_as_it_is() -> None:
    given = [*shown([0, 1, 1]), *shown([3, 4], seed=9, first=3)]
    assert not any(item.filled for item in filled_in(iter(given)))


def test_a_still_picture_is_no_gap() -> None:
    """A camera that shows the same again and again, in frames of their own."""
    given = [replace(item, tape=picture_at(0, 0, 0.0)) for item in shown([0, 0, 0])]
    assert not any(item.filled for item in filled_in(iter(given)))


@pytest.fixture
def film(
    runtime: Runtime, write_film: Callable[..., Path], tmp_path: Path
) -> Callable[[str], tuple[list[View], tuple[Chunk, ...]]]:
    """A tape of which capture lost two frames, at the edge of two chunks, and one more."""
    woven = []
    for frame in range(16):
        tape = at(2 * frame)
        tape[1::2] = at(2 * frame + 1)[1::2]
        woven.append(tape)
    kept = [frame for frame in range(16) if frame not in (5, 6, 11)]
    piece = piece_of_files(write_film("tape.mkv", kept, size=SIZE, light=woven), None)
    output = Output("film", FilmSpec(*SIZE, Fraction(50), codec="ffv1", threads=1), lambda view: view.film)

    def make(name: str) -> tuple[list[View], tuple[Chunk, ...]]:
        views: list[View] = []
        see = lambda number, view: views.append(view)  # noqa: E731
        return views, film_piece(piece, "tff", (), (output,), runtime, tmp_path / name, 6, see)

    return make


def test_a_tape_with_lost_frames_is_nearer_to_the_truth(
    film: Callable[[str], tuple[list[View], tuple[Chunk, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    views, chunks = film("filled")
    assert [chunk.filled_frames for chunk in chunks] == [1, 2, 0]
    monkeypatch.setattr(filling, "LONGEST_FRAMES", 0)
    repeated, _ = film("repeated")
    lost = [field for frame in (5, 6, 11) for field in (2 * frame, 2 * frame + 1)]
    assert [field for field, view in enumerate(views) if view.filled] == lost
    for field in lost:
        assert off(views[field].film.y, field) < off(repeated[field].film.y, field) / 3
    others = [field for field in range(32) if field not in lost]
    assert all(np.array_equal(views[k].film.y, repeated[k].film.y) for k in others)
