"""What is heard: the scene's own sound for any span, then as the tape and as the camera kept it.

All of it is a function of absolute sample numbers, so that pieces rendered apart join without a seam.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.signal import fftconvolve, firwin, lfilter

from appliance.sim import score

Sound = NDArray[np.float32]  # (n, 2) for left and right, or (n,)
RATE_HZ = 48000
VOWELS = (  # the first four formants of a grown-up, Hz
    (730, 1090, 2440, 3400),
    (270, 2290, 3010, 3600),
    (300, 870, 2240, 3300),
    (530, 1840, 2480, 3500),
    (570, 840, 2410, 3300),
    (440, 1020, 2240, 3250),
)
BANDWIDTHS_HZ = (80.0, 100.0, 140.0, 220.0)
PARROT_TRACT = 1.28  # a shorter throat: every formant is higher
PANS = ((0.9, 0.7), (0.45, 0.95))
CLAP_S = 0.12
CLAP_KIND, AIR_KIND, HISS_KIND, SENSOR_KIND = 11, 12, 13, 14
EDGE = 16  # samples more on each side than an interpolation needs


def scene_sound(start_s: float, stop_s: float, rate_hz: int = RATE_HZ, seed: int = 1) -> Sound:
    """The scene's dry sound, (n, 2) in -1..1; the first sample is the one at or before ``start_s``."""
    first, last = math.floor(start_s * rate_hz + 1e-6), math.floor(stop_s * rate_hz + 1e-6)
    return scene_samples(seed, first, last - first, rate_hz)


def scene_samples(seed: int, first: int, count: int, rate_hz: int = RATE_HZ) -> Sound:
    sound = 0.004 * noise(seed, AIR_KIND, first, count)
    span = (first / rate_hz, (first + count) / rate_hz)
    for syllable in score.syllables(seed, *span):
        voiced = speech(syllable, rate_hz)
        lay(sound, first, voiced, round(syllable.start_s * rate_hz), PANS[syllable.voice])
    for moment in score.claps(seed, span[0] - CLAP_S, span[1]):
        lay(sound, first, clap(seed, moment, rate_hz), round(moment * rate_hz), (0.9, 0.9))
    return sound


def lay(sound: Sound, first: int, piece: Sound, at: int, pan: tuple[float, float]) -> None:
    """Add the part of a mono piece that falls into the span."""
    start, stop = max(at, first), min(at + len(piece), first + len(sound))
    if start < stop:
        sound[start - first : stop - first] += piece[start - at : stop - at, None] * np.array(pan, np.float32)


def noise(seed: int, kind: int, first: int, count: int) -> Sound:
    """White noise of unit strength that never repeats, by absolute sample number."""
    numbers = range(first // RATE_HZ, (first + count - 1) // RATE_HZ + 1)
    pieces = [noise_block(seed, kind, number) for number in numbers]
    skip = first - numbers.start * RATE_HZ
    return np.concatenate(pieces, dtype=np.float32)[skip : skip + count]


@lru_cache(maxsize=32)
def noise_block(seed: int, kind: int, number: int) -> Sound:
    return score.generator(seed, kind, number).standard_normal((RATE_HZ, 2), np.float32)


@lru_cache(maxsize=64)
def speech(syllable: score.Syllable, rate_hz: int) -> Sound:
    """A consonant's breath, then a voice through four formants that glide between two vowels."""
    count = round(syllable.length_s * rate_hz)
    place = np.linspace(0, 1, count, dtype=np.float64)
    rng = np.random.default_rng(syllable.seed)
    source = voice_source(syllable, place, rate_hz, rng)
    first, second = (tract(source, vowel, syllable.voice, rate_hz) for vowel in syllable.vowels)
    voiced = first * (1 - place) + second * place
    voiced *= np.minimum(place / 0.15, 1) * np.minimum((1 - place) / 0.3, 1)
    voiced /= np.sqrt(np.mean(voiced**2)) + 1e-9
    breath = np.diff(rng.standard_normal(count + 2), 2) * np.exp(-((place - 0.08) ** 2) / 0.006)
    return (0.11 * syllable.loudness * voiced + 0.035 * syllable.breath * breath).astype(np.float32)


def voice_source(
    syllable: score.Syllable, place: NDArray[np.float64], rate_hz: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Glottal pulses: a skewed saw whose pitch glides and trembles, with a little air."""
    tremble = 1 + 0.012 * np.sin(2 * np.pi * 5.5 * syllable.length_s * place)
    pitch_hz = syllable.pitch_hz * (1 + syllable.glide * (place - 0.5)) * tremble
    phase = np.cumsum(pitch_hz) / rate_hz % 1.0
    pulse = phase**2 * (1 - phase) * 6.75 - 0.56
    air: NDArray[np.float64] = 0.03 * rng.standard_normal(len(place))
    return pulse + air


def tract(source: NDArray[np.float64], vowel: int, voice: int, rate_hz: int) -> NDArray[np.float64]:
    shaped = np.diff(source, prepend=source[0])
    for formant, width in zip(VOWELS[vowel], BANDWIDTHS_HZ, strict=True):
        centre = formant * (PARROT_TRACT if voice else 1.0)
        radius = math.exp(-math.pi * width / rate_hz)
        back = [1.0, -2 * radius * math.cos(2 * math.pi * centre / rate_hz), radius**2]
        shaped = lfilter([sum(back)], back, shaped)
    return shaped


@lru_cache(maxsize=16)
def clap(seed: int, moment_s: float, rate_hz: int) -> Sound:
    """Wood on wood: a burst that begins at its loudest."""
    rng = score.generator(seed, CLAP_KIND, round(moment_s * 1000))
    time_s = np.arange(round(CLAP_S * rate_hz)) / rate_hz
    pitches_hz = np.array([1150.0, 1870.0, 2960.0])
    ring = np.cos(2 * np.pi * pitches_hz[:, None] * time_s).sum(axis=0) * np.exp(-time_s / 0.012)
    crack = rng.standard_normal(len(time_s)) * np.exp(-time_s / 0.005)
    return np.asarray(0.16 * ring + 0.3 * crack, np.float32)


def heard(seed: int, times_s: NDArray[np.float64], room: Sound) -> Sound:
    """The scene's sound in a room at the given, slowly and steadily growing, scene times."""
    position = times_s * RATE_HZ
    first = math.floor(position[0]) - EDGE
    count = math.ceil(position[-1]) + EDGE - first
    dry = scene_samples(seed, first - len(room) + 1, count + len(room) - 1)
    wet = fftconvolve(dry, room, mode="valid", axes=0)
    sides: list[NDArray[np.float64]] = [
        map_coordinates(wet[:, side], [position - first], order=3, mode="nearest") for side in (0, 1)
    ]
    return np.stack(sides, axis=-1).astype(np.float32)


def room_answer(seed: int, length_s: float, strength: float) -> Sound:
    """The direct sound, then reflections that die away; another seed is another place to stand."""
    rng = np.random.default_rng((seed, 21))
    count = round(length_s * RATE_HZ)
    time_s = np.arange(count) / RATE_HZ
    tail = rng.standard_normal((count, 2)) * np.exp(-time_s / (length_s / 5))[:, None] * strength
    tail *= (rng.random((count, 1)) < 0.05) & (time_s > 0.004)[:, None]
    tail[0] = 1.0
    return tail.astype(np.float32)


def limited(
    kind: int, seed: int, first: int, sound: Sound, band_hz: tuple[float, float], level: float
) -> Sound:
    """Add the device's own noise and cut all of it to the band; ``sound`` has a margin on both sides."""
    taps = band_filter(band_hz)
    loud = sound + level * noise(seed, kind, first, len(sound))
    return cast(Sound, fftconvolve(loud, taps[:, None], mode="valid", axes=0).astype(np.float32))


@lru_cache(maxsize=4)
def band_filter(band_hz: tuple[float, float]) -> Sound:
    """A linear-phase band-pass; its delay is exactly the margin that ``limited`` takes off."""
    return cast(Sound, firwin(1025, band_hz, pass_zero=False, fs=RATE_HZ).astype(np.float32))


MARGIN = 512  # samples on each side that the band-pass uses up


def tape_sound(seed: int, first: int, count: int) -> NDArray[np.int16]:
    """The linear track: sample ``n`` is the scene at n / 48000 s, give or take the wow."""
    numbers = np.arange(first - MARGIN, first + count + MARGIN)
    time_s = numbers / RATE_HZ
    rng = np.random.default_rng((seed, 22))
    hz, phase = rng.uniform(0.6, 1.4), rng.uniform(0, 2 * np.pi)
    wow_s = 0.001 / (2 * np.pi * hz) * np.sin(2 * np.pi * hz * time_s + phase)
    sound = 0.8 * heard(seed, time_s + wow_s, room_answer(seed, 0.06, 0.12))
    overtones = np.arange(2, 9)[:, None]
    buzz = (np.sin(2 * np.pi * 50 * overtones * time_s + overtones) / overtones).sum(axis=0)
    sound += (0.0018 * buzz).astype(np.float32)[:, None]
    return to_int16(limited(HISS_KIND, seed, int(numbers[0]), sound, (100.0, 10000.0), 0.0022))


def camera_sound(seed: int, offset_s: float, ppm: float, first: int, count: int) -> NDArray[np.int16]:
    """Its microphone stands elsewhere; sample ``n`` is the scene at offset + (1 + ppm) n / 48000 s."""
    numbers = np.arange(first - MARGIN, first + count + MARGIN)
    time_s = offset_s + (1 + ppm * 1e-6) * numbers / RATE_HZ
    sound = 0.5 * heard(seed, time_s, room_answer(seed + 5, 0.25, 0.1))
    return to_int16(limited(SENSOR_KIND, seed, int(numbers[0]), sound, (60.0, 16000.0), 0.0014))


def tape_hiss(count: int) -> NDArray[np.int16]:
    """What the VCR gives while the tape stands still."""
    silence = np.zeros((count + 2 * MARGIN, 2), np.float32)
    return to_int16(limited(HISS_KIND, 0, 0, silence, (100.0, 10000.0), 0.0022))


def room_tone(seed: int, count: int) -> NDArray[np.int16]:
    """What the camera hears while nothing happens."""
    silence = np.zeros((count + 2 * MARGIN, 2), np.float32)
    return to_int16(limited(SENSOR_KIND, seed, 0, silence, (60.0, 16000.0), 0.003))


def to_int16(sound: Sound) -> NDArray[np.int16]:
    return np.rint(np.clip(sound, -1.0, 1.0) * 32767).astype(np.int16)
