"""The sound that a device hears: a murmur that seldom repeats, and a click at every second of its scene."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from hw.bench.usb.model import SOUND_HZ

Sound = NDArray[np.int16]
CLICK_S = 0.02
TONES = 8  # clicks have pitches by turns, so that one is not taken for the next
MURMUR_S = 17  # the murmur comes again after so many seconds


def pitch_hz(second: int) -> float:
    """Each pitch has a whole number of waves in a click, and all lie apart."""
    return 1000.0 + 250.0 * (second % TONES)


@cache
def murmur() -> NDArray[np.float32]:
    noise = np.random.default_rng(4).normal(0, 1, MURMUR_S * SOUND_HZ).astype(np.float32)
    smooth = np.convolve(noise, np.ones(24, np.float32) / 24, mode="same")
    swell = 1 + 0.8 * np.interp(
        np.arange(len(noise)),
        np.arange(0, len(noise), 9600),
        np.random.default_rng(5).uniform(-1, 1, len(noise) // 9600),
    )
    return (4000 * smooth * swell).astype(np.float32)


class Tune:
    """Sound by its place on the scene's clock, whose second 0 is sample 0."""

    def __init__(self) -> None:
        self._murmur = murmur()
        wave = np.arange(round(CLICK_S * SOUND_HZ)) / SOUND_HZ
        self._clicks = [
            (14000 * np.sin(2 * np.pi * pitch_hz(k) * wave)).astype(np.float32) for k in range(TONES)
        ]
        self._second = -1
        self._bytes = b""

    def second(self, number: int) -> Sound:
        """One second of both channels, its click at its start."""
        begin = number % MURMUR_S * SOUND_HZ
        mono = self._murmur[begin : begin + SOUND_HZ].copy()
        click = self._clicks[number % TONES]
        mono[: len(click)] = click
        return np.repeat(np.clip(mono, -32000, 32000).astype(np.int16)[:, None], 2, axis=1)

    def bytes_at(self, sample: int, count: int) -> bytes:
        """``count`` samples of both channels; must not reach over a second's end (1 ms steps never do)."""
        second, place = divmod(sample, SOUND_HZ)
        if second != self._second:
            self._second, self._bytes = second, self.second(second).tobytes()
        return self._bytes[4 * place : 4 * (place + count)]


def clicks(mono: NDArray[np.float32], rate_hz: int = SOUND_HZ) -> list[tuple[float, int]]:
    """Where clicks lie in a recording: (seconds, pitch 0..7) of each."""
    window = round(CLICK_S * rate_hz)
    found, waves = [], np.arange(window) / rate_hz
    shapes = [np.exp(-2j * np.pi * pitch_hz(k) * waves) for k in range(TONES)]
    loud = np.convolve(np.abs(mono), np.ones(window, np.float32) / window, mode="valid")
    at = 0
    while at < len(loud):
        if loud[at] < 6500:
            at += 24
            continue
        begin = max(0, at - window)
        peak = begin + int(np.argmax(loud[begin : at + window]))
        powers = [
            abs(np.dot(mono[peak : peak + window], shape[: len(mono[peak : peak + window])]))
            for shape in shapes
        ]
        found.append((peak / rate_hz, int(np.argmax(powers))))
        at = peak + rate_hz // 2
    return found
