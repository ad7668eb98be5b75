"""The tape's own response and noise are found again, from nothing but what it shows."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from appliance.adapt.light import (
    USUAL,
    Light,
    grain_of,
    kept,
    likeness,
    luma_response,
    mean_of,
    measure_light,
)
from appliance.adapt.windows import filtered, played, windows_of
from appliance.core.types import Picture
from appliance.sim.tape.parameters import TapeParameters

GRAIN = np.array([-1.0, 3.0, -2.0])
PLACES = np.array([0.05, 0.1, 0.15, 0.2])  # waves a pixel: up to 2.7 MHz


def covariance(noise: np.ndarray) -> np.ndarray:
    return mean_of(likeness(noise, np.ones(noise.shape, bool)))


def test_noise_is_made_again_as_it_was() -> None:
    rng = np.random.default_rng(1)
    noise = filtered(rng.standard_normal((300, 400), np.float32), GRAIN) + 1.5 * rng.standard_normal((300, 1))
    grain, shared = grain_of(covariance(noise))
    assert shared == pytest.approx(1.5, rel=0.15)
    made = filtered(rng.standard_normal((300, 400), np.float32), grain)
    assert covariance(made) == pytest.approx(covariance(noise) - shared**2, abs=0.6)


def speckled(rows: int = 144, columns: int = 720) -> Picture:
    """Detail that is as fine across as down, and to the left nothing."""
    y = 120 + 70 * cv2.GaussianBlur(np.random.default_rng(1).standard_normal((rows, columns)), (0, 0), 0.7)
    y[:, : columns // 3] = 120
    grey = np.full((rows // 2, columns // 2), 128, np.uint8)
    return Picture(np.clip(y, 0, 255).astype(np.uint8), grey, grey, 0.0)


def light_of(scenes: list[Picture], **wear: float) -> Light:
    tape = replace(TapeParameters(seed=2), **wear)  # type: ignore[arg-type]
    windows = list(windows_of(played(scenes, tape, 0), "tff"))
    return measure_light([(windows, scenes)], 2)


@pytest.mark.parametrize("cut_mhz", [1.8, 2.8])
def test_the_light_of_a_tape(cut_mhz: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.adapt.light.PIXEL", 5.0)  # these pixels are square
    scene = speckled()
    light = light_of([scene] * 14, luma_cut_mhz=cut_mhz, ringing=0.4, luma_noise=3.0, noise_tone=1.0)
    assert light.noise == pytest.approx(3.0, rel=0.12)
    assert light.row_noise < 0.7
    true = luma_response(cut_mhz, 0.4, 13.5)
    assert np.sqrt(kept(light.response, PLACES)) == pytest.approx(np.sqrt(kept(true, PLACES)), abs=0.2)
    off = light.upon(scene.y, np.random.default_rng(1)) - filtered(scene.y, light.response)
    assert off.std() == pytest.approx(light.noise, rel=0.1)


def test_without_detail_the_response_is_a_common_one() -> None:
    flat = replace(speckled(), y=np.full((144, 720), 120, np.uint8))
    found, common = light_of([flat] * 14, luma_noise=3.0).response, luma_response(*USUAL, 13.5)
    assert np.sqrt(kept(found, PLACES)) == pytest.approx(np.sqrt(kept(common, PLACES)), abs=0.1)


def test_where_everything_moves_the_noise_is_what_the_film_has_taken() -> None:
    wide = cv2.GaussianBlur(speckled(columns=1440).y, (0, 0), 3)[:, 480:]
    scene = [replace(speckled(), y=np.ascontiguousarray(wide[:, 12 * k :][:, :720])) for k in range(14)]
    assert 3.5 < light_of(scene, luma_noise=5.0).noise < 9


def test_nothing_is_laid_upon_what_is_clean() -> None:
    clean = speckled().y
    plain = Light(np.array([0.0, 1.0, 0.0]), np.zeros(49), 0.0)
    assert np.array_equal(plain.upon(clean, np.random.default_rng(1)), clean)
