"""The order of a tape's fields as its pictures show it, and silence where they do not."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.enhance.order import detect_order, lean, steps

ROWS, COLUMNS = 120, 160
COLOUR = np.full((ROWS, COLUMNS // 2), 128, np.uint8)


def scene(moment: float, speed_px: float = 1.5, seed: int = 0) -> np.ndarray:
    """Patches that go to the right, ``speed_px`` a field, over others that stand still."""
    rng = np.random.default_rng(seed)
    still, moving = (
        cv2.GaussianBlur(
            np.kron(rng.integers(30, 220, (15, 60)), np.ones((8, 8))).astype(np.uint8), (0, 0), 2
        )
        for _ in range(2)
    )
    shift = np.float32([[1, 0, speed_px * moment - 200], [0, 1, 0]])
    moved = cv2.warpAffine(moving, shift, (COLUMNS, ROWS), flags=cv2.INTER_LINEAR)
    moved[: ROWS // 2] = still[: ROWS // 2, :COLUMNS]
    return moved


def tape(
    order: str, frames: int = 24, noise: float = 4.0, speed_px: float = 1.5, seed: int = 0
) -> list[Picture]:
    rng = np.random.default_rng(5)
    pictures = []
    for number in range(frames):
        second = 0 if order == "progressive" else 1
        top, bottom = (second, 0) if order == "bff" else (0, second)
        y = scene(2 * number + top, speed_px, seed).copy()
        y[1::2] = scene(2 * number + bottom, speed_px, seed)[1::2]
        y = np.clip(y + rng.normal(0, noise, y.shape), 0, 255).astype(np.uint8)
        pictures.append(Picture(y, COLOUR, COLOUR, number / 25))
    return pictures


def places(pictures: list[Picture]) -> list[list[Picture]]:
    return [pictures[n : n + 4] for n in range(0, len(pictures), 4)]


@pytest.mark.parametrize("order", ["tff", "bff", "progressive"])
@pytest.mark.parametrize("speed_px", [0.6, 1.5, -2.5])
def test_the_order_is_seen(order: str, speed_px: float) -> None:
    assert detect_order(places(tape(order, speed_px=speed_px))) == order


@pytest.mark.parametrize("order", ["tff", "progressive"])
def test_a_cut_and_a_flash_do_not_hide_it(order: str) -> None:
    pictures = tape(order)[:10] + tape(order, seed=3)[10:]
    pictures[17] = Picture(np.full_like(pictures[17].y, 235), COLOUR, COLOUR, 17 / 25)
    assert detect_order(places(pictures)) == order


def test_where_nothing_moves_nothing_is_said() -> None:
    assert detect_order(places(tape("tff", speed_px=0.0))) is None
    grey = Picture(np.full((ROWS, COLUMNS), 128, np.uint8), COLOUR, COLOUR, 0.0)
    assert detect_order(places([grey] * 24)) is None


def test_noise_alone_says_nothing() -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        noise = [
            Picture(rng.integers(60, 180, (ROWS, COLUMNS), dtype=np.uint8), COLOUR, COLOUR, n / 25)
            for n in range(24)
        ]
        assert detect_order(places(noise)) is None


def test_a_film_that_is_partly_otherwise_is_left_alone() -> None:
    assert detect_order(places(tape("tff")[:16] + tape("bff")[:8])) is None
    assert detect_order(places(tape("tff")[:16] + tape("progressive")[:8])) is None


@pytest.mark.parametrize("frames", [0, 1, 2, 6])
def test_a_few_frames_are_too_few(frames: int) -> None:
    assert detect_order([tape("bff", frames)]) is None


@pytest.mark.parametrize(("rows", "columns"), [(8, 16), (1, 1), (33, 47)])
def test_small_and_odd_pictures_are_no_trouble(rows: int, columns: int) -> None:
    cut = [Picture(p.y[:rows, :columns], COLOUR, COLOUR, p.time_s) for p in tape("tff")]
    assert detect_order([cut]) in (None, "tff")


def test_one_place_leans_as_its_pictures_do() -> None:
    for order in ("tff", "bff", "progressive"):
        assert lean([s for pair in pairwise(tape(order, 4)) if (s := steps(*pair))]) == order
