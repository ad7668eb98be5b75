"""A kernel in memory with two drivers: one like vivid (standards, inputs) and one like uvcvideo (sizes).

It holds to what the V4L2 documents ask of a driver where our code could go wrong: standard, input and
format cannot change while buffers exist, enumerations end with EINVAL, an unplugged device says ENODEV.
"""

from __future__ import annotations

import errno
import os
import select
import threading
from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from appliance.devices import videodev2 as v
from appliance.devices.kernel import Ready

Sizes = dict[tuple[int, int], tuple[Fraction, ...]]


def refuse(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@dataclass
class PretendedDevice:
    driver: str = "uvcvideo"
    card: str = "A camera"
    formats: dict[str, Sizes] = field(default_factory=dict)
    caps: int = v.CAP_VIDEO_CAPTURE | v.CAP_STREAMING
    stamps: int = v.BUF_STAMP_MONOTONIC | v.BUF_SOURCE_START
    room_bytes_s: float = float("inf")  # of the bus
    controls: dict[int, int] = field(default_factory=dict)
    plugged: bool = True
    asked: list[str] = field(default_factory=list)  # what changed the device

    def __post_init__(self) -> None:
        self.fourcc, self.size, self.field = "", (0, 0), v.FIELD_NONE
        self.rate = Fraction(0)
        self.memory: list[bytearray] = []
        self.empty: deque[int] = deque()
        self.filled: deque[tuple[int, int, int, float, int]] = deque()
        self.streaming = False
        self.sequence = 0

    # what the test does

    def fill(self, pixels: bytes, stamp_s: float, flags: int = 0, used: int | None = None) -> None:
        """A frame comes; without an empty buffer it is lost, and its number with it."""
        number, self.sequence = self.sequence, self.sequence + 1
        if not self.empty:
            return
        index = self.empty.popleft()
        self.memory[index][: len(pixels)] = pixels
        used = len(pixels) if used is None else used
        self.filled.append((index, number, used, stamp_s, flags | self.stamps))

    # what the driver does

    def querycap(self, given: Any) -> None:
        given.driver[:] = self.driver.encode().ljust(16, b"\0")
        given.card[:] = self.card.encode().ljust(32, b"\0")
        given.capabilities = 0xFF | v.CAP_DEVICE_CAPS  # of all nodes together: misleading
        given.device_caps = self.caps

    def enum_fmt(self, given: Any) -> None:
        given.pixelformat = v.fourcc(pick(list(self.formats), given.index))

    def enum_framesizes(self, given: Any) -> None:
        sizes = list(self.formats.get(v.fourcc_text(given.pixel_format), {}))
        given.type = v.DISCRETE
        given.size.min_width, given.size.max_width = pick(sizes, given.index)

    def enum_frameintervals(self, given: Any) -> None:
        rates = self.formats[v.fourcc_text(given.pixel_format)].get((given.width, given.height), ())
        rate = pick(list(rates), given.index)
        given.type = v.DISCRETE
        given.shortest = v.Fraction32(round(10_000_000 / rate), 10_000_000)  # units of 100 ns, as USB has

    def s_fmt(self, given: Any) -> None:
        self.must_be_free()
        pix = given.fmt.pix
        self.fourcc, self.size = v.fourcc_text(pix.pixelformat), (pix.width, pix.height)
        pix.field, pix.bytesperline = self.field, 2 * pix.width
        pix.sizeimage = 2 * pix.width * pix.height
        self.asked.append(f"format {self.fourcc} {pix.width}x{pix.height}")

    def s_parm(self, given: Any) -> None:
        self.rate = Fraction(given.timeperframe.denominator, given.timeperframe.numerator)

    def s_ctrl(self, given: Any) -> None:
        if given.id not in self.controls:
            raise refuse(errno.EINVAL)
        self.controls[given.id] = given.value

    def reqbufs(self, given: Any) -> None:
        self.memory = [bytearray(2 * self.size[0] * self.size[1]) for _ in range(given.count)]
        self.empty.clear()
        self.filled.clear()

    def querybuf(self, given: Any) -> None:
        given.length, given.m.offset = len(self.memory[given.index]), given.index

    def qbuf(self, given: Any) -> None:
        self.empty.append(given.index)

    def dqbuf(self, given: Any) -> None:
        if not self.filled:
            raise refuse(errno.EAGAIN)
        given.index, given.sequence, given.bytesused, stamp_s, given.flags = self.filled.popleft()
        given.timestamp.seconds = int(stamp_s)
        given.timestamp.microseconds = round(stamp_s % 1 * 1e6)

    def streamon(self, given: Any) -> None:
        share = 1.0 if self.fourcc in ("YUYV", "UYVY") else 0.25
        if 2 * self.size[0] * self.size[1] * self.rate * share > self.room_bytes_s:
            raise refuse(errno.ENOSPC)
        self.streaming, self.sequence = True, 0

    def streamoff(self, given: Any) -> None:
        self.streaming = False
        self.filled.clear()

    def must_be_free(self) -> None:
        if self.memory:
            raise refuse(errno.EBUSY)


@dataclass
class PretendedDongle(PretendedDevice):
    """With standards. ``signals`` holds what the decoder would detect at each input; 0: nothing there."""

    driver: str = "vivid"
    card: str = "A dongle"
    formats: dict[str, Sizes] = field(default_factory=lambda: {"NV12": {}, "YUYV": {}, "UYVY": {}})
    stamps: int = v.BUF_STAMP_MONOTONIC  # the end of the frame
    inputs: tuple[str, ...] = ("Composite", "S-Video")
    signals: dict[int, int] = field(default_factory=dict)
    detects: bool = True
    supported: int = v.STD_ALL

    def __post_init__(self) -> None:
        super().__post_init__()
        self.field = v.FIELD_INTERLACED
        self.input, self.std = 0, v.STD_NTSC

    def enuminput(self, given: Any) -> None:
        given.name[:] = pick(list(self.inputs), given.index).encode().ljust(32, b"\0")
        given.type, given.capabilities, given.std = v.IN_TYPE_CAMERA, v.IN_CAP_STD, self.supported

    def g_input(self, given: Any) -> None:
        given.value = self.input

    def s_input(self, given: Any) -> None:
        self.must_be_free()
        self.input = given.value
        self.asked.append(f"input {given.value}")

    def g_std(self, given: Any) -> None:
        given.value = self.std

    def s_std(self, given: Any) -> None:
        self.must_be_free()
        self.std = given.value
        self.asked.append(f"standard {given.value:#x}")

    def querystd(self, given: Any) -> None:
        if not self.detects:
            raise refuse(errno.ENOTTY)
        given.value = self.signals.get(self.input, 0)

    def s_parm(self, given: Any) -> None:
        raise refuse(errno.ENOTTY)


def pick(entries: list[Any], index: int) -> Any:
    if index >= len(entries):
        raise refuse(errno.EINVAL)
    return entries[index]


REQUESTS = {
    getattr(v, name): name.lower()
    for name in dir(v)
    if name.isupper() and isinstance(getattr(v, name), int) and getattr(v, name) >> 8 & 0xFF == ord("V")
}


class PretendedKernel:
    def __init__(self, **devices: PretendedDevice) -> None:
        self.devices = {f"/dev/{name}": device for name, device in devices.items()}
        self.open_nodes: dict[int, PretendedDevice] = {}
        self.waiting = threading.Event()  # somebody waits for a frame and has time
        self._next = 1000

    def open(self, path: str) -> int:
        device = self.devices.get(path)
        if device is None or not device.plugged:
            raise refuse(errno.ENOENT)
        self._next += 1
        self.open_nodes[self._next] = device
        return self._next

    def close(self, fd: int) -> None:
        del self.open_nodes[fd]

    def ioctl(self, fd: int, request: int, argument: Any) -> None:
        device = self.open_nodes[fd]
        if not device.plugged:
            raise refuse(errno.ENODEV)
        answer = getattr(device, REQUESTS[request], None)
        if answer is None:
            raise refuse(errno.ENOTTY)
        answer(argument)

    def map(self, fd: int, length: int, offset: int) -> Any:
        return self.open_nodes[fd].memory[offset]

    def unmap(self, memory: Any) -> None:
        pass

    def wait(self, fd: int, wake: int, timeout_s: float) -> Ready:
        device = self.open_nodes[fd]
        if select.select([wake], [], [], 0)[0]:
            return Ready.WOKEN
        if not device.plugged or not device.streaming:
            return Ready.GONE
        if device.filled:
            return Ready.FRAME
        if timeout_s > 0:
            self.waiting.set()
        return Ready.WOKEN if select.select([wake], [], [], max(0.0, timeout_s))[0] else Ready.NOTHING
