from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from appliance.capture.meters import LevelMeter
from appliance.core.snapshot import Levels
from appliance.core.types import AudioBlock


def silence(count: int = 1920, channels: int = 2) -> AudioBlock:
    return AudioBlock(0.0, np.zeros((count, channels), np.int16))


def test_a_tone_shows_its_peak_and_its_loudness(kit: SimpleNamespace) -> None:
    meter = LevelMeter(48000)
    for number in range(50):
        meter.add(kit.tone(number * 1920))
    levels = meter.levels
    assert levels.peak_dbfs == pytest.approx((-12.2, -18.3), abs=0.2)
    assert levels.rms_dbfs == pytest.approx((-15.3, -21.3), abs=0.2)


def test_silence_is_the_floor() -> None:
    meter = LevelMeter(48000)
    assert meter.levels == Levels()
    meter.add(silence())
    assert meter.levels == Levels()


def test_a_peak_is_held_and_then_falls(kit: SimpleNamespace) -> None:
    meter = LevelMeter(48000)
    meter.add(kit.tone(0))
    loud = meter.levels.peak_dbfs[0]
    for _ in range(24):  # 0.96 s
        meter.add(silence())
    assert meter.levels.peak_dbfs[0] == loud
    for _ in range(26):
        meter.add(silence())
    assert meter.levels.peak_dbfs[0] == pytest.approx(loud - 20, abs=2)


def test_mono_counts_for_both_sides() -> None:
    meter = LevelMeter(48000)
    meter.add(AudioBlock(0.0, np.full((480, 1), -32768, np.int16)))
    assert meter.levels.peak_dbfs == (0.0, 0.0)


def test_an_empty_block_changes_nothing() -> None:
    meter = LevelMeter(48000)
    meter.add(silence(0))
    assert meter.levels == Levels()
