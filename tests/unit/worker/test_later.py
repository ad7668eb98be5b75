"""The chain of later stages: as many pictures as promised, in step, and the same after an interruption."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from appliance.core.flow import ahead
from appliance.core.media import read_pictures
from appliance.core.types import Picture
from appliance.encode.join import join
from appliance.encode.writer import FilmSpec
from appliance.worker.film import Chunk, Output, View, chunk_files, film_piece
from appliance.worker.later import Later, LaterStage, Where, by_chunks, chunk_file, stem
from appliance.worker.reel import Piece, piece_of_files

SPEC = FilmSpec(96, 64, Fraction(25), codec="ffv1", threads=1)
FRAMES = 11


class Killed(BaseException):
    """As SIGKILL would end it, but seen by the test."""


def smoothed(pictures: Iterator[Picture], where: Where) -> Iterator[Picture]:
    """The mean of each picture and its neighbours, in a thread of its own: looks one aside."""
    run: list[Picture] = []
    for picture in ahead(pictures, 2):
        run.append(picture)
        if len(run) == 2:
            yield mean(run[0], run[0], run[1])
        elif len(run) == 3:
            yield mean(*run)
            run.pop(0)
    yield mean(run[-2] if len(run) > 1 else run[-1], run[-1], run[-1])


def mean(*pictures: Picture) -> Picture:
    y = np.mean([picture.y for picture in pictures], axis=0)
    return replace(pictures[len(pictures) // 2], y=y.astype(np.uint8))


def twice(pictures: Iterator[Picture], where: Where) -> Iterator[Picture]:
    for picture in pictures:
        yield picture
        yield replace(picture, y=255 - picture.y)


SMOOTH, TWICE = LaterStage("smooth", smoothed, reach=1), LaterStage("twice", twice, times=2)
Make = Callable[..., tuple[Chunk, ...]]


@pytest.fixture
def piece(write_film: Callable[..., Path]) -> Piece:
    return piece_of_files(write_film("clip.mkv", range(FRAMES), order=1))


@pytest.fixture
def make(piece: Piece) -> Make:
    def go(folder: Path, later: Later, stop: int = 99, chunk: int = 4) -> tuple[Chunk, ...]:
        def on_view(number: int, view: View) -> None:
            if number == stop:
                raise Killed

        outputs = (Output("film", SPEC, lambda view: view.film), ONE_EACH)
        return film_piece(piece, "progressive", (), outputs, None, folder, chunk, on_view, later=later)

    return go


ONE_EACH = Output("one", SPEC, lambda view: view.film, first_only=True)


def lumas(folder: Path, chunks: tuple[Chunk, ...], name: str = "film") -> list[np.ndarray]:
    out = folder / "joined.mkv"
    join(chunk_files(folder, name, chunks), out, SPEC.rate)
    return [picture.y for picture in read_pictures(out)]


def test_without_stages_a_clip_is_its_own_pictures(make: Make, piece: Piece, tmp_path: Path) -> None:
    chunks = make(tmp_path / "work", Later())
    assert [c.frames for c in chunks] == [4, 4, 3]
    given = [picture.y for picture in read_pictures(piece.tape.path)]
    assert all(np.array_equal(a, b) for a, b in zip(lumas(tmp_path / "work", chunks), given, strict=True))


def test_every_picture_becomes_as_many_in_order(make: Make, piece: Piece, tmp_path: Path) -> None:
    chunks = make(tmp_path / "work", Later((TWICE, TWICE)))
    assert sum(c.frames for c in chunks) == FRAMES
    made = lumas(tmp_path / "work", chunks)
    given = [picture.y for picture in read_pictures(piece.tape.path)]
    assert len(made) == 4 * FRAMES
    for number, luma in enumerate(given):
        one, other, third, fourth = made[4 * number : 4 * number + 4]
        assert np.array_equal(one, luma)
        assert np.array_equal(other, 255 - luma)
        assert np.array_equal(third, 255 - luma)
        assert np.array_equal(fourth, luma)
    firsts = lumas(tmp_path / "work", chunks, "one")
    assert all(np.array_equal(a, b) for a, b in zip(firsts, given, strict=True))


@pytest.mark.parametrize("stop", [1, 4, 5, 10])
def test_a_run_that_was_cut_goes_on_to_the_same_pictures(stop: int, make: Make, tmp_path: Path) -> None:
    later = Later((SMOOTH, TWICE, SMOOTH))
    whole = lumas(tmp_path / "whole", make(tmp_path / "whole", later))
    with pytest.raises(Killed):
        make(tmp_path / "work", later, stop)
    assert [t.name for t in threading.enumerate() if t.name in ("ahead", "sink")] == []
    again = lumas(tmp_path / "work", make(tmp_path / "work", later))
    assert len(again) == len(whole) == 2 * FRAMES
    assert all(np.array_equal(a, b) for a, b in zip(again, whole, strict=True))


def kept(some: Iterator[Picture], path: Path) -> Iterator[Picture]:
    """Stands for an encoder: the file is there when the last picture was taken."""
    count = 0
    for picture in some:
        count += 1
        yield picture
    path.write_text(str(count))


def small() -> Later:
    def work(pictures: Iterator[Picture], where: Where) -> Iterator[Picture]:
        return by_chunks(pictures, where, "small", kept)

    return Later((TWICE, LaterStage("small", work, keeps="small"), SMOOTH))


def test_a_small_film_is_kept_chunk_by_chunk(make: Make, tmp_path: Path) -> None:
    work = tmp_path / "work"
    make(work, small())
    assert [chunk_file(work / stem(n), "small").read_text() for n in range(3)] == ["8", "8", "6"]


def test_a_small_film_that_is_missing_is_made_again_with_its_chunk(make: Make, tmp_path: Path) -> None:
    work = tmp_path / "work"
    with pytest.raises(Killed):
        make(work, small(), stop=6)
    assert chunk_file(work / stem(0), "small").read_text() == "8"
    chunks = make(work, small())
    assert [chunk_file(work / stem(n), "small").read_text() for n in range(3)] == ["8", "8", "6"]
    assert not list(work.glob("lead*"))
    chunk_file(work / stem(1), "small").unlink()
    assert make(work, small()) == chunks
    assert chunk_file(work / stem(1), "small").read_text() == "8"


def test_no_stage_is_asked_for_more_than_is_needed(piece: Piece, tmp_path: Path) -> None:
    """However long the film: what was not taken was not made."""
    taken = 0

    def views() -> Iterator[View]:
        nonlocal taken
        grey = np.full((64, 96), 90, np.uint8)
        picture = Picture(grey, grey[::2, ::2], grey[::2, ::2], 0.0)
        while True:
            taken += 1
            yield View(picture, picture, False)

    made = Later((TWICE, TWICE)).shown(views(), Where(tmp_path, 0, 0, 4))
    assert len(list(islice(made, 5))) == 5
    assert taken <= 6


def test_many_or_large_pictures_wait_in_smaller_numbers() -> None:
    assert Later().depth(8) == 8
    assert Later(large=4.0).depth(8) == 2
    assert Later(large=64.0).depth(8) == 1
