"""Claps with a flash tell how late a device's sound is; what does not agree is refused."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.bench.light_scene import Eye, Stage, filmed
from appliance.core.types import SyncBend, SyncEstimate, SyncStep, SyncWindow
from appliance.sync.latency import for_pictures, measure_latency
from appliance.sync.light_curve import LightCurve, read_light
from appliance.sync.plot import residuals_ms

RATE_HZ = 16000
CLAPS_S = (2.013, 4.631, 7.02, 9.457, 12.113, 14.8)


def light(moments_s: tuple[float, ...], eye: Eye) -> LightCurve:
    stage = Stage(5, 20.0, busy=0.3)
    stage.flashes = np.array(moments_s)
    return read_light(filmed(stage, eye, 0.0, 18.0), eye.order, eye.rate)


def sound(moments_s: tuple[float, ...], speech: float = 0.05) -> np.ndarray:
    """Claps among somebody's talking."""
    rng = np.random.default_rng(6)
    time_s = np.arange(18 * RATE_HZ) / RATE_HZ
    talking = np.cumsum(rng.normal(size=len(time_s))) % 7 - 3.5
    heard = speech * talking * np.clip(np.sin(2 * np.pi * 1.3 * time_s), 0, 1) * 0.05
    for moment_s in moments_s:
        first = round(moment_s * RATE_HZ)
        decay = np.exp(-np.arange(RATE_HZ // 10) / (0.005 * RATE_HZ))
        heard[first : first + len(decay)] += 0.4 * decay * rng.normal(size=len(decay))
    return (heard + 0.001 * rng.normal(size=len(heard))).astype(np.float32)


TAPE = Eye(25.0, order="tff", exposure_s=0.02, seed=1)
CAMERA = Eye(30.0, exposure_s=0.033, seed=2)


@pytest.mark.parametrize("eye", [TAPE, CAMERA], ids=["tape", "camera"])
@pytest.mark.parametrize("late_s", [0.087, 0.0, -0.06])
def test_the_delay_is_found(eye, late_s):
    found = measure_latency(sound(tuple(t + late_s for t in CLAPS_S)), RATE_HZ, light(CLAPS_S, eye))
    assert found.late_s == pytest.approx(late_s, abs=0.012)
    assert found.events >= 5
    assert found.spread_s < 0.015
    assert "5 of" in found.sentence() or "6 of" in found.sentence()


def test_claps_that_are_no_claps_of_the_flashes_are_refused():
    rng = np.random.default_rng(8)
    elsewhere = tuple(t + rng.uniform(-0.2, 0.4) for t in CLAPS_S)
    found = measure_latency(sound(elsewhere), RATE_HZ, light(CLAPS_S, TAPE))
    assert found.late_s is None
    assert "do not agree" in found.reason


def test_claps_that_agree_only_roughly_are_refused():
    shown = tuple(round(t * 50) / 50 for t in CLAPS_S)
    beside = (-0.018, 0.018, 0.0, -0.017, 0.017, 0.001)
    heard = tuple(t + 0.05 + by for t, by in zip(shown, beside, strict=True))
    found = measure_latency(sound(heard), RATE_HZ, light(shown, Eye(50.0, exposure_s=0.016, seed=1)))
    assert found.late_s is None
    assert found.events >= 5
    assert found.spread_s > 0.0125


@pytest.mark.parametrize(
    ("heard", "shown"),
    [(CLAPS_S[:2], CLAPS_S[:2]), ((), CLAPS_S), (CLAPS_S, ())],
    ids=["two", "mute", "dark"],
)
def test_too_few_of_them_are_refused(heard, shown):
    found = measure_latency(sound(heard), RATE_HZ, light(shown, TAPE))
    assert found.late_s is None
    assert found.sentence().startswith("The delay could not be measured")


def test_an_empty_recording_is_refused():
    assert measure_latency(np.zeros(0, np.float32), RATE_HZ, light((), TAPE)).late_s is None


def test_a_clock_of_sounds_becomes_one_of_pictures():
    """An event at tape picture 10 s and camera picture 7 s; each device's sound comes late in its own way."""
    tape_late_s, camera_late_s, drift = 0.08, 0.03, 100e-6
    heard = 10.0 + tape_late_s - (1 + drift) * (7.0 + camera_late_s)
    windows = (SyncWindow(7.0 + camera_late_s, 10.0 + tape_late_s, 1.0),)
    bends = (SyncBend(20.0, 0.0), SyncBend(21.0, 0.004))
    by_sound = SyncEstimate(heard, 100.0, (SyncStep(50.0, 1.0),), 0.9, windows=windows, bends=bends)
    found = for_pictures(by_sound, tape_late_s, camera_late_s)
    assert found.tape_time(7.0) == pytest.approx(10.0, abs=1e-9)
    assert found.camera_time(10.0) == pytest.approx(7.0, abs=1e-9)
    assert found.steps[0].t_tape_s == pytest.approx(49.92)
    assert [bend.t_tape_s for bend in found.bends] == pytest.approx([19.92, 20.92])
    assert residuals_ms(found) == pytest.approx([0.0], abs=1e-6)


def test_what_is_not_placed_or_on_time_stays_as_it_is():
    lost, placed = SyncEstimate(None, reason="Nothing."), SyncEstimate(2.0)
    assert for_pictures(lost, 0.1, 0.0) is lost
    assert for_pictures(placed, 0.0, 0.0) is placed
