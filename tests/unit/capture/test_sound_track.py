from __future__ import annotations

import numpy as np
import pytest

from appliance.capture.sound_track import SoundTrack
from appliance.core.types import AudioBlock

RATE = 48000


def block(first: int, count: int = 960) -> AudioBlock:
    """Samples that are numbered from the clock's start on."""
    numbers = np.arange(first, first + count) % 60000
    return AudioBlock(first / RATE, np.stack([numbers, numbers], axis=1).astype(np.int16))


def track_of(track: SoundTrack, blocks: list[AudioBlock]) -> np.ndarray:
    pieces = []
    for each in blocks:
        piece = track.fit(each)
        pieces += [np.zeros(piece.silence, np.int16), piece.samples[:, 0]]
    return np.concatenate(pieces)


def test_sound_before_the_first_frame_is_cut_to_the_sample() -> None:
    sound = track_of(SoundTrack(RATE, start_s=1500 / RATE), [block(0), block(960), block(1920)])
    assert sound[0] == 1500
    assert len(sound) == 2880 - 1500


def test_sound_that_starts_late_gets_silence_before_it() -> None:
    sound = track_of(SoundTrack(RATE, start_s=0.0), [block(4800), block(5760)])
    assert not sound[:4800].any()
    assert list(sound[4800:4803]) == [4800, 4801, 4802]


def test_lost_sound_is_filled_so_that_the_rest_stays_in_step() -> None:
    sound = track_of(SoundTrack(RATE, 0.0), [block(0), block(9600)])
    assert sound[9600] == 9600
    assert not sound[960:9600].any()


def test_a_loss_of_a_hundredth_of_a_second_is_filled_each_time() -> None:
    track = SoundTrack(RATE, 0.0)
    for n in range(500):
        track.fit(AudioBlock(n * 0.02 + (n // 50) * 0.0101, block(0).samples))
    assert track.filled == pytest.approx(9 * 0.0101 * RATE, abs=0.005 * RATE)


def test_what_jitter_is_left_in_the_time_stamps_adds_and_drops_nothing() -> None:
    rng = np.random.default_rng(1)
    track = SoundTrack(RATE, 0.0)
    blocks = [block(0)]
    for n in range(1, 500):
        late_s = rng.uniform(-0.003, 0.003)
        blocks.append(AudioBlock(n * 960 / RATE + late_s, block(n * 960).samples))
    assert len(track_of(track, blocks)) == 500 * 960
    assert track.filled == 0


def test_slow_drift_is_counted_by_samples() -> None:
    track = SoundTrack(RATE, 0.0)
    for n in range(6000):
        track.fit(AudioBlock(n * 0.02 * (1 + 1e-3), block(0).samples))
    assert track.filled == 0
    assert track.written == 6000 * 960


def test_silence_written_ahead_is_taken_off_sound_that_comes_late() -> None:
    track = SoundTrack(RATE, 0.0)
    track_of(track, [block(0)])
    assert track.catch_up(0.5) == 24000 - 960
    piece = track.fit(block(19200, 9600))  # half of it lies where silence is already
    assert piece.silence == 0
    assert piece.samples[0, 0] == 24000
    assert track.catch_up(0.5) == 0
