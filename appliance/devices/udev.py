"""What udev and sysfs tell, copied at once into plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import pyudev

from appliance.devices.bus import gives_pictures, stream_bytes_s
from appliance.devices.found import Card, Node, Plugged, UsbDevice

SUBSYSTEMS = ("video4linux", "sound", "usb")
RECEIVE_BYTES = 1 << 20
INTERFACE = re.compile(r":\d+\.\d+$")  # at the end of ID_PATH: not the device's place but a part of it


class Bus(Protocol):
    """Where devices come and go."""

    def fileno(self) -> int:
        """Readable when something came or went."""

    def drain(self) -> bool:
        """Whether anything came or went since the last time; never waits."""

    def scan(self) -> Plugged: ...


class Udev:
    """The monitor listens from the making on, so that nothing falls between it and the first scan."""

    def __init__(self) -> None:
        self._context = pyudev.Context()
        self._monitor = pyudev.Monitor.from_netlink(self._context)
        for subsystem in SUBSYSTEMS:
            self._monitor.filter_by(subsystem)
        with suppress(OSError):  # it needs a privilege; without it the kernel's own size must do
            self._monitor.set_receive_buffer_size(RECEIVE_BYTES)
        self._monitor.start()

    def fileno(self) -> int:
        return int(self._monitor.fileno())

    def drain(self) -> bool:
        came = False
        with suppress(OSError):  # events were lost: the scan that follows sees how things stand
            while self._monitor.poll(timeout=0) is not None:
                came = True
            return came
        return True

    def scan(self) -> Plugged:
        return Plugged(
            tuple(self._nodes()),
            tuple(self._cards()),
            tuple(self._usb()),
        )

    def _listed(self, **filters: str) -> Iterator[Any]:
        """A device that goes away while it is looked at is left out."""
        for device in self._context.list_devices(**filters):
            with suppress(pyudev.DeviceNotFoundError, KeyError, OSError):
                yield device

    def _nodes(self) -> Iterator[Node]:
        for device in self._listed(subsystem="video4linux"):
            if device.is_initialized and device.sys_name.startswith("video") and device.device_node:
                yield node_of(device)

    def _cards(self) -> Iterator[Card]:
        for device in self._listed(subsystem="sound"):
            if device.is_initialized and device.sys_name.startswith("card"):
                usb = usb_parent(device)
                path = usb.sys_path if usb is not None else ""
                yield Card(int(device.sys_number), path, hub_of(path))

    def _usb(self) -> Iterator[UsbDevice]:
        for device in self._listed(subsystem="usb", DEVTYPE="usb_device"):
            if device.attributes.get("bDeviceClass") != b"09":
                yield usb_of(device)


def usb_parent(device: Any) -> Any:
    return device.find_parent("usb", "usb_device")


def hub_of(path: str) -> str:
    """The folder of what a USB device hangs below."""
    return str(Path(path).parent) if path else ""


def node_of(device: Any) -> Node:
    usb = usb_parent(device)
    place = INTERFACE.sub("", device.get("ID_PATH") or "") or device.sys_path
    return Node(
        path=device.device_node,
        index=number(device, "index"),
        place=place if usb is not None else f"{place} {device.sys_name}",
        sys_path=device.sys_path,
        usb=usb_of(usb) if usb is not None else None,
        plugged=int(device.get("USEC_INITIALIZED") or 0),
    )


def usb_of(device: Any) -> UsbDevice:
    descriptors = raw_descriptors(Path(device.sys_path) / "descriptors")
    return UsbDevice(
        path=device.sys_path,
        port=device.sys_name,
        usb=f"{attribute(device, 'idVendor')}:{attribute(device, 'idProduct')}",
        hub=hub_of(device.sys_path),
        bus=f"usb{number(device, 'busnum')}",
        speed_mbit=float(attribute(device, "speed") or 0),
        serial=attribute(device, "serial"),
        maker=attribute(device, "manufacturer"),
        product=attribute(device, "product"),
        number=number(device, "devnum"),
        pictures=gives_pictures(descriptors),
        stream_bytes_s=stream_bytes_s(descriptors),
    )


def raw_descriptors(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def attribute(device: Any, name: str) -> str:
    value = device.attributes.get(name)
    return value.decode("utf-8", "replace").strip() if value is not None else ""


def number(device: Any, name: str) -> int:
    said = attribute(device, name)
    return int(said) if said.isdigit() else 0
