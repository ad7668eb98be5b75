"""Luma on its way through the tape: frequency-modulated for real, so that noise, dropouts and smear are FM's.

Lines are (lines, samples of a whole line), picture first; a line is one turn of a Fourier transform, and what
wraps around wraps into what lies between two pictures. 0 is black, 1 is white.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.bench.wear import Pass

Lines = NDArray[np.floating[Any]]
Spectrum = NDArray[np.complexfloating[Any, Any]]

SAMPLE_MHZ = 13.5
BLACK_MHZ, WHITE_MHZ = 4.1, 4.8
EMPHASIS_US, EMPHASIS = 1.3, 4.0  # the corner of the lift, and how often it lifts fine detail
DARK_CLIP = -0.6
SLOWEST_MHZ, FASTEST_MHZ = 2.6, 6.4  # what the demodulator can say at all
CARRIER_BAND_MHZ = (1.2, 7.4)


def frequencies(samples: int, sample_mhz: float = SAMPLE_MHZ) -> Lines:
    return np.asarray(np.fft.rfftfreq(samples, 1 / sample_mhz))


def emphasis(samples: int) -> Spectrum:
    corner = 1 / (2 * np.pi * EMPHASIS_US)
    f = frequencies(samples)
    return np.asarray((1 + 1j * f / corner) / (1 + 1j * f / (corner * EMPHASIS)))


def equaliser(samples: int, passed: Pass) -> Lines:
    """The player's response: lifted just below its cut, steep above, which is what rings."""
    f = frequencies(samples) / passed.luma_cut_mhz
    lift = 1 + passed.ringing * np.exp(-(((f - 0.8) / 0.22) ** 2))
    return np.asarray(lift / np.sqrt(1 + f**8))


def play_luma(lines: Lines, strength: Lines, passed: Pass, rng: np.random.Generator) -> Lines:
    """Record and play; ``strength`` is the carrier's, of the same shape, 1 where the tape is sound."""
    samples = lines.shape[1]
    spectrum = np.fft.rfft(lines, axis=1) * emphasis(samples) / np.sqrt(1 + (frequencies(samples) / 3.6) ** 8)
    hard = np.clip(np.fft.irfft(spectrum, 2 * samples, axis=1) * 2, DARK_CLIP, passed.white_clip)
    heard = demodulate(modulate(hard), np.repeat(strength, 2, axis=1), passed.carrier_noise, rng)
    played = np.fft.rfft(heard, axis=1)[:, : samples // 2 + 1] / emphasis(samples)
    return np.asarray(np.fft.irfft(played * equaliser(samples, passed), samples, axis=1) / 2)


def modulate(lines: Lines) -> Spectrum:
    """A turning pointer, sampled at 27 MHz."""
    mhz = BLACK_MHZ + (WHITE_MHZ - BLACK_MHZ) * lines
    return np.asarray(np.exp(2j * np.pi * np.cumsum(mhz, axis=1) / (2 * SAMPLE_MHZ)))


def demodulate(carrier: Spectrum, strength: Lines, noise: float, rng: np.random.Generator) -> Lines:
    """How fast the pointer turns, with the noise of the tape upon it."""
    heard = carrier * strength + noise * band_noise(carrier.shape, rng)
    turn = np.angle(heard[:, 1:] * np.conj(heard[:, :-1]))
    mhz = np.clip(turn * (2 * SAMPLE_MHZ) / (2 * np.pi), SLOWEST_MHZ, FASTEST_MHZ)
    mhz = np.concatenate([mhz[:, :1], mhz], axis=1)
    return np.asarray((mhz - BLACK_MHZ) / (WHITE_MHZ - BLACK_MHZ))


def band_noise(shape: tuple[int, ...], rng: np.random.Generator) -> Spectrum:
    """Noise in the carrier's band only, 1 on each axis."""
    f = np.fft.fftfreq(shape[1], 1 / (2 * SAMPLE_MHZ))
    band = (f > CARRIER_BAND_MHZ[0]) & (f < CARRIER_BAND_MHZ[1])
    spectrum = (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) * band
    return np.asarray(np.fft.ifft(spectrum, axis=1) * np.sqrt(shape[1] / float(band.mean())))
