"""The tape's frame in the camera's picture is found roughly, and what lies outside is left out."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.bench.light_scene import Eye, Stage, filmed
from appliance.sync.light_curve import CELLS, COLUMNS, ROWS, read_light
from appliance.sync.light_features import light_features
from appliance.sync.light_frame import cut, find_frame
from appliance.sync.light_parts import PART_COLUMNS, PART_ROWS, WHOLE, parts_of


def test_the_whole_picture_is_shared_out_evenly():
    parts = parts_of(WHOLE)
    assert parts.shape == (PART_ROWS * PART_COLUMNS, CELLS)
    assert parts.sum(axis=1) == pytest.approx(1.0)
    assert np.count_nonzero(parts[0]) == CELLS // len(parts)


def test_a_part_of_the_picture_is_looked_at_where_it_lies():
    place = np.tile((np.arange(COLUMNS) + 0.5) / COLUMNS, ROWS)
    looked_at = (parts_of((0.25, 0.0, 0.75, 1.0)) @ place).reshape(PART_ROWS, PART_COLUMNS)
    assert looked_at[0] == pytest.approx([0.3125, 0.4375, 0.5625, 0.6875])


def test_parts_beyond_the_picture_count_nothing():
    beyond = parts_of((0.5, 0.0, 1.5, 1.0)).sum(axis=1).reshape(PART_ROWS, PART_COLUMNS)
    assert beyond[0] == pytest.approx([1, 1, 0, 0])
    partly = [parts_of((left, 0.0, left + 0.6, 1.0)).sum(axis=1)[0] for left in (0.9, 0.95)]
    assert partly == pytest.approx([1, 0])


def test_the_frame_of_the_tape_is_found_in_the_cameras_picture():
    stage = Stage(3, 40.0, busy=0.6)
    tape = read_light(filmed(stage, Eye(25.0, (0.2, 0.1, 0.8, 0.7), "tff"), 0.0, 30.0), "tff", 25.0)
    camera = read_light(filmed(stage, Eye(30.0, seed=2), 0.0, 30.0), "progressive", 30.0)
    frame = find_frame(light_features(tape), camera, np.arange(3.0, 27.0, 2.0), np.zeros_like)
    assert frame == pytest.approx((0.2, 0.1, 0.8, 0.7), abs=0.13)


def test_a_part_of_a_curve_begins_at_nought():
    curve = read_light(filmed(Stage(1, 20.0), Eye(25.0), 0.0, 10.0), "progressive", 25.0)
    part = cut(curve, 4.0, 6.0)
    assert part.time_s[[0, -1]] == pytest.approx([0.0, 1.96])
    np.testing.assert_array_equal(part.level[0], curve.level[100])
    assert len(part.motion_s) == len(part.motion)
