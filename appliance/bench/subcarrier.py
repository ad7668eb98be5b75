"""Colour on its way through the tape: one complex number a sample, whose turns are errors of hue."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.bench.wear import Pass

Colour = NDArray[np.complexfloating[Any, Any]]  # (lines, samples at 6.75 MHz): U + jV, 0 is grey
Reals = NDArray[np.floating[Any]]

SAMPLE_MHZ = 6.75
HUE_MEMORY = 0.9  # from line to line
STREAK_MEMORY = 0.5


def play_colour(colour: Colour, passed: Pass, rng: np.random.Generator) -> Colour:
    """Record and play: narrow, late, noisy, of a wavering hue, each line mixed with the one before."""
    lines = colour.shape[0]
    hue = np.deg2rad(passed.phase_deg) * wander(lines, HUE_MEMORY, rng)
    played = narrowed(colour, passed) * np.exp(1j * hue)[:, None]
    played = played + passed.chroma_noise * slow_noise(colour.shape, passed, rng)
    streaks = wander(lines, STREAK_MEMORY, rng) + 1j * wander(lines, STREAK_MEMORY, rng)
    played = played + passed.chroma_streaks * streaks[:, None]
    played[rng.random(lines) < passed.lost_colour] = 0
    return np.asarray((played + np.concatenate([played[:1], played[:-1]])) / 2)


def narrowed(colour: Colour, passed: Pass) -> Colour:
    f = np.fft.fftfreq(colour.shape[1], 1 / SAMPLE_MHZ)
    late_us = passed.chroma_late_px / (2 * SAMPLE_MHZ)
    response = low_pass(f, passed) * np.exp(-2j * np.pi * f * late_us)
    return np.asarray(np.fft.ifft(np.fft.fft(colour, axis=1) * response, axis=1))


def low_pass(f: Reals, passed: Pass) -> Reals:
    return np.asarray(1 / np.sqrt(1 + (f / passed.chroma_cut_mhz) ** 4))


def slow_noise(shape: tuple[int, ...], passed: Pass, rng: np.random.Generator) -> Colour:
    """As narrow as the colour itself, 1 on each axis."""
    response = low_pass(np.fft.fftfreq(shape[1], 1 / SAMPLE_MHZ), passed)
    white = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    slow = np.fft.ifft(np.fft.fft(white, axis=1) * response, axis=1)
    return np.asarray(slow / np.sqrt(np.mean(response**2)))


def wander(steps: int, memory: float, rng: np.random.Generator) -> Reals:
    """A walk that is always drawn back to nothing, 1 rms."""
    kicks = rng.standard_normal(steps) * np.sqrt(1 - memory**2)
    places = np.empty(steps)
    place = float(rng.standard_normal())
    for step, kick in enumerate(kicks):
        place = memory * place + float(kick)
        places[step] = place
    return places
