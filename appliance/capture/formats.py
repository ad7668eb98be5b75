"""Which of the many forms of picture that a device offers is to be recorded. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from appliance.core.types import Role
from appliance.devices.found import Mode
from appliance.devices.standards import Standard

PIXEL_FORMATS = {"UYVY": "yuv422p", "YUYV": "yuv422p", "MJPG": "mjpeg", "JPEG": "mjpeg", "H264": "h264"}
CAMERA_KINDS = ("mjpeg", "yuv422p", "h264")  # h264 has few whole pictures, and they are worth more as a guide
RATE_ERROR = 0.02
CAMERA_RATES = (24, 31)
CAMERA_LARGEST = 1920 * 1080
UNCOMPRESSED_LARGEST = 1280 * 720  # for a camera: what this box can compress beside the tape
SD = 720 * 576
UNLISTED = {Role.TAPE: (720, 576), Role.CAMERA: (640, 480)}  # where a driver lists no sizes


@dataclass(frozen=True)
class Choice:
    fourcc: str
    width: int
    height: int
    rate: Fraction

    @property
    def pixel_format(self) -> str:
        return PIXEL_FORMATS[self.fourcc]

    @property
    def raw(self) -> bool:
        return self.pixel_format == "yuv422p"

    @property
    def load(self) -> float:
        """Of the USB bus, roughly; good for comparing."""
        return float(self.width * self.height * self.rate) * (2.0 if self.raw else 0.5)

    def __str__(self) -> str:
        return f"{self.fourcc} {self.width}x{self.height} at {float(self.rate):.5g}"


def choices(modes: Sequence[Mode], role: Role, standard: Standard) -> list[Choice]:
    """All that can be had of a device without television standards, the best first."""
    key = tape_worth(standard) if role is Role.TAPE else camera_worth
    return sorted(dict.fromkeys(offered(modes, role, standard)), key=key, reverse=True)


def offered(modes: Sequence[Mode], role: Role, standard: Standard) -> Iterator[Choice]:
    for mode in modes:
        width, height = (mode.width, mode.height) if mode.width else UNLISTED[role]
        for rate in mode.rates or (standard.rate,):
            yield Choice(mode.fourcc, width, height, rate)


def tape_worth(standard: Standard) -> Callable[[Choice], tuple[float, ...]]:
    """All lines at the tape's rate, uncompressed where that is to be had."""

    def worth(choice: Choice) -> tuple[float, ...]:
        right_rate = abs(choice.rate / standard.rate - 1) <= RATE_ERROR
        sd = 640 <= choice.width <= 768 and 480 <= choice.height <= 576
        nearness = -abs(choice.width * choice.height - SD)
        off = -abs(float(choice.rate - standard.rate))
        return (right_rate, sd, choice.height == standard.lines, choice.raw, nearness, off)

    return worth


def camera_worth(choice: Choice) -> tuple[float, ...]:
    """JPEG at the best size that a film needs; the camera's pictures are a guide, not a master."""
    area = choice.width * choice.height
    slowest, fastest = CAMERA_RATES
    right_rate = slowest <= choice.rate <= fastest
    fits = area <= (UNCOMPRESSED_LARGEST if choice.raw else CAMERA_LARGEST)
    kind = -CAMERA_KINDS.index(choice.pixel_format)
    off = -abs(float(choice.rate) - 30)
    return (fits, right_rate, kind, area if fits else -area, off)


def lighter(ranked: Sequence[Choice], than: Choice) -> list[Choice]:
    """What is left when the bus has no room for that one, the best first."""
    return [choice for choice in ranked if choice.load < than.load]
