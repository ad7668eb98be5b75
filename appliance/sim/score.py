"""What happens in the scene and when: the one score that both the pictures and the sound are made of.

Every event is drawn from a generator seeded by (seed, kind, block of time), so that any span, before zero as
well as after it, can be asked for in any order and gives the same answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

CLAP_BLOCK_S = 3.6
FLASH_S = 0.034  # longer than a camera frame, so that both devices see every flash
PHRASE_BLOCK_S = 3.0
CLAP_KIND, PHRASE_KIND = 1, 2
LONGEST_SYLLABLE_S = 0.5


@dataclass(frozen=True)
class Syllable:
    start_s: float
    length_s: float
    voice: int  # 0: the puppet, 1: the parrot
    vowels: tuple[int, int]  # glides from the one to the other
    pitch_hz: float
    glide: float  # the pitch rises by this fraction
    breath: float  # how much consonant precedes the vowel, 0..1
    loudness: float
    seed: int


def generator(seed: int, kind: int, block: int) -> np.random.Generator:
    """The same three numbers give the same generator on every machine; blocks may be negative."""
    return np.random.default_rng((seed & 0xFFFFFFFF, kind, block & 0xFFFFFFFF))


def blocks(start_s: float, stop_s: float, length_s: float) -> range:
    return range(math.floor(start_s / length_s), math.floor(stop_s / length_s) + 1)


def claps(seed: int, start_s: float, stop_s: float) -> list[float]:
    """The moments in [start, stop) at which the board claps and the lamp flashes."""
    moments = (clap_of_block(seed, block) for block in blocks(start_s, stop_s, CLAP_BLOCK_S))
    return [moment for moment in moments if start_s <= moment < stop_s]


@lru_cache(maxsize=256)
def clap_of_block(seed: int, block: int) -> float:
    place = generator(seed, CLAP_KIND, block).uniform(0.2, 0.85)
    return float((block + place) * CLAP_BLOCK_S)


def flash_at(seed: int, time_s: float) -> bool:
    """Does the lamp light the whole scene at this moment?"""
    return bool(claps(seed, time_s - FLASH_S + 1e-9, time_s + 1e-9))


def syllables(seed: int, start_s: float, stop_s: float) -> list[Syllable]:
    """Those that sound anywhere in [start, stop)."""
    spoken = (
        syllable
        for block in blocks(start_s - LONGEST_SYLLABLE_S, stop_s, PHRASE_BLOCK_S)
        for syllable in phrase(seed, block)
    )
    return [s for s in spoken if s.start_s < stop_s and s.start_s + s.length_s > start_s]


@lru_cache(maxsize=128)
def phrase(seed: int, block: int) -> tuple[Syllable, ...]:
    """What is said in one block: a breath group of one voice, then a pause."""
    rng = generator(seed, PHRASE_KIND, block)
    voice = int(rng.random() < (0.7 if block % 2 else 0.1))  # the parrot likes to answer
    start_s = block * PHRASE_BLOCK_S + float(rng.uniform(0.0, 0.5))
    stop_s = (block + 1) * PHRASE_BLOCK_S - float(rng.uniform(0.1, 0.7))
    return tuple(speak(rng, voice, start_s, stop_s))


def speak(rng: np.random.Generator, voice: int, start_s: float, stop_s: float) -> Iterator[Syllable]:
    base_hz = 128.0 if voice == 0 else 262.0
    now_s = start_s
    while now_s < stop_s - 0.3:
        length_s = float(rng.uniform(0.13, 0.3))
        fall = 1.12 - 0.22 * (now_s - start_s) / (stop_s - start_s)
        yield Syllable(
            start_s=now_s,
            length_s=length_s,
            voice=voice,
            vowels=(int(rng.integers(0, 6)), int(rng.integers(0, 6))),
            pitch_hz=base_hz * fall * float(rng.uniform(0.93, 1.1)),
            glide=float(rng.uniform(-0.15, 0.2)),
            breath=float(rng.uniform(0.0, 1.0)),
            loudness=float(rng.uniform(0.6, 1.0)),
            seed=int(rng.integers(0, 2**31)),
        )
        now_s += length_s * float(rng.uniform(0.9, 1.0)) + (
            float(rng.uniform(0.1, 0.25)) * (rng.random() < 0.15)
        )


def mouth(seed: int, voice: int, time_s: float) -> float:
    """How far this voice's mouth is open, 0..1, for the sound of the same moment."""
    opening = 0.0
    for syllable in syllables(seed, time_s, time_s + 1e-6):
        if syllable.voice == voice:
            place = (time_s - syllable.start_s) / syllable.length_s
            opening = max(opening, syllable.loudness * math.sin(math.pi * min(max(place, 0.0), 1.0)))
    return opening
