from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import welch

from appliance.sim import score, sound

RATE = sound.RATE_HZ


def lag_s(late: NDArray[np.int16], early: NDArray[np.int16]) -> float:
    """By how much the same sound comes later in ``late``; whitened correlation between 300 Hz and 6 kHz."""
    size = 1 << int(np.ceil(np.log2(len(late) + len(early))))
    spectrum = np.fft.rfft(late[:, 0], size) * np.fft.rfft(early[:, 0], size).conj()
    spectrum /= np.abs(spectrum) + 1e-9
    pitch = np.fft.rfftfreq(size, 1 / RATE)
    spectrum[(pitch < 300) | (pitch > 6000)] = 0
    peak = int(np.fft.irfft(spectrum).argmax())
    return (peak if peak < size / 2 else peak - size) / RATE


def test_a_span_sounds_the_same_however_it_is_cut() -> None:
    whole = sound.scene_samples(1, -RATE // 2, 2 * RATE)
    pieces = [
        sound.scene_samples(1, -RATE // 2 + start, RATE // 4) for start in range(0, 2 * RATE, RATE // 4)
    ]
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-6)


def test_a_span_by_time_is_the_span_by_samples() -> None:
    np.testing.assert_array_equal(sound.scene_sound(1.25, 1.5), sound.scene_samples(1, 60000, 12000))


def test_a_clap_starts_at_its_very_sample() -> None:
    clap_s = score.claps(1, 0.0, 10.0)[0]
    heard = np.abs(sound.scene_sound(clap_s - 0.02, clap_s + 0.02)).max(axis=1)
    onset = round(clap_s * RATE) - int((clap_s - 0.02) * RATE)
    assert heard[onset : onset + 100].max() > 2 * heard[:onset].max()


def test_nothing_repeats() -> None:
    first, later = (sound.scene_sound(start, start + 2.0)[:, 0] for start in (0.0, 20.0))
    correlation = np.correlate(first[::8], later[::8], "full")
    own = np.correlate(first[::8], first[::8], "full")
    assert np.abs(correlation).max() < 0.5 * own.max()


def test_the_two_voices_speak_at_different_heights() -> None:
    voices = [next(s for s in score.syllables(1, 0, 30) if s.voice == voice) for voice in (0, 1)]
    man, parrot = (welch(sound.speech(voice, RATE), RATE, nperseg=4096) for voice in voices)
    pitch = [float(f[np.argmax(p * (f < 500))]) for f, p in (man, parrot)]
    assert pitch[0] > 60
    assert pitch[1] > pitch[0]


@pytest.mark.parametrize(("low", "high"), [(20.0, 60.0), (13000.0, 20000.0)])
def test_the_tape_keeps_only_its_band(low: float, high: float) -> None:
    pitch, power = welch(sound.tape_sound(1, 0, 2 * RATE)[:, 0].astype(float), RATE, nperseg=8192)
    outside = power[(pitch > low) & (pitch < high)].mean()
    inside = power[(pitch > 300) & (pitch < 3000)].mean()
    assert outside < 1e-3 * inside


def test_pieces_of_the_devices_sound_join_without_a_seam() -> None:
    for make in (lambda a, n: sound.tape_sound(1, a, n), lambda a, n: sound.camera_sound(1, 2.6, 80.0, a, n)):
        whole, halves = make(0, RATE), np.concatenate([make(0, RATE // 2), make(RATE // 2, RATE // 2)])
        assert np.abs(whole.astype(int) - halves).max() <= 1


def test_the_camera_hears_the_tape_by_the_clock_rule() -> None:
    """With 400 ppm, a minute later the offset has grown by 24 ms."""
    for start_s in (0.0, 60.0):
        first = round(start_s * RATE)
        tape = sound.tape_sound(1, first, 7 * RATE)
        camera = sound.camera_sound(1, 1.5, 400.0, first, 5 * RATE)
        expected_s = 1.5 + 400e-6 * (start_s + 2.5)
        assert lag_s(tape, camera) == pytest.approx(expected_s, abs=0.0015)


def test_each_device_has_noise_and_a_room_of_its_own() -> None:
    tape, camera = sound.tape_sound(1, 0, RATE), sound.camera_sound(1, 0.0, 0.0, 0, RATE)
    assert 0.3 < np.corrcoef(tape[:, 0], camera[:, 0])[0, 1] < 0.99


def test_idle_sounds_are_quiet_but_not_silent() -> None:
    for idle in (sound.tape_hiss(RATE), sound.room_tone(1, RATE)):
        assert idle.shape == (RATE, 2)
        assert 5 < idle.std() < 200
