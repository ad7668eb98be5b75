from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from pydantic import TypeAdapter

from appliance.core.types import Picture, Registration
from appliance.register.colour import match_colours
from appliance.register.estimate import estimate_registration
from appliance.register.geometry import refine
from appliance.register.place import NODES, straightened
from appliance.register.views import first_moment
from tests.unit.register.conftest import CAMERA_SIZE


def _misplaced_px(found, truth) -> float:
    grid = np.stack(np.meshgrid(np.linspace(60, 600, 9), np.linspace(40, 360, 7)), -1).reshape(-1, 1, 2)
    at, should = (cv2.perspectiveTransform(grid, np.array(matrix, float)) for matrix in (found, truth))
    return float(np.median(np.linalg.norm(at - should, axis=2)))


def test_the_camera_is_placed_on_the_tape(tape_picture, camera_picture, to_tape):
    pairs = [(tape_picture(seed), camera_picture(seed)) for seed in (1, 2)]
    found = estimate_registration(pairs, "progressive", Fraction(16, 15))
    assert found.homography is not None
    assert _misplaced_px(found.homography, to_tape) < 0.35
    assert found.confidence > 0.8
    assert found.residual_px < 1.0
    assert found.matches > 60


def test_colours_are_matched_both_in_light_and_in_chroma(tape_picture, camera_picture):
    colour = estimate_registration([(tape_picture(), camera_picture())], "progressive").colour
    moved = np.array(colour.matrix) @ np.array([50.0, 20.0, -20.0]) + colour.offset
    truth = np.array([178 * 0.8 + 14 - 128, 14.0, -14.0])
    assert moved == pytest.approx(truth, abs=4.0)


def test_only_the_first_field_of_an_interlaced_tape_counts(tape_picture, camera_picture, to_tape):
    now, later = tape_picture(), tape_picture()
    combed = now.y.copy()
    combed[1::2] = np.roll(later.y, 25, axis=1)[1::2]
    pair = Picture(combed, now.u, now.v, 0.0), camera_picture()
    found = estimate_registration([pair], "tff")
    assert found.homography is not None
    assert _misplaced_px(found.homography, to_tape) < 0.5


@pytest.mark.parametrize(("order", "parity"), [("tff", 0), ("bff", 1)])
def test_a_field_lies_on_its_own_lines(order, parity):
    ramp = np.repeat(np.arange(0, 200, 2, dtype=np.uint8)[:, None], 8, axis=1)
    moment = first_moment(ramp, order)
    assert np.array_equal(moment[parity::2], ramp[parity::2])
    assert np.abs(moment.astype(int) - ramp)[2:-2].max() <= 1


@pytest.mark.parametrize("seed", [11, 12])
def test_a_camera_that_shows_something_else_is_refused(tape_picture, camera_picture, seed):
    found = estimate_registration([(tape_picture(), camera_picture(seed))], "progressive")
    assert found.homography is None
    assert found.confidence < 0.3
    assert "does not show" in found.reason


def test_pictures_of_which_no_patch_can_be_followed_are_refused(tape_picture, camera_picture):
    pairs = [(tape_picture().y, camera_picture(seed=11).y)]
    nowhere = np.array([[2.2, -25.0, 11480.0], [2.1, 0.4, 5.4], [-3e-4, -2e-2, 10.3]])
    assert refine(pairs, nowhere) is None


def test_nothing_to_see_is_refused():
    black = Picture(np.zeros((288, 360), np.uint8), *np.full((2, 144, 180), 128, np.uint8), 0.0)
    assert estimate_registration([(black, black)], "tff").homography is None
    assert "no moments" in estimate_registration([], "tff").reason


def test_blue_after_the_tapes_end_spoils_neither_place_nor_colour(tape_picture, camera_picture):
    tape = tape_picture()
    blue = Picture(np.full_like(tape.y, 35), np.full_like(tape.u, 212), np.full_like(tape.v, 114), 1.0)
    alone = estimate_registration([(tape, camera_picture())], "progressive")
    mixed = [(tape, camera_picture()), *[(blue, camera_picture(seed)) for seed in (2, 3, 4)]]
    assert estimate_registration(mixed, "progressive") == alone


def test_a_lens_that_bends_lines_is_found(tape_picture, camera_picture):
    """What the camera shows at a place is what a straight lens shows where that place is straightened."""
    true = 0.05
    size = CAMERA_SIZE[0], CAMERA_SIZE[1]
    x, y = np.meshgrid(*(np.arange(n, dtype=np.float64) for n in size))
    places = straightened(np.stack([x, y], axis=-1), true, size).astype(np.float32)
    pairs = []
    for seed in (1, 2):
        plain = camera_picture(seed)
        bent = cv2.remap(plain.y, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        pairs.append((tape_picture(seed), replace(plain, y=np.asarray(bent, np.uint8))))
    found = estimate_registration(pairs, "progressive", Fraction(16, 15))
    assert found.lens == pytest.approx(true, abs=0.02)
    assert not estimate_registration([(tape_picture(), camera_picture())], "progressive").lens


def test_a_registration_can_be_kept_as_json(tape_picture, camera_picture):
    found = estimate_registration([(tape_picture(), camera_picture())], "progressive")
    adapter = TypeAdapter(Registration)
    assert adapter.validate_json(adapter.dump_json(found)) == found
    assert np.array(found.mesh).shape == (*NODES, 2)


def test_where_colour_goes_with_light_the_detail_stays_lights_own():
    """Blue is brighter all over the scene: light could be explained by colour, which has no detail."""
    rng = np.random.default_rng(4)
    y = np.kron(rng.integers(60, 200, (18, 24)), np.ones((16, 16))).astype(np.uint8)
    u = (128 + (y[::2, ::2].astype(int) - 128) // 4 + rng.integers(-2, 3, (144, 192))).astype(np.uint8)
    v = np.full((144, 192), 128, np.uint8)
    camera = Picture(y, u, v, 0.0)
    tape = Picture((y * 0.9 + 10).astype(np.uint8), u, v, 0.0)
    matrix = np.array(match_colours([(tape, camera)], np.eye(3)).matrix)
    assert matrix[0, 0] == pytest.approx(0.9, abs=0.03)
    assert abs(matrix[0, 1]) < 0.1
