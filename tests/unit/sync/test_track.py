"""Sound in a file is the same sound, however it is read."""

from __future__ import annotations

import numpy as np

import appliance.sync.features as module
from appliance.sync.estimate import estimate_sync
from appliance.sync.features import BLOCK_FRAMES, FRAMES_PER_S, band_features
from appliance.sync.track import FULL_SCALE, keep_track, loudest

RATE_HZ = 8000


def test_a_track_gives_back_what_it_was_given(tmp_path):
    sound = np.random.default_rng(1).uniform(-1, 1, 5000).astype(np.float32)
    track = keep_track(np.array_split(sound, 7), tmp_path / "sound")
    assert len(track) == 5000
    for part in (slice(0, 5000), slice(17, 300), slice(4990, 9000), slice(6000, 7000), slice(0, 0)):
        np.testing.assert_allclose(track[part], sound[part], atol=0.6 / FULL_SCALE)


def test_what_is_no_number_is_silence_and_what_is_too_loud_is_cut(tmp_path):
    track = keep_track([np.array([np.nan, np.inf, -5.0, 0.25], np.float32)], tmp_path / "sound")
    np.testing.assert_allclose(track[0:4], [0, 1, -1, 0.25], atol=1e-4)


def test_a_steady_level_is_no_sound(tmp_path):
    assert loudest(np.full(9000, 0.5, np.float32)) == 0
    assert loudest(np.zeros(0, np.float32)) == 0
    assert loudest(np.array([0.5, 0.7], np.float32)) > 0.09


def test_tracks_are_compared_like_arrays(make_pair, tmp_path):
    tape, camera = make_pair(2.345, 150.0)
    tracks = (keep_track([sound], tmp_path / name) for name, sound in (("tape", tape), ("camera", camera)))
    found, known = estimate_sync(*tracks, RATE_HZ), estimate_sync(tape, camera, RATE_HZ)
    assert abs(found.offset_s - known.offset_s) < 1e-5
    assert abs(found.drift_ppm - known.drift_ppm) < 0.5


def test_long_sound_is_read_in_pieces_without_a_seam(monkeypatch):
    class Watched:
        longest = 0

        def __len__(self):
            return len(sound)

        def __getitem__(self, part):
            Watched.longest = max(Watched.longest, part.stop - part.start)
            return sound[part]

    seconds = 2 * BLOCK_FRAMES / FRAMES_PER_S + 30
    sound = np.random.default_rng(2).normal(0, 0.1, int(seconds * RATE_HZ)).astype(np.float32)
    features = band_features(Watched(), RATE_HZ)
    assert Watched.longest < 0.6 * len(sound)
    monkeypatch.setattr(module, "BLOCK_FRAMES", 10**9)
    np.testing.assert_allclose(features, band_features(sound, RATE_HZ), atol=1e-4)
