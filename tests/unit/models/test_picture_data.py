"""What the nets for recipes learn from: clean pictures, spoilt, and exactly what is missing in them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.enhance.frames import channels, finished
from models.train.degrade import blurred, line_kernel, noisy, shrunk, small_and_worn
from models.train.picture_data import (
    SPOILT,
    Squeezed,
    cut,
    draw_picture,
    draw_squeezed,
    example,
    squeezed,
    turned_about,
)
from models.train.picture_words import LEARNT, NOT_DONE, TASKS, WHAT
from models.train.plan import PICTURE_PLANS, Plan
from models.train.prepare import Pieces

PLANS = {plan.tier: plan for plan in PICTURE_PLANS}
NOBODY = np.empty(0, np.uint8)


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    """Two pieces of six pictures: soft textures that move two pixels a picture."""
    rng = np.random.default_rng(0)
    ground = cv2.GaussianBlur(rng.uniform(0, 255, (2, 192, 400)).transpose(1, 2, 0), (0, 0), 3)
    ground = np.clip((ground - 127) * 6 + 127, 0, 255).astype(np.uint8)
    light = np.stack([[ground[:, 2 * k : 2 * k + 384, n] for k in range(6)] for n in (0, 1)])
    colour = np.stack([light[:, :, ::2, ::2], 255 - light[:, :, ::2, ::2]], axis=2)
    return Pieces(NOBODY, NOBODY, NOBODY, NOBODY, light, colour, NOBODY, NOBODY)


@pytest.fixture(scope="module")
def small(pieces: Pieces) -> Squeezed:
    found = [squeezed(y, c, 24) for y, c in zip(pieces.truth_y, pieces.truth_c, strict=True)]
    return Squeezed(np.stack([f[0] for f in found]), np.stack([f[1] for f in found]))


def texture(seed: int = 0, side: int = 64):
    rng = np.random.default_rng(seed)
    soft = [cv2.GaussianBlur(rng.uniform(0, 255, (s, s)), (0, 0), 2) for s in (side, side // 2, side // 2)]
    return tuple(np.clip((plane - 127) * 5 + 127, 0, 255).astype(np.uint8) for plane in soft)


@pytest.mark.parametrize("tier", sorted(SPOILT))
def test_base_and_what_is_missing_are_the_truth(pieces: Pieces, tier: str) -> None:
    """A net that knew the answer would give the clean picture, through the product's own functions."""
    plan, seen = PLANS[tier], []

    def spoil(clean, rng):
        seen.append(clean)
        given = SPOILT[tier](clean, rng)
        seen.append(given)
        return given

    asked, missing = draw_picture(pieces, plan, spoil, np.random.default_rng(5))
    clean, given = seen
    assert asked.shape == (channels(plan.scale, plan.window), 32, 32)
    answer = np.clip(missing + 128, 0, 255).astype(np.uint8)
    made = finished(Picture(*given[plan.window // 2], 0.0), plan.scale, plan.soft_px, answer)
    truth = clean[plan.window // 2]
    small_enough = np.abs(missing[:16]).max() < 127
    assert small_enough or tier == "sr4"
    near = np.abs(made.y.astype(int) - truth[0])
    assert np.percentile(near, 99) == 0
    assert np.array_equal(made.u, truth[1])


def test_what_x265_did_is_missing_too(pieces: Pieces, small: Squeezed) -> None:
    assert small.y.shape == (2, 6, 96, 192)
    plan = PLANS["compact"]
    asked, missing = draw_squeezed(pieces, small, plan, np.random.default_rng(2))
    assert asked.shape == (channels(2, 3), 32, 32)
    assert 0.5 < float(np.abs(missing[:16]).mean()) < 20
    again = draw_squeezed(pieces, small, plan, np.random.default_rng(2))
    assert np.array_equal(again[0], asked)


def test_small_and_large_are_cut_at_one_place(pieces: Pieces) -> None:
    """Else the net would learn to shift the picture."""
    half = Squeezed(pieces.truth_y[:, :, ::2, ::2], pieces.truth_c[..., ::2, ::2])
    errors = [
        np.abs(draw_squeezed(pieces, half, PLANS["compact"], np.random.default_rng(seed))[1][:16]).mean()
        for seed in range(6)
    ]
    assert max(errors) < 12
    whole = cut(pieces.truth_y, pieces.truth_c, 0, 1, 16, 32, 128)
    part = cut(half.y, half.c, 0, 1, 8, 16, 64)
    assert np.array_equal(whole[0][::2, ::2], part[0])


def test_noise_is_as_strong_as_it_is_said_and_new_in_every_picture() -> None:
    grey = tuple(np.full(shape, 128, np.uint8) for shape in ((64, 64), (32, 32), (32, 32)))
    one, other = noisy([grey, grey], 10.0, np.random.default_rng(0))
    assert float(one[0].std()) == pytest.approx(10, rel=0.05)
    assert float(one[2].std()) == pytest.approx(10, rel=0.1)
    assert abs(float(np.corrcoef(one[0].ravel(), other[0].ravel())[0, 1])) < 0.1


def test_blur_keeps_the_light_and_its_place() -> None:
    kernel = line_kernel(7.0, 0.6, 1.0)
    assert float(kernel.sum()) == pytest.approx(1)
    rows, columns = np.mgrid[-8:9, -8:9]
    assert abs(float((rows * kernel).sum())) < 0.05
    assert abs(float((columns * kernel).sum())) < 0.05
    soft = blurred([texture()] * 3, np.random.default_rng(1))
    assert len(soft) == 3
    assert soft[1][0].std() < texture()[0].std()
    assert abs(float(soft[1][0].mean()) - float(texture()[0].mean())) < 2


def test_a_degraded_picture_is_a_quarter_as_wide_and_high_and_in_its_place() -> None:
    clean = texture(side=128)
    small = small_and_worn([clean], np.random.default_rng(1))[0]
    assert [plane.shape for plane in small] == [(32, 32), (16, 16), (16, 16)]
    means = shrunk(clean[0], 4, 0.6)
    assert np.corrcoef(small[0].ravel(), means.ravel())[0, 1] > 0.9


def test_a_scene_is_turned_as_a_whole() -> None:
    for seed in range(8):
        one, other = turned_about([texture(0), texture(0)], np.random.default_rng(seed))
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
        assert sorted(one[0].ravel()) == sorted(texture(0)[0].ravel())


def test_a_softened_base_leaves_out_what_the_noise_would_ask_for() -> None:
    y, u, v = (cv2.GaussianBlur(plane, (0, 0), 3) for plane in texture())
    clean = (y, u, v)
    given = noisy([clean] * 5, 10.0, np.random.default_rng(0))
    plan = PLANS["denoise"]
    soft, plain = (
        float(np.abs(example(given, clean, replace(plan, soft_px=px))[1][:16]).mean()) for px in (1.0, 0.0)
    )
    assert plan.soft_px > 0
    assert soft < 0.6 * plain


@pytest.mark.parametrize("plan", PICTURE_PLANS, ids=lambda plan: plan.tier)
def test_every_plan_is_small_and_has_its_words(plan: Plan) -> None:
    assert 4 * plan.weights < 1_500_000
    assert plan.inputs == channels(plan.scale, plan.window)
    assert all(plan.tier in words for words in (TASKS, WHAT, LEARNT, NOT_DONE))
