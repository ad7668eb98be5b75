"""What the three lights do in each state; told apart by place and rhythm, so no colour is needed.

One language for all: steady is at rest, slow and double are busy, fast wants a hand, a glimpse waits
for something. The first light is the tape's, the second the recording's, the third
the film's and the stick's. Nothing flashes more than twice a second, for those whom flashing harms.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from appliance.core.snapshot import BoxState
from appliance.core.types import Signal


@dataclass(frozen=True)
class Rhythm:
    """``spans_s`` are lit, dark, lit, dark ... seconds that repeat."""

    words: str
    spans_s: tuple[float, ...]


OFF = Rhythm("dark", (0.0, 1.0))
STEADY = Rhythm("steady", (1.0, 0.0))
SLOW = Rhythm("blinking slowly", (1.0, 1.0))
DOUBLE = Rhythm("blinking twice, then a pause", (0.25, 0.25, 0.25, 1.25))
FAST = Rhythm("blinking fast", (0.25, 0.25))
GLIMPSE = Rhythm("a short flash every two seconds", (0.125, 1.875))

Pattern = tuple[Rhythm, Rhythm, Rhythm]  # left to right

PATTERNS: dict[BoxState, Pattern] = {
    BoxState.STARTING: (SLOW, OFF, OFF),
    BoxState.WAITING: (GLIMPSE, OFF, OFF),
    BoxState.READY: (STEADY, OFF, OFF),
    BoxState.RECORDING: (OFF, SLOW, OFF),
    BoxState.INTERRUPTED: (OFF, FAST, OFF),
    BoxState.WORKING: (OFF, OFF, DOUBLE),
    BoxState.DONE: (STEADY, STEADY, STEADY),
    BoxState.ATTENTION: (FAST, FAST, FAST),
    BoxState.EJECTED: (OFF, OFF, GLIMPSE),
    BoxState.OFF: (SLOW, SLOW, SLOW),
}
# While a tape is recorded the first light is dark as long as its picture is good.
PICTURES: dict[Signal, Rhythm] = {
    **dict.fromkeys((Signal.NONE, Signal.BLUE, Signal.NOISE, Signal.FROZEN), GLIMPSE),
    Signal.PUMPING: DOUBLE,
    Signal.WRONG_STANDARD: FAST,
}
PLACES = ("first", "second", "third")


def pattern(state: BoxState, signal: Signal = Signal.OK) -> Pattern:
    """``signal`` is the tape's."""
    first, second, third = PATTERNS[state]
    if state is BoxState.RECORDING:
        first = PICTURES.get(signal, first)
    return first, second, third


def lit(lights: Pattern, t_s: float) -> tuple[bool, bool, bool]:
    """Which lights are on ``t_s`` seconds after the pattern began."""
    first, second, third = (is_lit(rhythm, t_s) for rhythm in lights)
    return first, second, third


def is_lit(rhythm: Rhythm, t_s: float) -> bool:
    ends_s = tuple(accumulate(rhythm.spans_s))
    phase_s = t_s % ends_s[-1]
    return next(index for index, end_s in enumerate(ends_s) if phase_s < end_s) % 2 == 0


def next_change_s(lights: Pattern, t_s: float) -> float | None:
    """Seconds until some light changes; None when none ever does."""
    waits_s = [left for rhythm in lights if (left := span_left_s(rhythm, t_s)) is not None]
    return min(waits_s, default=None)


def span_left_s(rhythm: Rhythm, t_s: float) -> float | None:
    if 0.0 in rhythm.spans_s:
        return None
    ends_s = tuple(accumulate(rhythm.spans_s))
    phase_s = t_s % ends_s[-1]
    return next(end_s - phase_s for end_s in ends_s if phase_s < end_s)


def describe(state: BoxState, signal: Signal = Signal.OK) -> str:
    """The lights in words: 'second light blinking slowly'."""
    lights = pattern(state, signal)
    if len(set(lights)) == 1:
        return f"all three lights {lights[0].words}"
    places = zip(PLACES, lights, strict=True)
    return ", ".join(f"{place} light {rhythm.words}" for place, rhythm in places if rhythm is not OFF)
