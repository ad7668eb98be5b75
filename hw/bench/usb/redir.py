"""The protocol of usb-redir 0.7, as far as control, bulk-in and isochronous-in need it. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    HELLO = 0
    CONNECT = 1
    RESET = 3
    INTERFACES = 4
    ENDPOINTS = 5
    SET_CONFIGURATION = 6
    GET_CONFIGURATION = 7
    CONFIGURATION = 8
    SET_SETTING = 9
    GET_SETTING = 10
    SETTING = 11
    START_ISO = 12
    STOP_ISO = 13
    ISO_STATUS = 14
    CANCEL = 21
    CONTROL = 100
    BULK = 101
    ISO = 102


HELLO_NAME = b"twinreel-bench"
CAPABILITIES = (
    (1 << 1) | (1 << 4) | (1 << 5) | (1 << 6)
)  # device version, packet sizes, 64-bit ids, 32-bit lengths
OK, CANCELLED, STALLED = 0, 1, 4
HIGH_SPEED = 2
TYPE_CONTROL, TYPE_ISO, TYPE_BULK, TYPE_NONE = 0, 1, 2, 255
IN = 0x80


@dataclass(frozen=True)
class Packet:
    kind: int
    id: int
    data: bytes


def hello() -> bytes:
    body = HELLO_NAME.ljust(64, b"\0") + struct.pack("<I", CAPABILITIES)
    return struct.pack("<III", Kind.HELLO, len(body), 0) + body


def pack(kind: Kind, number: int, data: bytes) -> bytes:
    return struct.pack("<IIQ", kind, len(data), number) + data


class Reader:
    """Bytes of a stream to packets; ids are 64 bits wide once both have said hello."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._greeted = False

    def feed(self, data: bytes) -> list[Packet]:
        self._held += data
        found = []
        while (packet := self._next()) is not None:
            found.append(packet)
        return found

    def _next(self) -> Packet | None:
        form = "<IIQ" if self._greeted else "<III"
        size = struct.calcsize(form)
        if len(self._held) < size:
            return None
        kind, length, number = struct.unpack_from(form, self._held)
        if len(self._held) < size + length:
            return None
        data = bytes(self._held[size : size + length])
        del self._held[: size + length]
        self._greeted = self._greeted or kind == Kind.HELLO
        return Packet(kind, number, data)


@dataclass(frozen=True)
class Control:
    """A request on endpoint 0."""

    endpoint: int
    request: int
    type: int
    value: int
    index: int
    length: int
    data: bytes

    @classmethod
    def parse(cls, data: bytes) -> Control:
        endpoint, request, type_, _, value, index, length = struct.unpack_from("<BBBBHHH", data)
        return cls(endpoint, request, type_, value, index, length, data[10:])

    def answer(self, data: bytes | None) -> bytes:
        """None refuses it; an answer is cut to the length that was asked for."""
        status = STALLED if data is None else OK
        said = (data or b"")[: self.length]
        inward = bool(self.type & IN)
        length = len(said) if inward or data is None else self.length
        head = struct.pack(
            "<BBBBHHH", self.endpoint, self.request, self.type, status, self.value, self.index, length
        )
        return head + (said if inward else b"")


@dataclass(frozen=True)
class Bulk:
    """A request for data of a bulk endpoint."""

    id: int
    endpoint: int
    length: int

    @classmethod
    def parse(cls, packet: Packet) -> Bulk:
        endpoint, _, low, _, high = struct.unpack_from("<BBHIH", packet.data)
        return cls(packet.id, endpoint, low | high << 16)

    def answer(self, data: bytes, status: int = OK) -> bytes:
        head = struct.pack("<BBHIH", self.endpoint, status, len(data) & 0xFFFF, 0, len(data) >> 16)
        return pack(Kind.BULK, self.id, head + data)


def iso(number: int, endpoint: int, data: bytes) -> bytes:
    return pack(Kind.ISO, number, struct.pack("<BBH", endpoint, OK, len(data)) + data)


def connect(vendor: int, product: int, release: int) -> bytes:
    return pack(Kind.CONNECT, 0, struct.pack("<BBBBHHH", HIGH_SPEED, 0xEF, 2, 1, vendor, product, release))


def interfaces(numbers_and_kinds: list[tuple[int, int, int]]) -> bytes:
    """(number, class, subclass) of each."""
    columns = [bytes(column).ljust(32, b"\0") for column in zip(*numbers_and_kinds, strict=True)]
    body = struct.pack("<I", len(numbers_and_kinds)) + b"".join(columns) + bytes(32)
    return pack(Kind.INTERFACES, 0, body)


def endpoints(known: dict[int, tuple[int, int, int, int]]) -> bytes:
    """Endpoint address: (type, interval, interface, packet size); endpoint 0 is always there."""
    kinds, intervals, owners, sizes = [TYPE_NONE] * 32, [0] * 32, [0] * 32, [0] * 32
    for index in (0, 16):
        kinds[index], sizes[index] = TYPE_CONTROL, 64
    for address, (kind, interval, owner, size) in known.items():
        index = (address & 0x0F) | (16 if address & IN else 0)
        kinds[index], intervals[index], owners[index], sizes[index] = kind, interval, owner, size
    body = bytes(kinds) + bytes(intervals) + bytes(owners) + struct.pack("<32H", *sizes)
    return pack(Kind.ENDPOINTS, 0, body)
