from __future__ import annotations

import numpy as np
import pytest

from appliance.core.types import SyncEstimate
from appliance.sync.estimate import estimate_sync

RATE_HZ = 8000


def _error_ms(found: SyncEstimate, offset_s: float, drift_ppm: float, times_s: tuple[float, ...]) -> float:
    return 1e3 * max(abs(found.tape_time(t) - offset_s - (1 + drift_ppm * 1e-6) * t) for t in times_s)


@pytest.mark.parametrize(("offset_s", "drift_ppm"), [(0.0, 0.0), (2.345, 150.0), (-3.3, -200.0)])
def test_a_short_take_is_placed_within_a_millisecond(make_pair, offset_s, drift_ppm):
    found = estimate_sync(*make_pair(offset_s, drift_ppm))
    overlap = max(0.0, -offset_s) + 0.5, min(8.0, 8.0 - offset_s) - 0.5
    assert _error_ms(found, offset_s, drift_ppm, overlap) < 1.0
    assert found.confidence > 0.9
    assert found.steps == ()
    assert found.residual_ms < 1.0


def test_drift_of_a_long_take_is_measured(make_pair):
    found = estimate_sync(*make_pair(-20.0, 250.0, tape_s=100.0, camera_s=130.0))
    assert found.drift_ppm == pytest.approx(250.0, abs=3.0)
    assert _error_ms(found, -20.0, 250.0, (20.0, 70.0, 119.0)) < 1.0


def test_a_clip_is_found_anywhere_in_a_long_tape(make_pair):
    found = estimate_sync(*make_pair(231.7, -100.0, tape_s=300.0, camera_s=15.0))
    assert _error_ms(found, 231.7, -100.0, (1.0, 14.0)) < 1.0


def test_a_piece_that_the_camera_lost_is_a_step(make_pair):
    found = estimate_sync(*make_pair(1.0, 50.0, tape_s=60.0, camera_s=55.0, lost_at_s=30.0, lost_s=2.5))
    assert found.offset_s == pytest.approx(1.0, abs=2e-3)
    assert [step.shift_s for step in found.steps] == [pytest.approx(2.5, abs=3e-3)]
    assert found.steps[0].t_tape_s == pytest.approx(33.5, abs=0.6)
    for t_camera_s, t_tape_s in ((20.0, 21.001), (40.0, 43.502)):
        assert found.tape_time(t_camera_s) == pytest.approx(t_tape_s, abs=2e-3)
        assert found.camera_time(t_tape_s) == pytest.approx(t_camera_s, abs=2e-3)


@pytest.mark.parametrize("seed", range(6))
def test_a_camera_that_filmed_something_else_is_refused(make_pair, seed):
    found = estimate_sync(*make_pair(1.0, seed=seed, tape_s=20.0, other_scene=True))
    assert found.offset_s is None
    assert found.confidence < 0.5
    assert "filmed something else" in found.reason


def test_steady_hum_in_both_is_not_the_same_sound(make_pair):
    tape, camera = make_pair(0.0, other_scene=True)
    hum = 0.2 * np.sign(np.sin(2 * np.pi * 50 * np.arange(len(tape)) / RATE_HZ)).astype(np.float32)
    assert estimate_sync(tape + hum, camera + hum).offset_s is None


def test_clipped_and_noisy_sound_still_places(make_pair):
    tape, camera = make_pair(1.5, 80.0, noise=0.1)
    found = estimate_sync(np.clip(8 * tape, -1, 1), np.clip(8 * camera, -1, 1) + 0.2)
    assert _error_ms(found, 1.5, 80.0, (0.5, 6.0)) < 1.0


def test_an_inverted_microphone_does_not_matter(make_pair):
    tape, camera = make_pair(-1.0)
    assert _error_ms(estimate_sync(tape, -camera), -1.0, 0.0, (1.5, 7.5)) < 1.0


@pytest.mark.parametrize(
    ("tape_s", "camera_s", "tape_level", "words"),
    [(8.0, 8.0, 0.0, "no sound to compare on the tape"), (8.0, 0.5, 1.0, "shorter than a second"),
     (0.0, 8.0, 1.0, "The tape has no sound")],
)  # fmt: skip
def test_useless_sound_is_refused_in_plain_words(make_scene, tape_s, camera_s, tape_level, words):
    found = estimate_sync(tape_level * make_scene(tape_s, 1), make_scene(camera_s, 1))
    assert found.offset_s is None
    assert found.confidence == 0.0
    assert words in found.reason


def test_noise_alone_and_damaged_samples_are_refused():
    rng = np.random.default_rng(3)
    tape, camera = rng.normal(size=(2, 6 * RATE_HZ)).astype(np.float32)
    camera[100:200] = np.nan
    assert estimate_sync(tape, camera).offset_s is None


def test_progress_runs_to_its_end(make_pair):
    told: list[float] = []
    estimate_sync(*make_pair(0.5), progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_one_clip_over_the_end_of_one_tape_and_the_beginning_of_the_next(make_pair):
    tape, camera = make_pair(20.0, 50.0, tape_s=80.0, camera_s=40.0)
    first, second = tape[: 40 * RATE_HZ], tape[42 * RATE_HZ :]
    on_first, on_second = estimate_sync(first, camera), estimate_sync(second, camera)
    assert on_first.offset_s == pytest.approx(20.0, abs=2e-3)
    assert on_second.offset_s == pytest.approx(-22.0, abs=2e-3)


def test_two_takes_of_one_song_are_not_the_same_moment(make_scene):
    """The same notes at the same times, by other voices: how loud it is tells nothing of when it was."""
    one, other = make_scene(30.0, 5), make_scene(30.0, 6)
    reach = RATE_HZ // 20
    power = np.convolve(one**2, np.ones(reach) / reach, "same")
    own = np.convolve(other**2, np.ones(reach) / reach, "same")
    again = other / np.sqrt(own + 1e-6) * np.sqrt(power)
    assert estimate_sync(one, again.astype(np.float32)).offset_s is None


def test_what_the_recorders_clocks_foretell_is_looked_at_first(make_pair, monkeypatch):
    """Both ran at once: no search over hours, and noise that would hide the place from it does not matter."""
    monkeypatch.setattr("appliance.sync.estimate.search", None)
    tape, camera = make_pair(1.0, 50.0, tape_s=40.0, camera_s=38.0, noise=0.3)
    found = estimate_sync(tape, camera, RATE_HZ, expected_s=0.2)
    assert _error_ms(found, 1.0, 50.0, (2.0, 36.0)) < 2.0


def test_clocks_that_foretell_the_wrong_place_do_no_harm(make_pair):
    pair = make_pair(12.0, 50.0, tape_s=60.0, camera_s=38.0)
    assert _error_ms(estimate_sync(*pair, RATE_HZ, expected_s=-5.0), 12.0, 50.0, (2.0, 36.0)) < 2.0
    assert (
        estimate_sync(*make_pair(0.0, tape_s=20.0, other_scene=True), RATE_HZ, expected_s=0.0).offset_s
        is None
    )
