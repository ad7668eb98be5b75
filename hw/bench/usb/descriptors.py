"""The descriptors of a USB video (UVC 1.0, bulk) and audio (UAC 1.0, isochronous) device. Pure."""

from __future__ import annotations

import struct

from hw.bench.usb.model import SOUND_HZ, Model, Size

VIDEO_IN, SOUND_IN = 0x81, 0x82  # endpoints
VIDEO_PACKET, SOUND_PACKET = 512, 200  # bytes; sound: a millisecond of 48 kHz stereo is 192
VIDEO_CONTROL, VIDEO_STREAM, SOUND_CONTROL, SOUND_STREAM = range(4)  # interfaces
YUY2 = bytes.fromhex("5955593200001000800000aa00389b71")
MJPEG_FORMAT, YUYV_FORMAT = "mjpeg", "yuyv"
LANGUAGE = 0x0409


def word(value: int) -> bytes:
    return struct.pack("<H", value)


def long(value: int) -> bytes:
    return struct.pack("<I", value)


def piece(kind: int, *parts: int | bytes) -> bytes:
    """A descriptor: its length, its kind, and what it says; numbers are bytes."""
    body = b"".join(part if isinstance(part, bytes) else bytes([part]) for part in parts)
    return bytes([len(body) + 2, kind]) + body


def interface(number: int, setting: int, endpoints: int, class_: int, subclass: int) -> bytes:
    return piece(4, number, setting, endpoints, class_, subclass, 0, 0)


def device(model: Model) -> bytes:
    composite = bytes([0xEF, 2, 1])
    ids = word(model.vendor) + word(model.product) + word(model.release)
    return piece(1, word(0x0200), composite, 64, ids, 1 if model.maker else 0, 2, 3, 1)


def qualifier() -> bytes:
    return piece(6, word(0x0200), bytes([0xEF, 2, 1]), 64, 1, 0)


def string(model: Model, index: int) -> bytes | None:
    texts = {1: model.maker, 2: model.title, 3: model.serial}
    if index == 0:
        return piece(3, word(LANGUAGE))
    return piece(3, texts[index].encode("utf-16-le")) if index in texts else None


def formats(model: Model) -> tuple[tuple[str, tuple[Size, ...]], ...]:
    """In the order of their numbers, which begin with 1."""
    both = ((MJPEG_FORMAT, model.mjpeg), (YUYV_FORMAT, model.yuyv))
    return tuple((name, sizes) for name, sizes in both if sizes)


def configuration(model: Model) -> bytes:
    body = video(model) + (sound() if model.sound else b"")
    interfaces = 4 if model.sound else 2
    head = struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), interfaces, 1, 0, 0x80, 250)
    return head + body


def video(model: Model) -> bytes:
    source = piece(
        0x24, 2, 1, word(0x0201), 0, 0, bytes(6), 2, 0, 0
    )  # a camera; Linux refuses "composite in"
    sink = piece(0x24, 3, 2, word(0x0101), 0, 1, 0)
    total = 13 + len(source) + len(sink)
    header = piece(0x24, 1, word(0x0100), word(total), long(48_000_000), 1, VIDEO_STREAM)
    together = piece(11, VIDEO_CONTROL, 2, 0x0E, 3, 0, 0)
    control = interface(VIDEO_CONTROL, 0, 0, 0x0E, 1) + header + source + sink
    return together + control + interface(VIDEO_STREAM, 0, 1, 0x0E, 2) + stream(model) + bulk_endpoint()


def bulk_endpoint() -> bytes:
    return piece(5, VIDEO_IN, 2, word(VIDEO_PACKET), 0)


def stream(model: Model) -> bytes:
    offered = formats(model)
    listed = b"".join(one_format(number + 1, name, sizes) for number, (name, sizes) in enumerate(offered))
    count = len(offered)
    total = 13 + count + len(listed)
    header = piece(0x24, 1, count, word(total), VIDEO_IN, 0, 2, 0, 0, 0, 1, bytes(count))
    return header + listed


def one_format(number: int, name: str, sizes: tuple[Size, ...]) -> bytes:
    compressed = name == MJPEG_FORMAT
    if compressed:
        head = piece(0x24, 6, number, len(sizes), 1, 1, 4, 3, 0, 0)
    else:
        head = piece(0x24, 4, number, len(sizes), YUY2, 16, 1, 4, 3, 0, 0)
    frames = b"".join(one_size(7 if compressed else 5, index + 1, size) for index, size in enumerate(sizes))
    return head + frames + piece(0x24, 0x0D, 1, 1, 4)


def one_size(kind: int, number: int, size: Size) -> bytes:
    bits = round(size.raw_bytes * 8 * size.rate)
    rates = long(bits // 4) + long(bits) + long(size.raw_bytes)
    return piece(
        0x24,
        kind,
        number,
        0,
        word(size.width),
        word(size.height),
        rates,
        long(size.interval),
        1,
        long(size.interval),
    )


def sound() -> bytes:
    source = piece(0x24, 2, 1, word(0x0603), 0, 2, word(3), 0, 0)  # a line
    sink = piece(0x24, 3, 2, word(0x0101), 0, 1, 0)
    header = piece(0x24, 1, word(0x0100), word(9 + len(source) + len(sink)), 1, SOUND_STREAM)
    together = piece(11, SOUND_CONTROL, 2, 1, 0, 0, 0)
    control = interface(SOUND_CONTROL, 0, 0, 1, 1) + header + source + sink
    silent, flowing = interface(SOUND_STREAM, 0, 0, 1, 2), interface(SOUND_STREAM, 1, 1, 1, 2)
    kind = piece(0x24, 1, 2, 1, word(1)) + piece(0x24, 2, 1, 2, 2, 16, 1, long(SOUND_HZ)[:3])
    endpoint = piece(5, SOUND_IN, 5, word(SOUND_PACKET), 4, 0, 0) + piece(0x25, 1, 0, 0, word(0))
    return together + control + silent + flowing + kind + endpoint
