"""Which frequencies of their changes two films have in common: the exact time is asked of those alone.

People walk and wave slowly; what is quicker is mostly the noise of the one or the other camera, and made
as loud as the rest it only blurs the place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.fft

from appliance.sync.features import FRAMES_PER_S
from appliance.sync.light_curve import Array, FloatArray

FASTEST_HZ = 4.0  # people walk and wave more slowly; what is quicker is mostly noise
STEP_HZ = 0.5  # to which the spectra are smoothed: a clock a tenth of a second off does no harm then
STRETCH_S = 8.0
MOST_STRETCHES = 60
SUREST = 0.95  # coherence that no frequency exceeds


@dataclass(frozen=True)
class Band:
    """``gain`` of each multiple of ``STEP_HZ``."""

    gain: Array

    def at(self, frequency_hz: Array) -> Array:
        return np.interp(frequency_hz, np.arange(len(self.gain)) * STEP_HZ, self.gain)

    @property
    def independent(self) -> float:
        """The share of the frames that tell something of their own once the band is cut."""
        return float((self.gain**2).mean() ** 2 / ((self.gain**4).mean() + 1e-12))


def steps_hz() -> Array:
    return np.arange(0, FRAMES_PER_S / 2 + STEP_HZ / 2, STEP_HZ)


BROAD = Band(np.exp(-((steps_hz() / FASTEST_HZ) ** 4)))


def common_band(tape: FloatArray, camera: FloatArray, lag_at: Callable[[Array], Array]) -> Band:
    """What is the same in both when the camera's features lie on the tape's by about ``lag_at``.

    The gain is that of the likeliest delay (Hannan and Thomson's), half of it for each film; nothing where
    they have nothing in common.
    """
    length = min(round(STRETCH_S * FRAMES_PER_S), tape.shape[1], camera.shape[1])
    size = scipy.fft.next_fast_len(2 * length, real=True)
    taper = np.hanning(length).astype(np.float32)
    powers = np.zeros((3, size // 2 + 1), np.complex128)
    alike = []
    for one, other in stretches(tape, camera, lag_at, length):
        a, b = (scipy.fft.rfft(part * taper, size, axis=1) for part in (one, other))
        powers += [(a * b.conj()).sum(axis=0), (abs(a) ** 2).sum(axis=0), (abs(b) ** 2).sum(axis=0)]
        alike.append(likeness(one, other))
    if not alike:
        return Band(np.zeros(len(steps_hz())))
    cross, power, other_power = smoothed(powers, size)
    free = 3 + len(alike) * max(1.0, STRETCH_S * STEP_HZ) / (float(np.mean(alike)) + 1e-9)
    coherence = abs(cross) ** 2 / (power.real * other_power.real + 1e-12)
    by_chance = 2 / free  # and more seldom
    coherence = np.clip((coherence - by_chance) / (1 - by_chance), 0, SUREST)
    gain = np.sqrt(np.sqrt(coherence) / (1 - coherence)) * BROAD.gain
    return Band(np.asarray(gain / max(1.0, float(gain.max()))))


def stretches(
    tape: FloatArray, camera: FloatArray, lag_at: Callable[[Array], Array], length: int
) -> list[tuple[FloatArray, FloatArray]]:
    """Pieces of both that belong on each other, overlapping by half, spread over the film."""
    starts = np.arange(0, camera.shape[1] - length + 1, max(1, length // 2))
    middles_s = (starts + length / 2) / FRAMES_PER_S
    there = starts + np.round(lag_at(middles_s) * FRAMES_PER_S).astype(int)
    inside = (there >= -(length // 2)) & (there + length // 2 <= tape.shape[1])
    chosen = np.flatnonzero(inside)
    chosen = chosen[:: 1 + len(chosen) // MOST_STRETCHES]
    return [(piece(tape, int(there[i]), length), piece(camera, int(starts[i]), length)) for i in chosen]


def piece(features: FloatArray, start: int, length: int) -> FloatArray:
    """So many frames from ``start`` on, nothing where there are none."""
    inside = features[:, max(0, start) : max(0, start + length)]
    before = min(length, max(0, -start))
    return np.pad(inside, ((0, 0), (before, length - before - inside.shape[1])))


def likeness(one: FloatArray, other: FloatArray) -> float:
    """Of so many channels one part tells something of its own: parts of a picture change together."""
    a, b = one @ one.T, other @ other.T
    return float((a * b).sum() / (np.trace(a) * np.trace(b) + 1e-12))


def smoothed(powers: Array, size: int) -> Array:
    """At multiples of ``STEP_HZ``, each the mean of what is around it."""
    frequency_hz = np.arange(powers.shape[1]) * FRAMES_PER_S / size
    weight = np.maximum(0, 1 - abs(frequency_hz - steps_hz()[:, None]) / STEP_HZ)
    return np.asarray(powers @ (weight / (weight.sum(axis=1, keepdims=True) + 1e-12)).T)
