"""The second camera: another look at the same scene, and a known error in its place."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.bench.camera import MISPLACED_PX, REGISTERED_PX, displace, film, misplacements, registered
from appliance.bench.clips import Full, truth_of
from appliance.core.types import Picture

SHAPE = (64, 96)


def scene(seed: int = 1) -> Full:
    rng = np.random.default_rng(seed)
    made = rng.integers(40, 200, (*SHAPE, 3), np.uint8)
    made[..., 1:] = 110
    made[:32, :, 1:] = 150
    return made


def lengths(aside_px: float) -> list[float]:
    found = misplacements(SHAPE, 4, aside_px, 5)
    return [float(np.sqrt(np.mean(np.sum(error**2, axis=-1)))) for error in found]


def test_a_registered_guide_is_035_px_off_everywhere_in_time() -> None:
    assert lengths(0.0) == pytest.approx([REGISTERED_PX] * 4, rel=1e-4)


def test_a_misplaced_one_is_3_px_off_as_a_whole() -> None:
    mean = np.mean([e.mean(axis=(0, 1)) for e in misplacements(SHAPE, 4, MISPLACED_PX, 5)], axis=0)
    assert np.hypot(*mean) == pytest.approx(MISPLACED_PX, abs=0.4)


def test_the_error_is_smooth_and_changes_slowly() -> None:
    first, second = list(misplacements(SHAPE, 2, 0.0, 5))
    assert np.abs(np.diff(first, axis=0)).max() < 0.15
    assert 0 < np.abs(first - second).max() < 0.4


def test_a_displaced_picture_is_read_where_the_error_says() -> None:
    picture = scene()
    error = np.zeros((*SHAPE, 2), np.float32)
    error[..., 0] = 2
    assert np.array_equal(displace(picture, error)[:, :-4], picture[:, 2:-2])


def test_the_camera_has_its_own_colours_but_the_same_scene_and_films_it_alike() -> None:
    one, again = film([scene()], 7)[0], film([scene()], 7)[0]
    assert np.array_equal(one, again)
    assert not np.array_equal(one, film([scene()], 8)[0])
    assert np.abs(one.mean(axis=(0, 1)) - scene().mean(axis=(0, 1))).max() > 2
    assert np.corrcoef(one[..., 0].ravel(), scene()[..., 0].ravel())[0, 1] > 0.7


def test_the_registered_guide_has_the_tapes_colours() -> None:
    wide = np.repeat(np.repeat(scene()[::8, ::8], 32, axis=0), 32, axis=1)
    plain = truth_of(wide, 0.0)
    guides = list(registered(film([wide] * 2, 7), [Picture(plain.y, plain.u, plain.v, 0.0)], 0.0, 3))
    assert len(guides) == 2
    picture, coverage = guides[0]
    assert coverage.min() == 255
    assert float(np.abs(picture.u.astype(int) - plain.u).mean()) < 4
