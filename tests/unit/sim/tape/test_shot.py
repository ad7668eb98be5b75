from __future__ import annotations

import numpy as np
import pytest

from appliance.sim.tape.kit import NUMPY, Planes
from appliance.sim.tape.parameters import TapeParameters
from appliance.sim.tape.shot import leak_luma, shoot, weave


def flat(luma: float, frames: int = 1) -> Planes:
    half = np.full((frames, 40, 30), 128, np.float32)
    return np.full((frames, 40, 60), luma, np.float32), half.copy(), half.copy()


def test_the_shooting_camera_blurs_both_ways_and_colour_as_much_as_light() -> None:
    y, u, v = flat(50)
    y[0, 20, 30] = 150
    blurred = shoot((y, u, v), TapeParameters(shot_blur_px=1.0, shot_blur_rows=0.5), NUMPY)[0][0]
    assert blurred.sum() == pytest.approx(50 * 2400 + 100, rel=1e-4)
    across, down = blurred[20, 31] - 50, blurred[21, 30] - 50
    assert across > 1.5 * down > 1
    u[0, 20, 15] = 228
    softer = shoot((y, u, v), TapeParameters(shot_blur_px=1.0, shot_blur_rows=0.5), NUMPY)[1][0, 20]
    assert softer[16] - 128 > 5


def test_more_light_is_brighter_and_more_colourful_until_white_clips() -> None:
    y, u, v = flat(116)
    u += 20
    brighter = shoot((y, u, v), TapeParameters(exposure=1.1), NUMPY)
    assert (brighter[0][0, 0, 0], brighter[1][0, 0, 0]) == (pytest.approx(126), pytest.approx(150))
    assert shoot(flat(235), TapeParameters(exposure=1.1), NUMPY)[0].max() == 245


@pytest.mark.parametrize(("order", "top", "bottom"), [("tff", 50, 200), ("bff", 200, 50)])
def test_the_earlier_picture_is_in_the_field_that_comes_first(order: str, top: int, bottom: int) -> None:
    woven = weave(flat(50, 3)[0], flat(200, 3)[0], order)  # type: ignore[arg-type]
    assert (woven[:, 0::2] == top).all()
    assert (woven[:, 1::2] == bottom).all()


@pytest.mark.parametrize("standard", ["pal", "ntsc"])
def test_fine_luma_near_the_subcarrier_turns_into_colour_and_coarse_luma_does_not(standard: str) -> None:
    turns = np.arange(60) * (4.43361875 if standard == "pal" else 3.579545) / 13.5
    tape = TapeParameters(cross_colour=0.3, standard=standard)  # type: ignore[arg-type]

    def colour(cycles: np.ndarray) -> float:
        y, u, v = flat(120)
        y += 50 * np.cos(2 * np.pi * cycles).astype(np.float32)
        _, u, v = leak_luma((y, u, v), tape, 0, NUMPY)
        return float(np.hypot(u[:, :, 5:-5].mean(axis=2) - 128, v[:, :, 5:-5].mean(axis=2) - 128).mean())

    assert colour(turns) > 8
    assert colour(turns / 4) < 1


def test_cross_colour_crawls_from_frame_to_frame() -> None:
    y, u, v = flat(120, 2)
    y[:, :, ::3] += 60
    u = leak_luma((y, u, v), TapeParameters(cross_colour=0.3), 5, NUMPY)[1]
    assert np.abs(u[0] - u[1]).max() > 3
