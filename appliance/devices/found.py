"""What is known of a plugged-in device, copied at once from udev and from the device itself."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from appliance.core.types import DeviceInfo, Role
from appliance.devices.quirks import NO_QUIRK, Quirk
from appliance.devices.v4l2 import Input

USABLE = ("UYVY", "YUYV", "MJPG", "JPEG", "H264")  # pixel formats that can be recorded


@dataclass(frozen=True)
class Mode:
    """One size of one pixel format, with the rates that the driver lists for it."""

    fourcc: str
    width: int
    height: int
    rates: tuple[Fraction, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What a node says of itself without being changed."""

    driver: str
    card: str
    modes: tuple[Mode, ...] = ()
    inputs: tuple[Input, ...] = ()
    detects: bool = False  # the present input's standard can be asked for

    @property
    def standards(self) -> int:
        """All that any input takes; 0 for a device that knows no television standards."""
        every = 0
        for one in self.inputs:
            every |= one.standards
        return every

    @property
    def kind(self) -> str:
        if not self.standards:
            return "digital"
        return "analogue, detects" if self.detects else "analogue"


@dataclass(frozen=True)
class UsbDevice:
    """One USB device as sysfs shows it; ``path`` is its folder there, ``hub`` that of what it hangs below."""

    path: str
    port: str  # such as "1-2.3": bus, port, port of the hub there
    usb: str  # vendor and product
    hub: str = ""
    bus: str = ""  # the root hub, such as "usb1"
    speed_mbit: float = 0.0
    serial: str = ""
    maker: str = ""
    product: str = ""
    number: int = 0  # given anew at each plug
    pictures: bool = False  # it has an interface for video
    stream_bytes_s: int = 0  # the most that its video stream reserves of a USB 2 bus


@dataclass(frozen=True)
class Node:
    """One video node as udev shows it."""

    path: str  # such as /dev/video0
    index: int  # among the nodes of its device
    place: str  # ID_PATH, or the folder in sysfs
    sys_path: str
    usb: UsbDevice | None = None
    plugged: int = 0  # differs from plug to plug


@dataclass(frozen=True)
class Card:
    """One sound card, and the USB device it is a part of."""

    number: int
    usb_path: str = ""
    hub: str = ""


@dataclass(frozen=True)
class Plugged:
    """All that is there at one moment."""

    nodes: tuple[Node, ...] = ()
    cards: tuple[Card, ...] = ()
    usb: tuple[UsbDevice, ...] = ()


@dataclass(frozen=True)
class Found:
    """A device with a role, ready to be opened."""

    info: DeviceInfo
    node: str
    facts: Facts
    reason: str  # why it has its role
    quirk: Quirk = NO_QUIRK
    card: int | None = None  # of the sound that belongs to it, as in hw:N
    usb: UsbDevice | None = None
    standard: str = "auto"  # as configured: auto, pal, ntsc or secam
    input: str = ""  # as configured: a part of its name
    plugged: int = 0  # differs from plug to plug

    @property
    def role(self) -> Role:
        return self.info.role

    @property
    def serial(self) -> str:
        return self.usb.serial if self.usb else ""

    @property
    def bus(self) -> str:
        return self.usb.bus if self.usb else ""
