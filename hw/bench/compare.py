"""What was sent against what lies on the spool: every frame by its number, the sound by its clicks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from io import BytesIO
from statistics import median

import av
import numpy as np
from numpy.typing import NDArray

from hw.bench.plugs import Sent
from hw.bench.usb import barcode
from hw.bench.usb.tune import TONES, clicks

NUMBERS_STEP_S = 1.0


@dataclass(frozen=True)
class Recorded:
    """One segment as it was read back; a frame without a number is -1."""

    numbers: tuple[int, ...]
    times_s: tuple[float, ...]
    clicks: tuple[tuple[float, int], ...]
    sound_s: float


@dataclass(frozen=True)
class Match:
    """``missing`` frames were sent between the first and the last that was recorded, and are not there."""

    first: int  # places in what was sent
    last: int
    recorded: int
    missing: tuple[int, ...]  # their numbers
    strange: tuple[int, ...]  # recorded, but not sent then: doubled, torn or out of order

    @property
    def sent(self) -> int:
        return self.last - self.first + 1

    @property
    def whole(self) -> bool:
        return not self.missing and not self.strange


@dataclass(frozen=True)
class SoundCheck:
    """``late_s``: sound against its pictures at each click; ``absent``: clicks that should be there."""

    late_s: tuple[float, ...]
    absent: int

    @property
    def middle_s(self) -> float:
        return median(self.late_s) if self.late_s else float("nan")

    @property
    def stray_s(self) -> float:
        """How far the worst click is from the middle one."""
        return max((abs(late - self.middle_s) for late in self.late_s), default=float("inf"))


def read_segment(data: bytes) -> Recorded:
    """A Matroska file of the spool, decoded in full; one that was cut off is read as far as it goes."""
    numbers: list[int] = []
    times_s: list[float] = []
    pieces: list[NDArray[np.float32]] = []
    with av.open(BytesIO(data)) as file:
        streams = [*file.streams.video[:1], *file.streams.audio[:1]]
        rate_hz = file.streams.audio[0].rate if file.streams.audio else 48000
        begin_s: float | None = None
        try:
            for frame in file.decode(*streams):
                if isinstance(frame, av.VideoFrame):
                    number = barcode.read(luma(frame))
                    numbers.append(-1 if number is None else number)
                    times_s.append(frame.time or 0.0)
                elif isinstance(frame, av.AudioFrame):
                    begin_s = frame.time if begin_s is None else begin_s
                    pieces.append(mono(frame))
        except av.FFmpegError:
            pass  # the end is torn; what came before it counts
    sound = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    found = tuple((at_s + (begin_s or 0.0), pitch) for at_s, pitch in clicks(sound, rate_hz))
    return Recorded(tuple(numbers), tuple(times_s), found, len(sound) / rate_hz)


def luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height]
    return rows[:, : 2 * frame.width : 2] if "yuyv" in frame.format.name else rows[:, : frame.width]


def mono(frame: av.AudioFrame) -> NDArray[np.float32]:
    samples = frame.to_ndarray()
    first = samples[0] if frame.format.is_planar else samples.reshape(-1, len(frame.layout.channels))[:, 0]
    values = first.astype(np.float32)
    return (
        values * 32768
        if samples.dtype.kind == "f"
        else values / (65536 if samples.dtype.itemsize == 4 else 1)
    )


def match(sent: Sequence[Sent], numbers: Sequence[int]) -> Match:
    """Where the recorded frames lie in what was sent, and what is missing between the first and the last."""
    known = [one.number for one in sent]
    for first in starts(known, numbers):
        if known[first : first + len(numbers)] == list(numbers):
            return Match(first, first + len(numbers) - 1, len(numbers), (), ())
    return differences(known, list(numbers))


def starts(known: Sequence[int], numbers: Sequence[int]) -> list[int]:
    return [place for place, number in enumerate(known) if numbers and number == numbers[0]]


def differences(known: list[int], numbers: list[int]) -> Match:
    blocks = [
        b for b in SequenceMatcher(None, known, numbers, autojunk=False).get_matching_blocks() if b.size
    ]
    if not blocks:
        return Match(0, -1, len(numbers), (), tuple(numbers))
    first, last = blocks[0].a, blocks[-1].a + blocks[-1].size - 1
    hit = {place for block in blocks for place in range(block.a, block.a + block.size)}
    used = {place for block in blocks for place in range(block.b, block.b + block.size)}
    missing = tuple(known[place] for place in range(first, last + 1) if place not in hit)
    strange = tuple(number for place, number in enumerate(numbers) if place not in used)
    return Match(first, last, len(numbers), missing, strange)


def check_sound(sent: Sequence[Sent], found: Match, recorded: Recorded, period_s: float) -> SoundCheck:
    """Each click against the picture of the same moment of the scene."""
    scene_s = [one.frame * period_s for one in sent[found.first : found.last + 1]]
    begin_s = median(at_s - time_s for at_s, time_s in zip(scene_s, recorded.times_s, strict=False))
    late: dict[int, float] = {}
    for at_s, pitch in recorded.clicks:
        second = round(at_s + begin_s)
        if second % TONES == pitch:
            late[second] = at_s + begin_s - second
    due = range(int(scene_s[0]) + 2, int(scene_s[-1]))  # the edges may lack a part of a click
    return SoundCheck(tuple(late.values()), sum(second not in late for second in due))


def nearest(values: Sequence[float], value: float) -> float:
    place = bisect_left(values, value)
    return min(values[max(0, place - 1) : place + 1], key=lambda one: abs(one - value))
