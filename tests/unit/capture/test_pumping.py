"""Copy protection's slow rise and fall is told from everything else that makes a picture lighter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from appliance.capture.pumping import HOLD_S, WINDOW_S, PumpWatch

RNG = np.random.default_rng(8)
LOOK_S = 0.2
ROOM = RNG.uniform(25, 190, (12, 16)).astype(np.float32)
Film = Callable[[float], np.ndarray]


def gained(scene: np.ndarray, gain: float) -> np.ndarray:
    return (16 + (scene - 16) * gain).astype(np.float32)


def breathing(time_s: float, period_s: float = 6.0, depth: float = 0.3) -> float:
    return 1 - depth * (0.5 - 0.5 * np.cos(2 * np.pi * time_s / period_s))


def crowd(time_s: float) -> np.ndarray:
    """People walk about in the lower half; the camera cuts every seven seconds."""
    scene = np.random.default_rng(int(time_s // 7)).uniform(25, 190, (12, 16))
    scene[6:] += 25 * np.sin(time_s * 2 + np.arange(6 * 16).reshape(6, 16))
    return scene


def told(film: Film, seconds: float = 40.0) -> list[float]:
    """When it was said that the picture pumps."""
    watch, noise = PumpWatch(), np.random.default_rng(9)
    times = np.arange(0, seconds, LOOK_S)
    looks = ((t, film(t) + noise.normal(0, 0.3, (12, 16))) for t in times)
    return [t for t, blocks in looks if watch.feed(blocks.astype(np.float32), t)]


@pytest.mark.parametrize("period_s", [2.5, 4.0, 6.0, 9.0, 12.0])
def test_a_gain_that_breathes_is_found_within_half_a_minute(period_s: float) -> None:
    times = told(lambda t: gained(ROOM, breathing(t, period_s)))
    assert times
    assert times[0] <= 31
    assert times[-1] > 39.5


def test_it_is_found_in_a_lively_film_as_well() -> None:
    assert told(lambda t: gained(crowd(t), breathing(t)))


def fade(t: float) -> np.ndarray:
    return gained(ROOM, 0.3 + 0.7 * min(1.0, t / 10))


def clouds(t: float) -> np.ndarray:
    return gained(ROOM, float(np.interp(t, [0, 4, 9, 12, 27, 30, 40], [1, 0.7, 1, 0.72, 0.75, 1, 1])))


def stage(t: float) -> np.ndarray:
    """A lamp that pulses on the left half of the stage only."""
    lit = ROOM.copy()
    lit[:, :8] = gained(lit[:, :8], breathing(t))
    return lit


def passing(t: float) -> np.ndarray:
    return np.roll(ROOM, int(t * 3), 1)


FILMS: dict[str, Film] = {
    "a room": lambda t: ROOM,
    "a crowd": crowd,
    "a fade": fade,
    "clouds": clouds,
    "a lamp": stage,
    "a train": passing,
    "a faint breath of a worn tape": lambda t: gained(ROOM, breathing(t, depth=0.1)),
    "hum": lambda t: gained(ROOM, breathing(t, 0.9)),
    "darkness": lambda t: gained(np.full((12, 16), 22.0), breathing(t)),
}


@pytest.mark.parametrize("name", FILMS)
def test_what_is_no_copy_protection(name: str) -> None:
    assert told(FILMS[name]) == []


def test_it_is_over_when_the_picture_is_steady_again() -> None:
    times = told(lambda t: gained(ROOM, breathing(t) if t < 36 else 1.0), 90.0)
    assert times
    assert times[-1] < 36 + WINDOW_S + HOLD_S


def test_after_a_gap_it_begins_anew() -> None:
    watch = PumpWatch()
    said = [watch.feed(gained(ROOM, breathing(t)), t + 60 * (t > 16)) for t in np.arange(0, 30, LOOK_S)]
    assert not any(said)
