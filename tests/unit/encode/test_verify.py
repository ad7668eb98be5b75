"""A finished film that is not as it should be is found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from appliance.core.problems import Problem
from appliance.encode.join import join
from appliance.encode.verify import index_first, verify_film
from appliance.encode.writer import FilmSpec

Chunks = Callable[..., list[Path]]


def cause(path: Path, frames: int = 25, duration_s: float = 0.5, **more: bool) -> str:
    with pytest.raises(Problem) as caught:
        verify_film(path, frames, duration_s, **more)
    assert caught.value.issue.code in ("film-wrong", "not-a-film")
    return caught.value.issue.cause


def test_a_good_film_passes(film: Path) -> None:
    verify_film(film, 25, 0.5, square_pixels=True)


def test_a_good_film_of_any_rate_passes(tmp_path: Path, write_chunks: Chunks, spec: FilmSpec) -> None:
    rate = Fraction(60000, 1001)
    chunks = write_chunks(replace(spec, rate=rate), 31)
    for name in ("film.mp4", "film.mkv"):
        join(chunks, tmp_path / name, rate, [np.zeros((100, 2), np.float32)])
        verify_film(tmp_path / name, 31, 31 / float(rate))


def test_a_missing_picture(film: Path) -> None:
    assert "25 pictures instead of 26" in cause(film, frames=26)


def test_another_length(film: Path) -> None:
    assert "instead of 0.60 s" in cause(film, duration_s=0.6)


def test_no_sound(tmp_path: Path, write_chunks: Chunks, spec: FilmSpec) -> None:
    join(write_chunks(spec, 25), tmp_path / "film.mp4", spec.rate)
    assert cause(tmp_path / "film.mp4") == "It has no sound."
    verify_film(tmp_path / "film.mp4", 25, 0.5, sound=False)


def remuxed(film: Path, out: Path, sound_until_s: float = 99.0) -> Path:
    """The film once more, without an index at its beginning, its sound cut off."""
    with av.open(str(film)) as source, av.open(str(out), "w") as target:
        streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            late = (
                packet.stream.type == "audio"
                and packet.pts is not None
                and packet.pts > sound_until_s * 48000
            )
            if packet.pts is not None and not late:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    return out


def test_sound_that_ends_early(film: Path, tmp_path: Path) -> None:
    assert "sound lasts" in cause(remuxed(film, tmp_path / "short.mkv", sound_until_s=0.3))


def test_an_index_at_the_end(film: Path, tmp_path: Path) -> None:
    late = remuxed(film, tmp_path / "late.mp4")
    assert index_first(film)
    assert not index_first(late)
    assert "index" in cause(late)


def test_pixels_that_are_not_square(tmp_path: Path, write_chunks: Chunks, spec: FilmSpec) -> None:
    chunks = write_chunks(replace(spec, sample_aspect=Fraction(12, 11)), 25)
    join(chunks, tmp_path / "film.mp4", spec.rate)
    assert "12/11" in cause(tmp_path / "film.mp4", sound=False, square_pixels=True)


def test_a_film_that_was_cut_off(film: Path) -> None:
    film.write_bytes(film.read_bytes()[: film.stat().st_size * 2 // 3])
    assert cause(film)


def test_no_film_at_all(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"")
    assert "empty" in cause(tmp_path / "film.mp4")
