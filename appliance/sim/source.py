"""What simulated VCR and camera share: delivery in time, a driver's ring of buffers, and being unplugged."""

from __future__ import annotations

import math
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from appliance.core.problems import DeviceLost
from appliance.core.types import AudioBlock, DeviceInfo, Signal, StreamFormat, VideoFrame

RING_FRAMES = 16  # as many buffers as we would ask of V4L2
RING_BLOCKS = 100  # two seconds, as ALSA holds
BLOCK_S = 0.02
BLOCK_SAMPLES = 960


class Port:
    """A socket of the box: sources that were opened before an unplug are lost for good."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.plugged = False
        self.plugs = 0

    def plug(self, present: bool) -> bool:
        """Says whether that changed anything."""
        with self.changed:
            changed, self.plugged = self.plugged != present, present
            self.plugs += changed
            self.changed.notify_all()
        return changed


@dataclass
class Ring:
    """Numbered buffers that a driver fills at a steady rate and that ``read`` empties."""

    period_s: float
    limit: int | None  # None: the simulated world waits for its reader instead of losing anything
    next: int = 0
    filled: deque[int] = field(default_factory=deque)

    def begin(self, number: int) -> None:
        self.next = number
        self.filled.clear()

    def fill(self, until_s: float) -> None:
        """All that became due by then, as far as there were empty buffers."""
        due = math.floor(until_s / self.period_s + 1e-6)
        while self.next <= due:
            if self.limit is None or len(self.filled) < self.limit:
                self.filled.append(self.next)
            self.next += 1

    @property
    def head_s(self) -> float:
        """The time stamp of the next one to be had."""
        return (self.filled[0] if self.filled else self.next) * self.period_s


class SimSource(ABC):
    """A MediaSource; VCR and camera add what their pictures and sound are at a given moment.

    A piece is due one frame after its time stamp, when a driver would have all of it.
    """

    def __init__(
        self,
        info: DeviceInfo,
        style: StreamFormat,
        port: Port,
        now_s: Callable[[], float],
        speed: float,
        lossless: bool,
    ) -> None:
        self._info, self._format, self._port = info, style, port
        self._now_s, self._speed = now_s, speed
        self._plugs = port.plugs
        self._frame_s = float(1 / style.rate)
        self._frames = Ring(self._frame_s, None if lossless else RING_FRAMES)
        self._blocks = Ring(BLOCK_S, None if lossless else RING_BLOCKS)
        self._first: int | None = None  # number of the frame with sequence 0; None: not started
        self.position_s = 0.0  # time stamp of what was read last

    @property
    def info(self) -> DeviceInfo:
        return self._info

    @property
    def format(self) -> StreamFormat:
        return self._format

    def start(self) -> None:
        """The first frame is the next whole one; the sound begins with it or a moment before."""
        self._first = math.ceil(self._now_s() / self._frame_s - 1e-6)
        self.position_s = self._first * self._frame_s
        self._frames.begin(self._first)
        self._blocks.begin(math.floor(self._first * self._frame_s / BLOCK_S + 1e-6))

    def stop(self) -> None:
        with self._port.changed:
            self._first = None
            self._port.changed.notify_all()

    @property
    def reading(self) -> bool:
        """Started, not stopped, and still plugged in."""
        return self._first is not None and self._port.plugged and self._port.plugs == self._plugs

    def signal(self) -> Signal:
        return Signal.OK

    def report(self) -> dict[str, str]:
        return {"device": self._info.name, "simulated": "yes"}

    def read(self, timeout_s: float) -> VideoFrame | AudioBlock | None:
        until_s = time.monotonic() + timeout_s
        with self._port.changed:
            while self._first is not None:
                if not self.reading:
                    raise DeviceLost(self._info.name)
                now_s = self._now_s()  # asked once: what is due must be what was filled
                waiting_s = (self._due_s(now_s) - now_s) / self._speed
                if waiting_s <= 0:
                    return self._take(self._first)
                left_s = until_s - time.monotonic()
                if left_s <= 0:
                    return None
                self._port.changed.wait(min(waiting_s, left_s))
        return None

    def _due_s(self, now_s: float) -> float:
        self._frames.fill(now_s - self._frame_s)
        self._blocks.fill(now_s - self._frame_s)
        return min(self._frames.head_s, self._blocks.head_s) + self._frame_s

    def _take(self, first: int) -> VideoFrame | AudioBlock:
        """The earlier of the two; sound goes before a picture of the same moment."""
        if self._blocks.head_s <= self._frames.head_s:
            block = self._blocks.filled.popleft()
            self.position_s = block * BLOCK_S
            return AudioBlock(self.position_s, self.sound_at(block * BLOCK_SAMPLES))
        number = self._frames.filled.popleft()
        self.position_s = number * self._frame_s
        return self.frame_at(number, number - first)

    @abstractmethod
    def frame_at(self, number: int, sequence: int) -> VideoFrame:
        """The picture of the ``number``-th frame since the device's clock began."""

    @abstractmethod
    def sound_at(self, first: int) -> NDArray[np.int16]:
        """One block of samples from that sample of the device's clock on."""


def played(
    sound: NDArray[np.int16], idle: NDArray[np.int16], first: int, clock_sample: int
) -> NDArray[np.int16]:
    """A block of ``sound`` from its sample ``first`` on; what lies outside of it is the idle sound."""
    start = clock_sample % (len(idle) - BLOCK_SAMPLES)
    block: NDArray[np.int16] = idle[start : start + BLOCK_SAMPLES].copy()
    begin, end = max(0, -first), min(BLOCK_SAMPLES, len(sound) - first)
    if begin < end:
        block[begin:end] = sound[first + begin : first + end]
    return block


def first_frame_after(moment_s: float, rate: float) -> int:
    """The number of the first frame whose time stamp is not before that moment."""
    return math.ceil(moment_s * rate - 1e-6)
