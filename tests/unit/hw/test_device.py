"""A host that speaks usb-redir gets whole pictures when they are due, and is told what it missed."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hw.bench.usb import descriptors, device, pictures, redir
from hw.bench.usb.model import MODELS

SMALL = MODELS["dongle-small"]


class Host:
    """What QEMU does: asks, and reads what comes."""

    def __init__(self, link: socket.socket) -> None:
        self._link, self._reader = link, redir.Reader()
        self._link.settimeout(5.0)
        self._held: list[redir.Packet] = []
        link.sendall(redir.hello())

    def receive(self, kind: redir.Kind) -> redir.Packet:
        """The next packet of this kind; others are dropped."""
        while True:
            while self._held:
                packet = self._held.pop(0)
                if packet.kind == kind:
                    return packet
            self._held += self._reader.feed(self._link.recv(1 << 16))

    def control(self, type_: int, request: int, value: int, index: int, data: bytes = b"") -> bytes:
        head = struct.pack("<BBBBHHH", type_ & 0x80, request, type_, 0, value, index, len(data) or 255)
        self._link.sendall(redir.pack(redir.Kind.CONTROL, 1, head + data))
        return self.receive(redir.Kind.CONTROL).data[10:]

    def commit(self) -> None:
        wish = struct.pack("<HBBI", 1, 1, 1, 400_000).ljust(26, b"\0")
        self.control(0x21, device.SET_CURRENT, 0x0200, descriptors.VIDEO_STREAM, wish)

    def ask(self, number: int) -> None:
        head = struct.pack("<BBHIH", descriptors.VIDEO_IN, 0, 16384, 0, 0)
        self._link.sendall(redir.pack(redir.Kind.BULK, number, head))

    def payload(self) -> bytes:
        return self.receive(redir.Kind.BULK).data[10:]

    def picture(self) -> bytes:
        """Payloads until the one that ends a frame."""
        whole = b""
        while True:
            self.ask(1)
            piece = self.payload()
            whole += piece[2:]
            if piece[1] & 2:
                return whole


@pytest.fixture
def told() -> list[tuple[str, dict[str, Any]]]:
    return []


@pytest.fixture
def plugged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[tuple[str, dict[str, Any]]]
) -> Iterator[tuple[Host, device.Device]]:
    monkeypatch.setenv("TWINREEL_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pictures, "LOOP", 4)
    pictures.album.cache_clear()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "usb"))
    listening.listen()
    made = device.Device(tmp_path / "usb", SMALL, time.monotonic(), lambda name, **f: told.append((name, f)))
    link = listening.accept()[0]
    commands = os.fdopen(os.pipe()[0], "r")
    thread = threading.Thread(target=made.run, args=(commands, lambda line: False), daemon=True)
    thread.start()
    yield Host(link), made
    link.close()
    thread.join(5.0)
    pictures.album.cache_clear()


def test_it_says_who_it_is(plugged: tuple[Host, device.Device]) -> None:
    host = plugged[0]
    assert host.receive(redir.Kind.CONNECT).data[4:8] == struct.pack("<HH", 0x534D, 0x0021)
    assert host.control(0x80, 6, 0x0100, 0)[:18] == descriptors.device(SMALL)
    assert host.control(0x80, 6, 0x0F00, 0) == b"", "no such descriptor"


def test_pictures_come_whole_in_order_and_when_due(
    plugged: tuple[Host, device.Device], told: list[tuple[str, dict[str, Any]]]
) -> None:
    host = plugged[0]
    host.commit()
    began_s = time.monotonic()
    shown = [host.picture() for _ in range(6)]
    assert 0.2 <= time.monotonic() - began_s < 1.0
    sent = [facts for name, facts in told if name == "frame"]
    album = pictures.album("mjpeg", SMALL.mjpeg[0])
    assert shown == [album.picture("picture", facts["frame"])[0] for facts in sent[:6]]
    first = sent[0]["frame"]
    assert [facts["frame"] for facts in sent[:6]] == list(range(first, first + 6))


def test_a_host_that_asks_very_late_is_told_what_it_missed(
    plugged: tuple[Host, device.Device],
    told: list[tuple[str, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host, made = plugged
    monkeypatch.setattr(device, "PATIENCE_FRAMES", 2)
    host.commit()
    host.picture()
    made.video._start_s -= 1.0  # a second in which nobody asked
    host.picture()
    skipped = [facts["count"] for name, facts in told if name == "skipped"]
    assert len(skipped) == 1
    assert skipped[0] >= 24


def test_sound_flows_from_its_start_to_its_end_a_millisecond_a_packet(
    plugged: tuple[Host, device.Device],
) -> None:
    host = plugged[0]
    host._link.sendall(redir.pack(redir.Kind.START_ISO, 1, bytes((descriptors.SOUND_IN, 1, 1))))
    packets = [host.receive(redir.Kind.ISO) for _ in range(20)]
    assert {len(packet.data) - 4 for packet in packets} == {192}
    assert [packet.id for packet in packets] == list(range(20))
