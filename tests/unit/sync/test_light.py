"""Two films of one stage are placed by what they show; films of two stages are refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from appliance.bench.light_scene import Eye, Stage, filmed
from appliance.core.types import SyncEstimate
from appliance.sync.light import estimate_light
from appliance.sync.light_curve import LightCurve, read_light

TAPE = Eye(25.0, (0.1, 0.05, 0.9, 0.95), "tff", exposure_s=0.018, noise=3.0, seed=1)
CAMERA = Eye(30.0, (0.05, 0.02, 0.95, 0.92), readout_s=0.015, gain=1.2, gamma=0.8, automatic=0.6, seed=2)


def seen(stage: Stage, eye: Eye, start_s: float, seconds: float, ppm: float = 0.0) -> LightCurve:
    return read_light(filmed(stage, eye, start_s, seconds, ppm), eye.order, eye.rate)


def error_ms(found: SyncEstimate, offset_s: float, times_s: tuple[float, ...], ppm: float = 0.0) -> float:
    assert found.offset_s is not None, found.reason
    return 1e3 * max(abs(found.tape_time(t) - offset_s - (1 + ppm * 1e-6) * t) for t in times_s)


@pytest.mark.parametrize(
    ("eye", "offset_s"),
    [
        (CAMERA, 3.21),
        (replace(CAMERA, rate=25.0), -2.345),
        (replace(CAMERA, rate=50.0, flicker=0.04), 5.5),
        (replace(CAMERA, rate=30000 / 1001, noise=4.0), 1.007),
    ],
    ids=["30p", "25p", "50p in lamp light", "29.97p in the dark"],
)
def test_what_moves_places_to_less_than_a_field(eye, offset_s):
    stage = Stage(3, 40.0, busy=0.6)
    found = estimate_light(seen(stage, TAPE, 0.0, 24.0), seen(stage, eye, offset_s, 20.0))
    assert error_ms(found, offset_s, (2.5, 17.0)) < 12
    assert found.method == "light"
    assert found.confidence > 0.9
    assert found.steps == ()


@pytest.mark.parametrize("order", ["tff", "bff"])
def test_flashes_place_to_half_a_field(order):
    stage = Stage(7, 60.0, busy=0.2, flashes=0.35)
    tape = replace(TAPE, order=order)
    found = estimate_light(seen(stage, tape, 0.0, 40.0), seen(stage, CAMERA, 4.4, 40.0, 100.0))
    assert error_ms(found, 4.4, (1.0, 34.0), 100.0) < 10


def test_flashes_alone_are_enough_where_nothing_moves():
    stage = Stage(8, 60.0, busy=0.0, flashes=0.4)
    found = estimate_light(seen(stage, TAPE, 0.0, 50.0), seen(stage, CAMERA, 2.2, 45.0))
    assert error_ms(found, 2.2, (1.0, 44.0)) < 20


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("flashes", [0.0, 0.3])
def test_another_stage_is_refused(seed, flashes):
    stages = [Stage(s, 30.0, flashes=flashes) for s in (seed, seed + 50)]
    found = estimate_light(seen(stages[0], TAPE, 0.0, 24.0), seen(stages[1], CAMERA, 2.0, 16.0))
    assert found.offset_s is None
    assert found.confidence < 0.5
    assert "nowhere on the tape" in found.reason


def test_a_piece_that_the_camera_lost_is_a_step():
    stage = Stage(11, 90.0, busy=0.7)
    before, after = (seen(stage, CAMERA, start_s, 35.0) for start_s in (1.0, 38.5))
    whole = LightCurve(
        np.concatenate([before.time_s, 35.0 + after.time_s]),
        np.concatenate([before.level, after.level]),
        np.concatenate([before.motion_s, 35.0 + after.motion_s]),
        np.concatenate([before.motion, after.motion]),
    )
    found = estimate_light(seen(stage, TAPE, 0.0, 75.0), whole)
    assert [step.shift_s for step in found.steps] == [pytest.approx(2.5, abs=0.06)]
    assert found.steps[0].t_tape_s == pytest.approx(38.5, abs=2.5)


def test_useless_pictures_are_refused_in_plain_words():
    stage = Stage(1, 20.0)
    usual = seen(stage, TAPE, 0.0, 8.0)
    short = seen(stage, CAMERA, 0.0, 2.0)
    assert "less than 3 seconds" in estimate_light(usual, short).reason
    frozen = replace(usual, level=np.full_like(usual.level, 16), motion=np.zeros_like(usual.motion))
    found = estimate_light(frozen, usual)
    assert found.offset_s is None
    assert "Nothing moves and nothing changes in the pictures of the tape" in found.reason


def test_progress_runs_to_its_end():
    stage, told = Stage(3, 40.0, busy=0.6), list[float]()
    estimate_light(seen(stage, TAPE, 0.0, 12.0), seen(stage, CAMERA, 1.0, 10.0), told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_pictures_with_other_times_are_placed_too():
    """A telephone's pictures come when they like, and some not at all."""
    stage, rng = Stage(3, 40.0, busy=0.6), np.random.default_rng(4)
    pictures = [p for p in filmed(stage, replace(CAMERA, rate=60.0), 3.0, 20.0) if rng.random() < 0.55]
    uneven = read_light(chain(pictures), "progressive", 30.0)
    found = estimate_light(seen(stage, TAPE, 0.0, 24.0), uneven)
    assert error_ms(found, 3.0, (2.5, 17.0)) < 40
