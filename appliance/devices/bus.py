"""How much of a USB 2 bus the devices on it will reserve, told before a recording fails for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from appliance.core.types import Issue, Severity
from appliance.devices.found import Found, UsbDevice

HIGH_SPEED_MBIT = 480.0
PERIODIC_BYTES_S = 48_000_000  # 80 % of 480 Mbit/s may be reserved
MICROFRAMES_S = 8000
INTERFACE, ENDPOINT = 4, 5
SOUND_CLASS, VIDEO_CLASS = 0x01, 0x0E
ISOCHRONOUS = 1


@dataclass(frozen=True)
class Endpoint:
    interface_class: int
    bytes_s: int  # 0: it reserves nothing


def endpoints(descriptors: bytes) -> Iterator[Endpoint]:
    """Every incoming endpoint of all alternate settings, from the file ``descriptors`` in sysfs."""
    at, interface_class = 0, 0
    while at + 2 <= len(descriptors) and descriptors[at] >= 2:
        piece = descriptors[at : at + descriptors[at]]
        if piece[1] == INTERFACE and len(piece) >= 9:
            interface_class = piece[5]
        elif piece[1] == ENDPOINT and len(piece) >= 7 and piece[2] & 0x80:
            yield Endpoint(interface_class, reserved_bytes_s(piece))
        at += len(piece)


def reserved_bytes_s(endpoint: bytes) -> int:
    if endpoint[3] & 3 != ISOCHRONOUS:
        return 0
    packet = int.from_bytes(endpoint[4:6], "little")
    each = (packet & 0x7FF) * (1 + (packet >> 11 & 3))
    return each * MICROFRAMES_S >> max(0, endpoint[6] - 1)


def gives_pictures(descriptors: bytes) -> bool:
    """Whether it has an interface of the class for video."""
    return any(endpoint.interface_class == VIDEO_CLASS for endpoint in endpoints(descriptors))


def stream_bytes_s(descriptors: bytes) -> int:
    """The most that its pictures reserve; a driver asks for less where the format allows it."""
    found = [one.bytes_s for one in endpoints(descriptors) if one.interface_class != SOUND_CLASS]
    return max(found, default=0)


def narrow_issues(found: Iterable[Found]) -> Iterator[Issue]:
    """What a person should know of the buses before anything is recorded."""
    devices = [one for one in found if one.usb is not None]
    for bus in sorted({one.bus for one in devices if one.bus}):
        sharing = [one for one in devices if one.bus == bus and loads(one.usb)]
        needed = sum(one.usb.stream_bytes_s for one in sharing if one.usb)
        if len(sharing) > 1 and needed > PERIODIC_BYTES_S:
            yield bus_narrow([one.info.name for one in sharing])
    slow = [one.info.name for one in devices if one.usb and 0 < one.usb.speed_mbit < HIGH_SPEED_MBIT]
    if slow:
        yield usb_slow(slow)


def loads(usb: UsbDevice | None) -> bool:
    return usb is not None and usb.speed_mbit == HIGH_SPEED_MBIT


def bus_narrow(names: list[str]) -> Issue:
    return Issue(
        "bus-narrow",
        Severity.NOTICE,
        "Two devices share one USB connection of the box",
        f"{' and '.join(names)} may together need more than a USB 2 connection carries.",
        "If the pictures are small or one does not start, plug one of them into another USB port.",
    )


def usb_slow(names: list[str]) -> Issue:
    return Issue(
        "usb-slow",
        Severity.NOTICE,
        f"{' and '.join(names)} runs at a slow USB speed",
        "The cable, a hub or the port does not carry the speed that pictures need.",
        "Use another cable, without a hub in between.",
    )
