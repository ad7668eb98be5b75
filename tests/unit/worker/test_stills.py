"""Stills before and after, at their moments, also when a run goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from appliance.core.types import BT601_625, Picture
from appliance.worker.film import Lying, View
from appliance.worker.stills import LAYING, PlacedStill, Stills, placed_still, still_pairs


def picture(value: int) -> Picture:
    return Picture(
        np.full((48, 64), value, np.uint8), *(np.full((24, 32), 128, np.uint8) for _ in range(2)), 0.0
    )


@pytest.fixture
def pieces() -> list[SimpleNamespace]:
    tape = SimpleNamespace(sample_aspect=1, colour=BT601_625)
    return [SimpleNamespace(tape=tape, frames=30), SimpleNamespace(tape=tape, frames=10)]


def grey(jpeg: bytes) -> float:
    return float(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE).mean())


def test_a_quarter_the_half_and_three_quarters_of_all_pieces(tmp_path: Path, pieces: list) -> None:  # type: ignore[type-arg]
    stills = Stills(tmp_path / "stills", pieces, "tff")
    for field in range(80):
        stills.see(field, View(picture(60), picture(100 + field), False))
    pairs = still_pairs(tmp_path / "stills")
    assert len(pairs) == 3
    levels = [grey(pair.after) for pair in pairs]
    assert levels == sorted(levels)
    assert all(grey(pair.before) < 70 for pair in pairs)
    assert [pair.moment for pair in pairs] == [0.25, 0.5, 0.75]
    assert not list((tmp_path / "stills").glob("*.part"))


def test_those_of_an_earlier_run_stay(tmp_path: Path, pieces: list) -> None:  # type: ignore[type-arg]
    Stills(tmp_path, pieces, "tff").see(20, View(picture(60), picture(100), False))
    Stills(tmp_path, pieces, "tff").see(60, View(picture(60), picture(200), False))
    assert [(p.moment, round(grey(p.after) / 50)) for p in still_pairs(tmp_path)] == [(0.25, 2), (0.75, 4)]


def test_one_without_its_partner_is_left_out(tmp_path: Path, pieces: list) -> None:  # type: ignore[type-arg]
    Stills(tmp_path, pieces, "tff").see(40, View(picture(60), picture(100), False))
    (tmp_path / "before-2.jpg").write_bytes(b"alone")
    assert len(still_pairs(tmp_path)) == 1
    assert still_pairs(tmp_path / "nowhere") == []


@pytest.mark.parametrize(("order", "level"), [("tff", 0), ("bff", 219)])
def test_before_shows_the_first_field(order: str, level: int, tmp_path: Path, pieces: list) -> None:  # type: ignore[type-arg]
    woven = np.zeros((48, 64), np.uint8) + 16
    woven[1::2] = 204
    tape = replace(picture(0), y=woven)
    Stills(tmp_path, pieces, order).see(40, View(tape, picture(100), False))  # type: ignore[arg-type]
    assert grey(still_pairs(tmp_path)[0].before) == pytest.approx(level, abs=3)


def test_each_piece_shows_how_its_camera_lies_once_it_was_followed_for_a_while(
    tmp_path: Path,
    pieces: list,  # type: ignore[type-arg]
) -> None:
    stills = Stills(tmp_path, pieces, "tff")
    seen, nothing = np.full((48, 64), 255, np.uint8), np.zeros((48, 64), np.uint8)
    stills.see_placed(1, None)
    stills.see_placed(1, Lying(picture(60), picture(60), nothing, 2))
    assert placed_still(tmp_path, 1, 2) == PlacedStill()
    for field in range(LAYING[1] + 20):
        stills.see_placed(1, Lying(picture(60), picture(60 + field), seen, 2))
    found = placed_still(tmp_path, 1, 2)
    assert grey(found.checkerboard) == pytest.approx((60 + 60 + LAYING[1] - 1 - 32) / 2 * 255 / 219, abs=6)
    assert grey(found.overlay) == pytest.approx(44 * 255 / 219, abs=6)
    assert placed_still(tmp_path, 0, 0) == PlacedStill()
    (tmp_path / "overlay-1-2.jpg").unlink()
    assert placed_still(tmp_path, 1, 2) == PlacedStill()


def test_a_camera_picture_of_an_odd_tape_fits(tmp_path: Path, pieces: list) -> None:  # type: ignore[type-arg]
    u, v = np.full((2, 25, 33), 128, np.uint8)
    film = Picture(np.full((49, 65), 90, np.uint8), u, v, 0.0)
    seen = np.full((49, 65), 255, np.uint8)
    camera = Picture(film.y, u[:24, :32], v[:24, :32], 0.0)
    Stills(tmp_path, pieces, "tff").see_placed(0, Lying(film, camera, seen))
    assert placed_still(tmp_path, 0, 0).overlay
