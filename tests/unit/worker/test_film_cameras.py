"""Several recordings of the camera beside one piece of tape: which of them helps at which moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby, islice
from pathlib import Path

import numpy as np
import pytest

from appliance.core.media import probe
from appliance.core.types import IDENTITY, Picture, Registration, SyncEstimate
from appliance.worker.following import Follower
from appliance.worker.guides import Guide, shown_by
from appliance.worker.reel import Piece, pictures_end_s, piece_of_files
from appliance.worker.seen import laid_by


def guide_of(camera: Path, offset_s: float, confidence: float = 1.0) -> Guide:
    sync = SyncEstimate(offset_s, confidence=confidence)
    return Guide(probe(camera), sync, Registration(IDENTITY, confidence=1.0), 1.0)


def lit(write_film: Callable[..., Path], name: str, grey: int, frames: int = 10) -> Path:
    """A camera whose pictures are told from another's by their grey."""
    return write_film(name, range(frames), order=1, light=[np.full((64, 96), grey, np.uint8)] * frames)


def greys(piece: Piece, guides: list[Guide], first: int = 0) -> list[int]:
    """The grey that each field's moment gets from a camera; 0 where none ran."""
    fields = islice(shown_by(piece, guides, first), 2 * (piece.frames - first))
    return [int(shown.moment.picture.y[32, 48]) if shown else 0 for shown in fields]


@pytest.mark.parametrize(
    ("offsets_s", "expected"),
    [
        ((0.0, 0.4), [(60, 20), (180, 20), (0, 8)]),
        ((0.4, 0.0), [(180, 20), (60, 20), (0, 8)]),
        ((0.0, 0.2), [(60, 10), (180, 20), (0, 18)]),
        ((0.2, 0.0), [(180, 20), (60, 10), (0, 18)]),
        ((0.56, -0.2), [(180, 10), (0, 18), (60, 20)]),
    ],
    ids=["after each other", "in the other order", "the better one later", "the better one first", "apart"],
)
def test_at_every_moment_the_camera_that_ran_helps_and_of_two_the_more_certain(
    offsets_s: tuple[float, float], expected: list[tuple[int, int]], write_film: Callable[..., Path]
) -> None:
    piece = piece_of_files(write_film("tape.mkv", range(24)))
    films = [lit(write_film, "dark.mkv", 60), lit(write_film, "light.mkv", 180)]
    guides = [
        guide_of(film, offset_s, confidence)
        for film, offset_s, confidence in zip(films, offsets_s, (0.8, 0.9), strict=True)
    ]
    found = greys(piece, guides)
    runs = [(grey, len(list(run))) for grey, run in groupby(found)]
    assert [grey for grey, _ in runs] == [grey for grey, _ in expected]
    assert all(abs(n - m) <= 4 for (_, n), (_, m) in zip(runs, expected, strict=True)), runs
    assert greys(piece, guides, 9) == found[18:], "wherever the run goes on"
    assert greys(piece, guides[::-1]) == found, "whatever their order"


def test_a_camera_whose_sound_goes_on_without_pictures_does_not_hide_another(
    write_film: Callable[..., Path],
) -> None:
    piece = piece_of_files(write_film("tape.mkv", range(24)))
    loud = write_film(
        "loud.mkv", range(10), order=1, sound_s=0.9, light=[np.full((64, 96), 60, np.uint8)] * 10
    )
    first = replace(guide_of(loud, 0.0), seen_until_s=pictures_end_s(probe(loud)))
    second = guide_of(lit(write_film, "light.mkv", 180), 0.4, confidence=0.5)
    found = greys(piece, [first, second])
    assert [grey for grey, _ in groupby(found)] == [60, 180, 0]


def test_each_recording_is_laid_where_it_was_found(write_film: Callable[..., Path]) -> None:
    """The camera was carried to another place between its two films."""
    piece = piece_of_files(write_film("tape.mkv", range(20)))
    camera = write_film("camera.mkv", range(8), order=1)
    aside = Registration(((1.0, 0.0, 20.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    guides = [guide_of(camera, 0.0), replace(guide_of(camera, 0.4), registration=aside, recording=1)]
    follower = Follower(piece, guides, 1, None)
    blank = Picture(*(np.full(size, 128, np.uint8) for size in ((64, 96), (32, 48), (32, 48))), 0.0)
    seen = [follower.see(blank, laid) for laid in islice(laid_by(piece, guides, 0), 40)]
    first, second = seen[0], seen[20]
    assert first.guide is not None
    assert second.guide is not None
    assert np.array_equal(second.guide.y[:, 30:90], first.guide.y[:, 10:70])
    assert (first.recording, second.recording) == (0, 1)
    assert first.known is not None
    again = Follower(piece, guides, 1, first.known).see(blank, None)
    assert again.known is not None
    assert again.known.number == 0
    for number in (-1, 2, 99):
        damaged = replace(first.known, number=number)
        assert Follower(piece, guides, 1, damaged).see(blank, None).known is None
