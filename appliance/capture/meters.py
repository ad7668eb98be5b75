"""Level meters: how loud the sound of the last moment was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from appliance.core.snapshot import Levels
from appliance.core.types import AudioBlock

FLOOR_DBFS = -90.0
FULL_SCALE = 32768.0
HOLD_S = 1.0
FALL_DB_PER_S = 20.0
RMS_TIME_S = 0.3
MEASURED_S = 0.08  # blocks are short, and it costs the same to measure one or several of them

Pair = NDArray[np.float64]


class LevelMeter:
    """Peaks are held for a second and then fall; mono counts for both sides."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._peak: Pair = np.full(2, FLOOR_DBFS)
        self._held_s: Pair = np.zeros(2)
        self._power: Pair = np.zeros(2)
        self._blocks: list[NDArray[np.int16]] = []
        self._missing = 0  # samples until it is worth to measure them; the first block is measured at once

    def add(self, block: AudioBlock) -> None:
        if not len(block.samples):
            return
        self._blocks.append(block.samples)
        self._missing -= len(block.samples)
        if self._missing <= 0:
            self._measure(np.concatenate(self._blocks))
            self._blocks, self._missing = [], round(MEASURED_S * self._rate_hz)

    def _measure(self, heard: NDArray[np.int16]) -> None:
        samples = heard.astype(np.float64) / FULL_SCALE
        duration_s = len(samples) / self._rate_hz
        self._follow_peak(both(dbfs(np.abs(samples).max(axis=0))), duration_s)
        share = 1 - np.exp(-duration_s / RMS_TIME_S)
        self._power += share * (both(np.square(samples).mean(axis=0)) - self._power)

    def _follow_peak(self, now: Pair, duration_s: float) -> None:
        falling = np.where(self._held_s >= HOLD_S, self._peak - FALL_DB_PER_S * duration_s, self._peak)
        higher = now >= falling
        self._peak = np.maximum(np.where(higher, now, falling), FLOOR_DBFS)
        self._held_s = np.where(higher, 0.0, self._held_s + duration_s)

    @property
    def levels(self) -> Levels:
        peak, rms = self._peak, dbfs(np.sqrt(self._power))
        return Levels(
            peak_dbfs=(round(float(peak[0]), 1), round(float(peak[1]), 1)),
            rms_dbfs=(round(float(rms[0]), 1), round(float(rms[1]), 1)),
        )


def dbfs(amplitude: Pair) -> Pair:
    loud: Pair = 20 * np.log10(np.maximum(amplitude, 1e-9))
    return np.maximum(loud, FLOOR_DBFS)


def both(channels: Pair) -> Pair:
    return np.array([channels[0], channels[-1]])
