"""Joined films: every frame in its place, the sound where it belongs, the same bytes each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.core.media import probe, read_pictures, read_sound_channels
from appliance.core.problems import Problem
from appliance.encode.digest import frame_digest
from appliance.encode.join import join
from appliance.encode.writer import FilmSpec

Chunks = Callable[..., list[Path]]


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros((round(seconds * 48000), 2), np.float32)


def whole_sound(path: Path) -> NDArray[np.float32]:
    return np.concatenate(list(read_sound_channels(path, 48000)))


@pytest.mark.parametrize("rate", [Fraction(50), Fraction(60000, 1001)])
def test_frames_follow_each_other_evenly(
    tmp_path: Path, write_chunks: Chunks, spec: FilmSpec, rate: Fraction
) -> None:
    out = tmp_path / "film.mp4"
    assert join(write_chunks(replace(spec, rate=rate), 13, 7, 11), out, rate) == 31
    times = [picture.time_s for picture in read_pictures(out)]
    np.testing.assert_allclose(times, np.arange(31) / float(rate), atol=1e-6)
    assert probe(out).rate == rate


def test_the_pictures_are_those_of_one_film(tmp_path: Path, write_chunks: Chunks, spec: FilmSpec) -> None:
    out = tmp_path / "film.mp4"
    join(write_chunks(spec, 13, 12), out, spec.rate)
    bars = [int(np.argmax(p.y.mean(axis=0))) for p in read_pictures(out)]
    assert all(abs(bar - 4 * n % 92) < 4 for n, bar in enumerate(bars))


def test_packets_are_in_decoding_order(film: Path) -> None:
    with av.open(str(film)) as container:
        packets = [p for p in container.demux(container.streams.video[0]) if p.size]
    decoding = [p.dts for p in packets]
    assert decoding == sorted(set(decoding))
    assert all(p.pts >= p.dts for p in packets)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_click_stays_at_its_moment(
    tmp_path: Path, write_chunks: Chunks, spec: FilmSpec, suffix: str
) -> None:
    sound = silence(1.0)
    sound[30000] = 0.9
    out = tmp_path / f"film{suffix}"
    join(write_chunks(spec, 25, 25), out, spec.rate, np.array_split(sound, 7))
    assert abs(int(np.abs(whole_sound(out)[:, 0]).argmax()) - 30000) <= 1


@pytest.mark.parametrize("sound_s", [0.0, 0.2, 2.0])
def test_the_sound_is_as_long_as_the_film(
    tmp_path: Path, write_chunks: Chunks, spec: FilmSpec, sound_s: float
) -> None:
    out = tmp_path / "film.mp4"
    join(write_chunks(spec, 30), out, spec.rate, [silence(sound_s)])
    with av.open(str(out)) as container:
        track = container.streams.audio[0]
        assert float(track.duration * track.time_base) == pytest.approx(0.6, abs=0.002)


def test_whole_numbers_are_as_loud_as_floats(tmp_path: Path, write_chunks: Chunks, spec: FilmSpec) -> None:
    tone = 0.5 * np.sin(np.arange(24000) / 10)
    wave = (np.stack([tone, -tone], axis=1) * 32768).astype(np.int16)
    out = tmp_path / "film.mkv"
    join(write_chunks(spec, 25), out, spec.rate, [wave])
    np.testing.assert_array_equal(np.rint(whole_sound(out) * 32768).astype(np.int16), wave)


def test_the_same_chunks_give_the_same_bytes(tmp_path: Path, write_chunks: Chunks, spec: FilmSpec) -> None:
    chunks = write_chunks(spec, 15, 10)
    noise = np.random.default_rng(1).normal(0, 0.1, (24000, 2)).astype(np.float32)
    for name in ("a.mp4", "b.mp4"):
        join(chunks, tmp_path / name, spec.rate, [noise])
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_lossless_chunks_stay_as_they_are(tmp_path: Path, write_chunks: Chunks, spec: FilmSpec) -> None:
    chunks = write_chunks(replace(spec, codec="ffv1"), 6)
    join(chunks, tmp_path / "film.mkv", spec.rate, [silence(0.1)])
    assert frame_digest(tmp_path / "film.mkv") == frame_digest(chunks[0])


def test_the_index_comes_first(film: Path) -> None:
    data = film.read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")


def test_shape_and_colours_are_carried_over(tmp_path: Path, write_chunks: Chunks, spec: FilmSpec) -> None:
    tagged = replace(spec, sample_aspect=Fraction(12, 11))
    join(write_chunks(tagged, 5), tmp_path / "film.mp4", spec.rate)
    info = probe(tmp_path / "film.mp4")
    assert (info.sample_aspect, info.colour) == (Fraction(12, 11), spec.colour)


def test_progress_ends_at_one(tmp_path: Path, write_chunks: Chunks, spec: FilmSpec) -> None:
    told: list[float] = []
    join(write_chunks(spec, 3, 3), tmp_path / "film.mp4", spec.rate, on_progress=told.append)
    assert told == [0.5, 1.0]


def test_a_chunk_of_another_spec_is_refused(tmp_path: Path, write_chunks: Chunks, spec: FilmSpec) -> None:
    chunks = write_chunks(spec, 5) + write_chunks(replace(spec, width=64), 5, folder="other")
    with pytest.raises(Problem) as caught:
        join(chunks, tmp_path / "film.mp4", spec.rate)
    assert caught.value.issue.code == "chunk-foreign"
    assert not list(tmp_path.glob("film*"))


def test_sound_that_breaks_leaves_nothing(tmp_path: Path, write_chunks: Chunks, spec: FilmSpec) -> None:
    def broken() -> Iterator[NDArray[np.float32]]:
        yield silence(0.1)
        raise RuntimeError("the sound ended badly")

    with pytest.raises(RuntimeError, match="badly"):
        join(write_chunks(spec, 25), tmp_path / "film.mp4", spec.rate, broken())
    assert not list(tmp_path.glob("film*"))


def test_no_chunks_are_no_film(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no pictures"):
        join([], tmp_path / "film.mp4", Fraction(50))
