"""What the guide's net learns from: the film, the camera's view of the same moment, and what is missing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.enhance.pack import unfold
from models.train import guide_data
from models.train.guide_data import (
    SIDE,
    Films,
    draw_coverage,
    draw_guided,
    draw_misplacement_px,
    misplace,
    see,
)
from models.train.prepare import TARGETS, Pieces, make_piece
from models.train.scenes import COLUMNS, ROWS


@pytest.fixture
def pieces(scene) -> Pieces:
    made = [make_piece(scene, np.random.default_rng(k)) for k in range(2)]
    return Pieces(**{k: np.stack([m[k] for m in made]) for k in made[0]})


@pytest.fixture
def films(pieces: Pieces) -> Films:
    """Films that are seven levels too dark, and otherwise the truth."""
    return Films(pieces.truth_y - 7, pieces.truth_c)


def test_a_sample_says_what_is_missing_from_what_the_rule_has_made(pieces: Pieces, films: Films) -> None:
    """Added to the film that is in the packed input, it gives the truth of one place of one piece."""
    packed, missing = draw_guided(pieces, films, np.random.default_rng(1))
    assert packed.shape == (49, SIDE // 4, SIDE // 4)
    assert missing.shape == (24, SIDE // 4, SIDE // 4)
    made = unfold((packed[:16] + missing[:16]).astype(np.uint8), 4)
    places = [
        np.array_equal(made, whole[top : top + SIDE, left : left + SIDE])
        for whole in pieces.truth_y.reshape(-1, ROWS, COLUMNS)
        for top in range(0, ROWS - SIDE + 1, 4)
        for left in range(0, COLUMNS - SIDE + 1, 4)
    ]
    assert any(places)


def test_the_net_is_not_free_where_the_camera_sees_nothing(pieces: Pieces, films: Films, monkeypatch) -> None:
    monkeypatch.setattr(guide_data, "draw_coverage", lambda rng, shape: np.zeros(shape, np.uint8))
    packed, missing = draw_guided(pieces, films, np.random.default_rng(1))
    assert not packed[48].any()
    assert np.all(missing[:16] == 7)
    assert np.all(missing[16:] == 0)


def test_the_guide_shows_the_scene_in_other_colours(pieces: Pieces) -> None:
    truth = pieces.truth_y[0, 0], *pieces.truth_c[0, 0]
    seen = see(truth, np.random.default_rng(5))
    assert [p.shape for p in seen] == [p.shape for p in truth]
    flat = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(seen[:1], truth[:1], strict=True)]
    assert min(flat) > 0.9
    assert np.abs(seen[0].astype(int) - truth[0]).mean() > 1


@pytest.mark.parametrize("off_px", [0.35, 3.0])
def test_it_is_misplaced_by_as_much_as_is_said(off_px: float) -> None:
    ramp = np.tile(np.linspace(20, 220, 256, dtype=np.float32), (256, 1))
    plane, half = np.rint(ramp).astype(np.uint8), np.zeros((128, 128), np.uint8)
    moved = [misplace((plane, half, half), np.random.default_rng(k), off_px)[0] for k in range(30)]
    across = np.stack([(m.astype(np.float32) - plane)[40:-40, 40:-40] for m in moved]) / (200 / 255)
    assert np.sqrt((across**2).mean()) == pytest.approx(off_px / np.sqrt(2), rel=0.35, abs=0.15)


def test_most_guides_lie_well_some_badly_and_some_see_only_a_part() -> None:
    rng = np.random.default_rng(0)
    off = np.array([draw_misplacement_px(rng) for _ in range(1000)])
    assert 0.65 < (off < 0.6).mean() < 0.75
    assert 0.04 < (off > 1.5).mean() < 0.12
    partly = np.mean([draw_coverage(rng, (192, 192)).min() == 0 for _ in range(1000)])
    assert 0.2 < partly < 0.4


@pytest.mark.parametrize("wrong", [0.0, 1.0])
def test_some_guides_show_something_else(pieces: Pieces, monkeypatch, wrong: float) -> None:
    monkeypatch.setattr(guide_data, "WRONG", wrong)
    monkeypatch.setattr(guide_data, "BLOCKED", 0.0)
    monkeypatch.setattr(guide_data, "draw_misplacement_px", lambda rng: 0.0)
    rng = np.random.default_rng(0)
    blots = [cv2.GaussianBlur(rng.standard_normal((ROWS, COLUMNS)), (0, 0), 3) * 400 + 120 for _ in range(2)]
    truth_y = np.stack([[np.clip(blot, 0, 255).astype(np.uint8)] * len(TARGETS) for blot in blots])
    other = Pieces(**{**vars(pieces), "truth_y": truth_y})
    alike = []
    for _ in range(12):
        packed, _ = draw_guided(other, Films(truth_y, pieces.truth_c), rng)
        light = (unfold(packed[k : k + 16].astype(np.uint8), 4).astype(np.float32) for k in (0, 24))
        film, guide = (y - cv2.GaussianBlur(y, (0, 0), 2) for y in light)  # what is broad is the film's
        alike.append(np.corrcoef(film.ravel(), guide.ravel())[0, 1])
    assert max(alike) > 0.7
    assert (min(alike) < 0.6) == bool(wrong)
