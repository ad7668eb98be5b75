from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from appliance.sim.tape.kit import Planes
from appliance.sim.tape.second_camera import (
    CAMERA_RANGES,
    CameraParameters,
    curve,
    draw_camera,
    see,
    vignette,
)

PLAIN = CameraParameters()


def picture(luma: int = 120, u: int = 128, v: int = 128, frames: int = 1) -> Planes:
    half = (frames, 48, 40)
    return (
        np.full((frames, 48, 80), luma, np.uint8),
        np.full(half, u, np.uint8),
        np.full(half, v, np.uint8),
    )


def test_a_camera_without_faults_gives_the_picture_back() -> None:
    y, u, v = picture(120, 110, 140)
    y[:, 10:20, 20:40] = 200
    for seen, given in zip(see((y, u, v), PLAIN, 0), (y, u, v), strict=True):
        assert seen.shape == given.shape
        assert np.abs(seen.astype(int) - given).max() <= 3


def middle(camera: CameraParameters, *colour: int) -> list[int]:
    return [int(plane[0, 24, plane.shape[2] // 2]) for plane in see(picture(*colour), camera, 0)]


def test_white_balance_saturation_and_exposure() -> None:
    warm, cold = (middle(replace(PLAIN, red=r, blue=2 - r)) for r in (1.15, 0.85))
    assert warm[2] > 133 > 123 > warm[1]
    assert cold[2] < 123 < 133 < cold[1]
    pale, rich = (middle(replace(PLAIN, saturation=s), 120, 108, 150) for s in (0.8, 1.3))
    assert 128 < pale[2] < 148 < 154 < rich[2]
    assert middle(replace(PLAIN, exposure=1.2))[0] > 135


def test_the_curve_bends_the_middle_lifts_black_and_separates_lights_from_shadows() -> None:
    assert curve(PLAIN) == pytest.approx(np.arange(256), abs=0.01)
    assert curve(replace(PLAIN, gamma=0.8))[128] > 140
    assert curve(replace(PLAIN, black=10.0))[[0, 255]] == pytest.approx([10, 255])
    bent = curve(replace(PLAIN, contrast=0.3))
    assert bent[64] < 60 < 195 < bent[192]
    assert middle(replace(PLAIN, gamma=0.8))[0] > 128


def test_corners_lose_the_light_and_the_middle_does_not() -> None:
    darker = vignette(49, 81, 0.2)
    assert (darker[24, 40], darker[0, 0], darker[48, 80]) == pytest.approx((1.0, 0.8, 0.8))
    y = see(picture(), replace(PLAIN, vignetting=0.2), 0)[0][0].astype(int)
    assert y[24, 40] - y[0, 0] > 12


def test_blur_softens_and_jpeg_spoils() -> None:
    y, u, v = picture()
    y[:, :, 40:] = 200
    soft = see((y, u, v), replace(PLAIN, blur_px=1.0), 0)[0][0, 24].astype(int)
    sharp = see((y, u, v), PLAIN, 0)[0][0, 24].astype(int)
    assert np.abs(np.diff(sharp)).max() > 70 > 40 > np.abs(np.diff(soft)).max()
    y[0] = np.random.default_rng(0).integers(90, 150, y[0].shape)
    spoilt, fine = (see((y, u, v), replace(PLAIN, jpeg_quality=q), 0)[0].astype(int) for q in (60, 100))
    assert np.abs(spoilt - y).mean() > 3 * np.abs(fine - y).mean()


def test_noise_has_its_figure_and_changes_with_every_frame() -> None:
    noisy = replace(PLAIN, noise=4.0, seed=3)
    y = see(picture(frames=2), noisy, 7)[0].astype(float)
    # Three independent colours average out a little in the light.
    assert y.std() == pytest.approx(4 * 0.86 * np.hypot(0.299, np.hypot(0.587, 0.114)), rel=0.2)
    assert not np.array_equal(y[0], y[1])
    assert np.array_equal(see(picture(), noisy, 8)[0][0], y[1])


def test_cameras_are_drawn_from_their_ranges() -> None:
    drawn = [draw_camera(np.random.default_rng(k)) for k in range(40)]
    assert set(CAMERA_RANGES) | {"seed"} == {field.name for field in fields(CameraParameters)}
    for name, (low, high) in CAMERA_RANGES.items():
        values = [getattr(camera, name) for camera in drawn]
        assert low <= min(values) < low + 0.3 * (high - low)
        assert high - 0.3 * (high - low) < max(values) <= high
