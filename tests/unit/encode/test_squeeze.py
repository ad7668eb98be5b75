"""Through x265 and back: what is given back is what the file shows, one for one, at the old times."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.encode.squeeze import SqueezeSpec, quarter_of, shrunk_to, squeezed

SPEC = SqueezeSpec(64, 64, Fraction(25), preset="ultrafast")


def scene(count: int, height: int = 64, width: int = 64) -> Iterator[Picture]:
    rng = np.random.default_rng(0)
    ground = cv2.GaussianBlur(rng.uniform(0, 255, (height, width + count)), (0, 0), 2) * 3 - 250
    light = np.clip(ground, 0, 255).astype(np.uint8)
    colour = np.full((height // 2, width // 2), 110, np.uint8)
    for k in range(count):
        yield Picture(np.ascontiguousarray(light[:, k : k + width]), colour, colour + 40, 7 + 0.04 * k)


def read(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray()[: frame.height, : frame.width] for frame in container.decode(video=0)]


def test_what_comes_back_is_what_the_file_shows(tmp_path: Path) -> None:
    found = list(squeezed(scene(30), SPEC, tmp_path / "small.mkv"))
    shown = read(tmp_path / "small.mkv")
    assert len(found) == len(shown) == 30
    assert all(np.array_equal(one.y, other) for one, other in zip(found, shown, strict=True))
    assert [one.time_s for one in found] == [one.time_s for one in scene(30)]
    errors = [np.abs(one.y - sent.y.astype(int)).mean() for one, sent in zip(found, scene(30), strict=True)]
    assert 0 < max(errors) < 8, "squeezed, in the order in which they were sent"
    with av.open(str(tmp_path / "small.mkv")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.average_rate) == ("hevc", 25)


def test_larger_pictures_are_shrunk(tmp_path: Path) -> None:
    found = list(squeezed(scene(3, 128, 128), SPEC, tmp_path / "small.mkv"))
    assert {one.y.shape for one in found} == {(64, 64)}
    assert {one.u.shape for one in found} == {(32, 32)}
    assert abs(float(found[1].v.mean()) - 150) < 2


def test_a_higher_factor_makes_a_smaller_file(tmp_path: Path) -> None:
    sizes = []
    for crf in (18, 36):
        spec = SqueezeSpec(64, 64, Fraction(25), crf, "ultrafast")
        list(squeezed(scene(20), spec, tmp_path / f"{crf}.mkv"))
        sizes.append((tmp_path / f"{crf}.mkv").stat().st_size)
    assert sizes[1] < 0.7 * sizes[0]


def test_pictures_are_taken_as_the_encoder_needs_them(tmp_path: Path) -> None:
    taken = 0

    def counted() -> Iterator[Picture]:
        nonlocal taken
        for picture in scene(120):
            taken += 1
            yield picture

    ahead = [taken - given for given, _ in enumerate(squeezed(counted(), SPEC, tmp_path / "small.mkv"))]
    assert max(ahead) < 60


def test_what_is_not_taken_to_its_end_leaves_nothing(tmp_path: Path) -> None:
    film = squeezed(scene(60), SPEC, tmp_path / "small.mkv")
    next(film)
    film.close()
    assert list(tmp_path.iterdir()) == []


def test_no_pictures_make_no_file(tmp_path: Path) -> None:
    assert list(squeezed([], SPEC, tmp_path / "small.mkv")) == []
    assert list(tmp_path.iterdir()) == []


def test_a_quarter_is_half_of_both_sides_in_even_numbers() -> None:
    assert quarter_of(720, 576) == (360, 288)
    assert quarter_of(722, 578) == (360, 288)
    assert quarter_of(120, 100) == (64, 64)
    with pytest.raises(ValueError, match="361x288"):
        SqueezeSpec(361, 288, Fraction(25))


def test_a_picture_of_the_right_size_is_left_as_it_is() -> None:
    picture = next(scene(1))
    assert shrunk_to(picture, 64, 64).y is picture.y
