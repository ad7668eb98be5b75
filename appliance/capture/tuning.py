"""The analogue side of a capture device: which input has a picture, and in which standard."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from appliance.core.types import Signal
from appliance.devices import videodev2 as v
from appliance.devices.standards import PAL, Standard, agreed, named, of_set, to_set
from appliance.devices.v4l2 import Input, VideoNode

QUESTIONS = 5  # a decoder needs a moment to lock, and a VCR that starts up shows this and that
PAUSE_S = 0.1
NOTHING_THERE = v.IN_NO_POWER | v.IN_NO_SIGNAL | v.IN_NO_SYNC | v.IN_NO_H_LOCK


@dataclass(frozen=True)
class Tuned:
    """How a device is set. ``locked`` says that there was a signal when it was chosen."""

    input: Input | None
    bits: int  # of the standard, as the driver takes it; 0: it is left as it is
    standard: Standard
    locked: bool = False


def candidates(inputs: Sequence[Input], wanted: str) -> list[Input]:
    """Inputs for a VCR's cable, the configured one first; a tuner only where there is nothing else."""
    fitting = [one for one in inputs if one.standards and one.camera]
    fitting = fitting or [one for one in inputs if one.standards]
    return sorted(fitting, key=lambda one: not wanted or wanted.lower() not in one.name.lower())


def tune(
    node: VideoNode, wanted: str, inputs: Sequence[Input], pause: Callable[[float], None] = time.sleep
) -> Tuned:
    """Set the first input that has a signal, else the first of all. No buffers may exist."""
    first: Tuned | None = None
    for one in inputs:
        tuned = try_input(node, wanted, one, pause)
        if tuned.locked:
            return tuned
        first = first or tuned
    if first is None:
        return Tuned(None, 0, named(wanted) or PAL)
    set_tuned(node, first)
    return first


def try_input(node: VideoNode, wanted: str, one: Input, pause: Callable[[float], None]) -> Tuned:
    node.set_input(one.index)
    detected = detect(node, pause)
    bits = to_set(wanted, detected, one.standards)
    standard = of_set(bits) or named(wanted) or PAL
    tuned = Tuned(one, bits, standard, bool(detected))
    set_tuned(node, tuned)
    return tuned


def set_tuned(node: VideoNode, tuned: Tuned) -> None:
    if tuned.input is not None:
        node.set_input(tuned.input.index)
    if tuned.bits and node.standard() != tuned.bits:
        node.set_standard(tuned.bits)


def detect(node: VideoNode, pause: Callable[[float], None]) -> int:
    """The standard that the decoder has agreed on with itself; 0 where it has not, or cannot tell."""
    answers: list[int] = []
    for _ in range(QUESTIONS):
        answer = node.query_standard()
        if answer is None or node.input_status() & NOTHING_THERE:
            return 0
        answers.append(answer)
        if found := agreed(answers):
            return found
        pause(PAUSE_S)
    return 0


def signal_of(node: VideoNode, standard: Standard) -> Signal:
    """What the driver knows of the signal at this moment; costs a question to the decoder."""
    if node.input_status() & NOTHING_THERE:
        return Signal.NONE
    answer = node.query_standard()
    if answer is None:
        return Signal.UNKNOWN
    if answer == 0:
        return Signal.NONE
    found = of_set(answer)
    if found is None:
        return Signal.UNKNOWN
    return Signal.OK if found is standard else Signal.WRONG_STANDARD
