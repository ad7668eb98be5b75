from __future__ import annotations

import numpy as np
import pytest

from appliance.capture.sound_repairs import (
    SoundQuirks,
    SoundRepair,
    bytes_are_odd,
    channels_are_apart,
    from_unsigned_15bit,
    is_unsigned_15bit,
)

MACROSILICON = SoundQuirks(mono_96k_is_stereo_48k=True, unsigned_15bit=True)
BLOCK = 960


def tape(seconds: float = 1.5, seed: int = 1) -> np.ndarray:
    """Sound of a tape's linear track: on both sides nearly the same."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * 48000)) / 48000
    both = 6000 * np.sin(2 * np.pi * 700 * times) + 2500 * np.sin(2 * np.pi * 2300 * times)
    hiss = rng.normal(0, 20, (len(times), 2))
    return (both[:, None] + hiss).astype(np.int16)


def unsigned(samples: np.ndarray) -> np.ndarray:
    """As an MS2100E sends it: 0..0x7ff8."""
    return (((samples.astype(np.int32) + 32768) >> 1) & ~7).astype(np.int16)


def repaired(repair: SoundRepair, stream: np.ndarray, block: int = BLOCK) -> np.ndarray:
    return np.concatenate([repair.fit(stream[at : at + block]) for at in range(0, len(stream), block)])


def test_sound_without_quirks_is_left_as_it_is() -> None:
    sound = tape()
    repair = SoundRepair(SoundQuirks(), 48000, 2)
    assert (repair.rate_hz, repair.channels, repair.shrinks) == (48000, 2, 1)
    assert (repaired(repair, sound) == sound).all()
    assert not repair.notes


def test_of_many_channels_two_are_kept() -> None:
    repair = SoundRepair(SoundQuirks(), 16000, 4)
    assert repair.channels == 2
    assert repair.fit(np.zeros((320, 4), np.int16)).shape == (320, 2)


def test_96_khz_mono_is_48_khz_stereo() -> None:
    """As an old kernel hands it on: one number too many at the start."""
    sound = tape()
    sound[:, 1] //= 2
    stream = np.concatenate([[0], sound.reshape(-1)]).astype(np.int16)[:-1, None]
    repair = SoundRepair(MACROSILICON, 96000, 1)
    assert (repair.rate_hz, repair.channels, repair.shrinks) == (48000, 2, 2)
    heard = repaired(repair, stream, 1920)
    assert (heard == sound[: len(heard)]).all()
    assert len(heard) >= len(sound) - 1


def test_a_kernel_that_knows_the_dongle_is_believed() -> None:
    repair = SoundRepair(MACROSILICON, 48000, 2)
    assert (repair.rate_hz, repair.channels, repair.shrinks) == (48000, 2, 1)
    sound = tape()
    assert (repaired(repair, sound) == sound).all()


def test_channels_that_slipped_are_put_back_in_step() -> None:
    sound = tape(2.5)
    slipped = sound.reshape(-1)[1:-1].reshape(-1, 2)
    assert channels_are_apart(slipped)
    assert not channels_are_apart(sound)
    repair = SoundRepair(MACROSILICON, 48000, 2)
    heard = repaired(repair, slipped)
    assert not channels_are_apart(heard[60000:])
    assert "left and right put back in step" in repair.notes


def test_two_different_channels_are_never_taken_for_slipped() -> None:
    left, right = tape(seed=1)[:, 0], np.roll(tape(seed=2)[:, 1], 12345) // 3
    assert not channels_are_apart(np.stack([left, right], axis=1))
    assert not channels_are_apart(np.random.default_rng(1).normal(0, 3000, (48000, 2)).astype(np.int16))
    assert not channels_are_apart(np.zeros((48000, 2), np.int16))


def test_a_missing_byte_is_made_up_for() -> None:
    sound = tape()
    odd = np.frombuffer(sound.tobytes()[1:-3], "<i2").reshape(-1, 2)
    assert bytes_are_odd(odd[:BLOCK])
    assert not bytes_are_odd(sound[:BLOCK])
    repair = SoundRepair(MACROSILICON, 48000, 2)
    heard = repaired(repair, odd)
    assert not bytes_are_odd(heard[:BLOCK])
    assert not bytes_are_odd(heard[-BLOCK:])
    assert "a missing byte made up for" in repair.notes


def test_noise_and_silence_are_not_taken_for_odd_bytes() -> None:
    rng = np.random.default_rng(3)
    for level in (0, 3, 300, 8000):
        assert not bytes_are_odd(rng.normal(0, level, (BLOCK, 2)).astype(np.int16))


def test_15_bit_sound_without_a_sign_is_converted_from_its_first_block_on() -> None:
    sound = tape()
    repair = SoundRepair(MACROSILICON, 48000, 2)
    heard = repaired(repair, unsigned(sound))
    assert np.abs(heard.astype(int) - sound).max() <= 16
    assert "15-bit sound without a sign converted" in repair.notes


def test_the_conversion_is_the_one_of_the_field() -> None:
    assert from_unsigned_15bit(np.array([[0, 0x4000, 0x7FF8]], np.int16)).tolist() == [[-32768, 0, 32752]]


@pytest.mark.parametrize("quiet", [tape() // 300, np.zeros((48000, 2), np.int16), np.abs(tape())])
def test_honest_sound_is_not_converted(quiet: np.ndarray) -> None:
    assert not is_unsigned_15bit(quiet)
    repair = SoundRepair(MACROSILICON, 48000, 2)
    assert (repaired(repair, quiet) == quiet).all()


def test_a_loud_moment_later_does_not_change_the_decision() -> None:
    repair = SoundRepair(MACROSILICON, 48000, 2)
    repaired(repair, unsigned(tape()))
    rail = np.full((BLOCK, 2), 0x7FF8, np.int16)  # its middle is far from where silence lies
    assert (repair.fit(rail) == 32752).all()
