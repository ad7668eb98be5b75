"""When a tuned net is kept, and what the comparison with fields that were not seen says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance.adapt.again import again
from appliance.adapt.material import by_camera, by_other_fields
from appliance.adapt.verdict import Errors, Verdict, against, gain_db
from appliance.adapt.windows import played, windows_of
from appliance.core.types import Picture
from appliance.sim.tape.parameters import TapeParameters


@pytest.mark.parametrize(
    ("verdict", "keep"),
    [
        (Verdict(0.4), False),  # of a tape that nobody compared it with
        (Verdict(0.4, None, 0.1), True),
        (Verdict(0.4, 0.1, None), True),
        (Verdict(0.05, 1.0, 1.0), False),
        (Verdict(-1.0, 1.0, 1.0), False),
        (Verdict(0.4, 0.3, 0.1), True),
        (Verdict(0.4, 0.01, 0.1), False),
        (Verdict(0.4, 0.3, 0.01), False),
        (Verdict(0.4, None, -0.1), False),
        (Verdict(0.4, None, 0.3, clean=True), False),
    ],
)
def test_kept_only_where_everything_that_could_be_measured_speaks_for_it(
    verdict: Verdict, keep: bool
) -> None:
    assert verdict.keep is keep
    assert (f"{verdict.simulated:+.2f} dB" in verdict.sentence()) is not verdict.clean


def test_gains_are_those_of_all_windows_together() -> None:
    assert gain_db([Errors(10, 5), Errors(5, 10)]) == pytest.approx(0, abs=0.01)
    assert gain_db([Errors(30, 10), Errors(10, 10)]) == pytest.approx(3.01, abs=0.05)
    assert gain_db([Errors(20, 10)]) == pytest.approx(3.01, abs=0.05)
    assert gain_db([]) is None


def test_too_little_of_a_picture_says_nothing() -> None:
    plane, where = np.zeros((40, 40), np.uint8), np.zeros((40, 40), bool)
    where[:2, :2] = True
    assert against(plane, plane, plane, where) is None
    where[:8] = True
    assert against(plane, plane + 2, plane, where) == Errors(4, 0)


def noisy(plane: np.ndarray, seed: int) -> np.ndarray:
    return np.clip(plane + np.random.default_rng(seed).normal(0, 4, plane.shape), 0, 255).astype(np.uint8)


def test_other_fields_tell_what_noise_was_left(make_scene) -> None:
    scene = [make_scene(1)[0]] * 14
    tape = TapeParameters(luma_noise=4.0, seed=2)
    windows = list(windows_of(played(scene, tape, 0), "tff"))
    seen, truth, own = again(windows, 6), scene[6].y, windows[6].plain.y
    better = by_other_fields(seen, own, truth)
    assert better is not None
    assert better.shipped > better.tuned + 8
    assert by_other_fields(seen, truth, own) == Errors(better.tuned, better.shipped)
    assert by_other_fields(replace(seen, still=seen.still & False), own, truth) is None


def test_the_camera_counts_only_where_it_is_believed(make_scene) -> None:
    film = make_scene(1)[0]
    noise = Picture(noisy(film.y, 5), film.u, film.v, 0.0)
    seen = np.full(film.y.shape, 255, np.uint8)
    found = by_camera(noise, film, (film, seen))
    assert found is not None
    assert found.tuned < found.shipped / 4
    assert by_camera(noise, film, (film, np.zeros_like(seen))) is None
    assert by_camera(noise, film, None) is None
