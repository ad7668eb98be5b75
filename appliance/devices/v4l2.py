"""One video node, spoken to with ioctls; what comes back are plain values."""

from __future__ import annotations

import ctypes
import errno
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from appliance.devices import videodev2 as v
from appliance.devices.kernel import LINUX, Kernel

NOT_KNOWN = (errno.ENOTTY, errno.EINVAL, errno.ENODATA)  # this driver or this input has no such thing
ENTRIES_LIMIT = 256  # a driver that never ends its lists does not hold us up
COMMON_SIZES = ((1920, 1080), (1280, 720), (768, 576), (720, 576), (720, 480), (640, 480))
COMMON_RATES = tuple(
    Fraction(n, d) for n, d in ((25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1), (24, 1))
) + tuple(Fraction(rate) for rate in (20, 15, 10, 5))
SNAP = 3e-4  # a driver counts intervals in units of 100 ns: 29.96997 is 30000/1001


@dataclass(frozen=True)
class Capabilities:
    driver: str
    card: str
    bus: str
    flags: int  # of this node, not of the whole device

    @property
    def captures(self) -> bool:
        """Pictures, by memory that is shared with the driver."""
        wanted = v.CAP_VIDEO_CAPTURE | v.CAP_STREAMING
        return self.flags & wanted == wanted and not self.flags & v.CAP_TOUCH


@dataclass(frozen=True)
class Input:
    index: int
    name: str
    camera: bool  # False: a tuner
    standards: int  # 0: this input has none
    status: int  # means something for the current input only


@dataclass(frozen=True)
class PictureFormat:
    """What the driver will deliver, which may not be what it was asked for."""

    fourcc: str
    width: int
    height: int
    field: int
    line_bytes: int
    frame_bytes: int
    full_range: bool


class VideoNode:
    """Not thread-safe. Every method raises OSError with the kernel's number, ENODEV when it is unplugged."""

    def __init__(self, path: str, kernel: Kernel = LINUX) -> None:
        self.path, self.kernel = path, kernel
        self.fd = kernel.open(path)

    def close(self) -> None:
        self.kernel.close(self.fd)

    def call(self, request: int, argument: Any) -> Any:
        """The argument after the kernel has filled it in."""
        self.kernel.ioctl(self.fd, request, argument)
        return argument

    def attempt(self, request: int, argument: Any) -> Any:
        """Like ``call``; None where driver or input know no such thing."""
        try:
            return self.call(request, argument)
        except OSError as error:
            if error.errno in NOT_KNOWN:
                return None
            raise

    def capabilities(self) -> Capabilities:
        found = self.call(v.QUERYCAP, v.Capability())
        own = found.capabilities & v.CAP_DEVICE_CAPS
        return Capabilities(
            v.text(found.driver),
            v.text(found.card),
            v.text(found.bus_info),
            found.device_caps if own else found.capabilities,
        )

    def _listed(self, request: int, kind: type[Any], **given: int) -> Iterator[Any]:
        for index in range(ENTRIES_LIMIT):
            entry = self.attempt(request, kind(index=index, **given))
            if entry is None:
                return
            yield entry

    def fourccs(self) -> tuple[str, ...]:
        found = self._listed(v.ENUM_FMT, v.FormatDescription, type=v.CAPTURE)
        return tuple(v.fourcc_text(entry.pixelformat) for entry in found)

    def sizes(self, fourcc: str) -> tuple[tuple[int, int], ...]:
        """Of a range of sizes, its largest and those that are in use. Empty: ask for one and see."""
        found: list[tuple[int, int]] = []
        for entry in self._listed(v.ENUM_FRAMESIZES, v.FrameSize, pixel_format=v.fourcc(fourcc)):
            if entry.type != v.DISCRETE:
                return sizes_within(entry.size)
            found.append((entry.size.min_width, entry.size.max_width))
        return tuple(found)

    def rates(self, fourcc: str, width: int, height: int) -> tuple[Fraction, ...]:
        """Frames per second, as the driver lists them."""
        given = {"pixel_format": v.fourcc(fourcc), "width": width, "height": height}
        found: list[Fraction] = []
        for entry in self._listed(v.ENUM_FRAMEINTERVALS, v.FrameInterval, **given):
            if entry.type != v.DISCRETE:
                fastest, slowest = rate_of(entry.shortest), rate_of(entry.longest)
                return tuple(rate for rate in COMMON_RATES if slowest <= rate <= fastest)
            found.append(rate_of(entry.shortest))
        return tuple(rate for rate in found if rate)

    def inputs(self) -> tuple[Input, ...]:
        return tuple(plain_input(entry) for entry in self._listed(v.ENUMINPUT, v.Input))

    def input(self) -> int | None:
        found = self.attempt(v.G_INPUT, ctypes.c_int32())
        return None if found is None else int(found.value)

    def set_input(self, index: int) -> None:
        self.call(v.S_INPUT, ctypes.c_int32(index))

    def input_status(self) -> int:
        """Bits that say what is wrong; 0 where nothing is, or where the driver does not know."""
        current = self.input()
        found = None if current is None else self.attempt(v.ENUMINPUT, v.Input(index=current))
        return 0 if found is None else int(found.status)

    def standard(self) -> int:
        found = self.attempt(v.G_STD, ctypes.c_uint64())
        return 0 if found is None else int(found.value)

    def set_standard(self, standard: int) -> None:
        """Only while no buffers exist."""
        self.call(v.S_STD, ctypes.c_uint64(standard))

    def query_standard(self) -> int | None:
        """The set of standards that the signal may be, 0 without a signal; None: this driver cannot tell."""
        found = self.attempt(v.QUERYSTD, ctypes.c_uint64())
        return None if found is None else int(found.value)

    def set_format(self, fourcc: str, width: int, height: int, field: int) -> PictureFormat:
        wanted = v.Format(type=v.CAPTURE)
        pix = wanted.fmt.pix
        pix.width, pix.height, pix.pixelformat, pix.field = width, height, v.fourcc(fourcc), field
        return plain_format(self.call(v.S_FMT, wanted).fmt.pix)

    def set_rate(self, rate: Fraction) -> Fraction:
        """The rate that the driver chose; the wanted one where it cannot be set."""
        wanted = v.StreamParameters(type=v.CAPTURE)
        wanted.timeperframe = v.Fraction32(rate.denominator, rate.numerator)
        found = self.attempt(v.S_PARM, wanted)
        return rate if found is None else rate_of(found.timeperframe) or rate

    def set_control(self, control: int, value: int) -> bool:
        """Whether this device has such a control and took the value."""
        try:
            self.call(v.S_CTRL, v.Control(control, value))
        except OSError as error:
            if error.errno == errno.ENODEV:
                raise
            return False
        return True


def sizes_within(size: Any) -> tuple[tuple[int, int], ...]:
    largest = (int(size.max_width), int(size.max_height))
    fitting = [
        (width, height)
        for width, height in COMMON_SIZES
        if size.min_width <= width <= size.max_width and size.min_height <= height <= size.max_height
    ]
    return tuple(dict.fromkeys([largest, *fitting]))


def rate_of(interval: Any) -> Fraction:
    """Frames per second of a driver's interval, without the rounding of its clock; 0 for no interval."""
    if not interval.numerator:
        return Fraction(0)
    rate = Fraction(interval.denominator, interval.numerator)
    near = min(COMMON_RATES, key=lambda common: abs(common - rate))
    return near if abs(near - rate) <= SNAP * rate else rate


def plain_input(entry: Any) -> Input:
    standards = int(entry.std) if entry.capabilities & v.IN_CAP_STD else 0
    return Input(entry.index, v.text(entry.name), entry.type == v.IN_TYPE_CAMERA, standards, entry.status)


def plain_format(pix: Any) -> PictureFormat:
    return PictureFormat(
        v.fourcc_text(pix.pixelformat),
        pix.width,
        pix.height,
        pix.field,
        pix.bytesperline,
        pix.sizeimage,
        pix.quantization == v.QUANTISATION_FULL,
    )
