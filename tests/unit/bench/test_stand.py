"""A camera that stands elsewhere: its pictures show what its places say."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.bench.clips import NTSC, read_scene
from appliance.bench.stand import CAMERA_SIZE, KNOCK_PX, camera_pictures, draw_stand
from appliance.core.types import Picture
from appliance.encode.writer import FilmSpec, FilmWriter

ROWS, COLUMNS = 480, 640


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Coarse patches; each picture is lighter than the one before."""
    rng = np.random.default_rng(5)
    patches = np.kron(rng.integers(40, 180, (ROWS // 20, COLUMNS // 20)), np.ones((20, 20))).astype(np.uint8)
    grey = np.full((ROWS // 2, COLUMNS // 2), 128, np.uint8)
    with FilmWriter(tmp_path / "clip.mkv", FilmSpec(COLUMNS, ROWS, Fraction(30), codec="ffv1")) as writer:
        for number in range(4):
            writer.write(Picture(patches + np.uint8(8 * number), grey, grey, 0.0))
    return tmp_path / "clip.mkv"


def stand(motion: str = "still", seed: int = 3):
    return draw_stand(np.random.default_rng(seed), NTSC, motion, 30)


def places(step: int = 40) -> np.ndarray:
    return np.stack(np.meshgrid(*(np.arange(100.0, n - 100, step) for n in CAMERA_SIZE)), axis=-1)


def test_the_picture_shows_at_each_place_what_the_tape_shows_there(clip: Path) -> None:
    where = stand()
    seen = next(camera_pictures(clip, NTSC, where, 2, 0, 9))
    tape = read_scene(clip, NTSC, 1)[0][..., 0]
    x, y = np.meshgrid(*(np.arange(n, dtype=np.float64) for n in CAMERA_SIZE))
    there = where.on_tape(np.stack([x, y], axis=-1), 0, NTSC.field_rate).astype(np.float32)
    expected = cv2.remap(tape, there, None, cv2.INTER_LINEAR, borderValue=-1)
    inside = (there[..., 0] > 30) & (there[..., 0] < 690) & (there[..., 1] > 30) & (there[..., 1] < 450)
    beside = np.roll(expected, 12, axis=1)
    right, wrong = (np.corrcoef(picture[inside], seen.y[inside])[0, 1] for picture in (expected, beside))
    assert inside.mean() > 0.3
    assert right > 0.97
    assert wrong < 0.8
    assert seen.u.shape == (360, 640)


def test_it_looks_at_the_same_scene_to_and_fro(clip: Path) -> None:
    levels = [p.y.mean() for p in camera_pictures(clip, NTSC, stand(), 6, 0, 9, distinct=3)]
    assert levels[0] < levels[1] < levels[2]
    assert levels[3] < levels[2] < levels[5] + 12


def test_a_knock_moves_it_once_and_a_hand_all_the_time() -> None:
    knocked, held = stand("knock"), stand("hand")
    at = [knocked.on_tape(places(), n, 50.0) for n in (0, 9, 10, 29)]
    assert np.array_equal(at[0], at[1])
    assert np.array_equal(at[2], at[3])
    assert 0.4 * KNOCK_PX < np.median(np.linalg.norm(at[2] - at[1], axis=-1)) < 2 * KNOCK_PX
    swung = [held.on_tape(places(), n, 50.0) for n in range(40)]
    steps = [float(np.median(np.linalg.norm(b - a, axis=-1))) for a, b in pairwise(swung)]
    assert 0 < max(steps) < 3


def test_lens_and_parallax_are_no_plane_map() -> None:
    whole = stand()
    plain = replace(whole, bend=0.0, waves=())
    tape, camera = (s.on_tape(places(), 0, 50.0).reshape(-1, 2).astype(np.float32) for s in (whole, plain))
    matrix, _ = cv2.findHomography(camera, tape)
    left = np.linalg.norm(cv2.perspectiveTransform(camera[None], matrix)[0] - tape, axis=1)
    assert 0.3 < np.median(left) < 5
