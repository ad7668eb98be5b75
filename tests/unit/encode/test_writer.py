"""Chunks: what is in them, that they repeat byte for byte, and that nothing half done is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from appliance.core.media import probe, read_pictures
from appliance.core.types import BT601_525
from appliance.encode.writer import FilmSpec, FilmWriter


def test_a_chunk_says_what_its_pictures_are(write_chunks: Callable[..., list[Path]], spec: FilmSpec) -> None:
    tagged = replace(spec, sample_aspect=Fraction(10, 11), colour=BT601_525, rate=Fraction(60000, 1001))
    info = probe(write_chunks(tagged, 12)[0])
    assert (info.width, info.height, info.codec, info.pixel_format) == (96, 64, "h264", "yuv420p")
    assert (info.sample_aspect, info.colour) == (Fraction(10, 11), BT601_525)
    assert float(info.rate) == pytest.approx(60000 / 1001, rel=1e-5)


def test_the_same_pictures_give_the_same_bytes(
    write_chunks: Callable[..., list[Path]], spec: FilmSpec
) -> None:
    threaded = replace(spec, threads=2)
    found = {write_chunks(threaded, 12, folder=str(run))[0].read_bytes() for run in range(20)}
    assert len(found) == 1


def test_h264_is_high_and_opens_a_group_at_the_interval(
    write_chunks: Callable[..., list[Path]], spec: FilmSpec
) -> None:
    with av.open(str(write_chunks(spec, 25)[0])) as container:
        stream = container.streams.video[0]
        packets = [p for p in container.demux(stream) if p.size]
        keys = sorted(round(float(p.pts * p.time_base) * 50) for p in packets if p.is_keyframe)
        assert stream.profile == "High"
    assert keys == [0, 10, 20]


def test_ffv1_keeps_every_value_of_422(
    tmp_path: Path, picture: Callable[..., object], spec: FilmSpec
) -> None:
    lossless = replace(spec, codec="ffv1", pixel_format="yuv422p", width=90)  # lines that FFmpeg pads
    pictures = [picture(n, width=90, chroma="422") for n in range(3)]
    with FilmWriter(tmp_path / "master.mkv", lossless) as writer:
        for one in pictures:
            writer.write(one)
    found = list(read_pictures(tmp_path / "master.mkv"))
    assert len(found) == 3
    for was, now in zip(pictures, found, strict=True):
        for plane in "yuv":
            np.testing.assert_array_equal(getattr(was, plane), getattr(now, plane))


def test_422_is_averaged_to_420(tmp_path: Path, picture: Callable[..., object], spec: FilmSpec) -> None:
    with FilmWriter(tmp_path / "film.mkv", spec) as writer:
        writer.write(picture(chroma="422"))
    shown = next(read_pictures(tmp_path / "film.mkv"))
    assert shown.u.shape == (32, 48)
    assert abs(float(shown.u.mean()) - 100) < 2
    assert abs(float(shown.v.mean()) - 160) < 2


def test_an_error_leaves_nothing(tmp_path: Path, picture: Callable[..., object], spec: FilmSpec) -> None:
    def broken() -> None:
        with FilmWriter(tmp_path / "film.mkv", spec) as writer:
            writer.write(picture())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert list(tmp_path.iterdir()) == []


def test_the_name_appears_only_at_the_end(
    tmp_path: Path, picture: Callable[..., object], spec: FilmSpec
) -> None:
    with FilmWriter(tmp_path / "film.mkv", spec) as writer:
        writer.write(picture())
        assert not (tmp_path / "film.mkv").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["film.mkv"]


def test_a_picture_of_another_size_is_refused(
    tmp_path: Path, picture: Callable[..., object], spec: FilmSpec
) -> None:
    with pytest.raises(ValueError, match="does not fit"), FilmWriter(tmp_path / "film.mkv", spec) as writer:
        writer.write(picture(width=100))
