"""Small pictures and sounds to make films of."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.encode.join import join
from appliance.encode.writer import FilmSpec, FilmWriter

MakePicture = Callable[..., Picture]


@pytest.fixture
def picture() -> MakePicture:
    """A moving slope with a bright bar whose place says which frame it is; colours are flat."""

    def make(number: int = 0, width: int = 96, height: int = 64, chroma: str = "420") -> Picture:
        slope = (np.arange(width)[None, :] + np.arange(height)[:, None] + 3 * number) % 120 + 40
        y = slope.astype(np.uint8)
        y[:, (4 * number) % (width - 4) : (4 * number) % (width - 4) + 4] = 230
        tall = height if chroma == "422" else height // 2
        u, v = (np.full((tall, width // 2), value, np.uint8) for value in (100, 160))
        return Picture(y, u, v, number / 50)

    return make


@pytest.fixture
def spec() -> FilmSpec:
    return FilmSpec(96, 64, Fraction(50), crf=12, keyframe_interval=10, threads=1)


@pytest.fixture
def write_chunks(tmp_path: Path, picture: MakePicture) -> Callable[..., list[Path]]:
    """A film of these chunk lengths, its frames numbered on from chunk to chunk."""

    def write(spec: FilmSpec, *lengths: int, folder: str = "chunks") -> list[Path]:
        (tmp_path / folder).mkdir(exist_ok=True)
        paths, number = [], 0
        for index, length in enumerate(lengths):
            paths.append(tmp_path / folder / f"{index:05d}.mkv")
            with FilmWriter(paths[-1], spec) as writer:
                for _ in range(length):
                    writer.write(picture(number, spec.width, spec.height))
                    number += 1
        return paths

    return write


@pytest.fixture
def film(tmp_path: Path, spec: FilmSpec, write_chunks: Callable[..., list[Path]]) -> Path:
    """Half a second of MP4 with sound."""
    out = tmp_path / "film.mp4"
    tone = np.sin(np.arange(24000) / 10).astype(np.float32)
    join(write_chunks(spec, 15, 10), out, spec.rate, [np.stack([tone, tone], axis=1)])
    return out
