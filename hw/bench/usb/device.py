"""The emulated device: answers requests, sends pictures and sound when due, says what it sent."""

from __future__ import annotations

import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hw.bench.usb import descriptors as d
from hw.bench.usb import redir as r
from hw.bench.usb.model import SOUND_HZ, Model, Size
from hw.bench.usb.pictures import Album, album
from hw.bench.usb.tune import Tune

PAYLOAD = 16384  # bytes of one bulk transfer, its header included
HEADER = 2
PATIENCE_FRAMES = 25  # the guest may be so late; a device with a real buffer would give up sooner
SOUND_STEP_S = 0.004
SOUND_LATE_S = 0.3
CONTROL_BYTES = 26
SET_CURRENT, GET_LENGTH, GET_INFO = 0x01, 0x85, 0x86
GET_DESCRIPTOR, GET_STATUS, CLEAR_FEATURE = 6, 0, 1

Tell = Callable[..., None]


class Negotiation:
    """UVC's probe and commit: which format and size the host wants."""

    def __init__(self, model: Model) -> None:
        self._formats = d.formats(model)
        self._probe = self._fixed(bytes(CONTROL_BYTES))

    def answer(self, request: r.Control) -> bytes | None:
        if request.request == SET_CURRENT:
            self._probe = self._fixed(request.data.ljust(CONTROL_BYTES, b"\0")[:CONTROL_BYTES])
            return b""
        return {GET_LENGTH: d.word(CONTROL_BYTES), GET_INFO: b"\x03"}.get(request.request, self._probe)

    def chosen(self) -> tuple[str, Size]:
        name, sizes = self._formats[self._probe[2] - 1]
        return name, sizes[self._probe[3] - 1]

    def _fixed(self, wish: bytes) -> bytes:
        form = min(max(wish[2], 1), len(self._formats))
        sizes = self._formats[form - 1][1]
        number = min(max(wish[3], 1), len(sizes))
        size = sizes[number - 1]
        head = struct.pack("<HBBI", 1, form, number, size.interval)
        return head + bytes(10) + struct.pack("<II", size.raw_bytes, PAYLOAD)


class Video:
    """Frames by the clock of the scene; asked for payloads, it gives them as soon as their frame is due."""

    def __init__(self, start_s: float, tell: Tell) -> None:
        self.scene = "picture"
        self._start_s, self._tell = start_s, tell
        self._album: Album | None = None
        self._period_s = 0.0
        self._frame = 0
        self._toggle = 0
        self._frozen_at = 0
        self._payloads: deque[bytes] = deque()
        self._sending: tuple[int, str, int, float] | None = None

    def begin(self, form: str, size: Size) -> None:
        self._album = album(form, size)
        self._period_s = float(1 / size.rate)
        self._frame = int((time.monotonic() - self._start_s) / self._period_s) + 1
        self._payloads.clear()
        self._sending = None
        self._tell("streaming", form=form, width=size.width, height=size.height, rate=float(size.rate))

    def end(self) -> None:
        if self._album is not None:
            self._tell("stopped")
        self._album = None

    def show(self, scene: str) -> None:
        self._frozen_at = self._frame
        self.scene = scene

    def wait_s(self) -> float | None:
        """Until the next payload may go; None when there is nothing to send."""
        if self._album is None or self.scene == "stalled":
            return None
        return 0.0 if self._payloads else max(0.0, self._due_s(self._frame) - time.monotonic())

    def payload(self) -> bytes | None:
        """The next piece, or None when no frame is due."""
        if self.wait_s() != 0.0:
            return None
        if not self._payloads:
            self._load()
        piece = self._payloads.popleft()
        if not self._payloads and self._sending is not None:
            frame, scene, number, due_s = self._sending
            self._tell(
                "frame",
                frame=frame,
                scene=scene,
                number=number,
                late_ms=round(1000 * (time.monotonic() - due_s)),
            )
        return piece

    def _due_s(self, frame: int) -> float:
        return self._start_s + frame * self._period_s

    def _load(self) -> None:
        assert self._album is not None
        behind = int((time.monotonic() - self._due_s(self._frame)) / self._period_s)
        if behind > PATIENCE_FRAMES:
            self._tell("skipped", frame=self._frame, count=behind)
            self._frame += behind
        scene = "picture" if self.scene == "frozen" else self.scene
        shown = self._frozen_at if self.scene == "frozen" else self._frame
        data, number = self._album.picture(scene, shown)
        self._sending = (self._frame, self.scene, number, self._due_s(self._frame))
        self._frame += 1
        step = PAYLOAD - HEADER
        pieces = [data[at : at + step] for at in range(0, len(data), step)]
        last = len(pieces) - 1
        for place, piece in enumerate(pieces):
            self._payloads.append(bytes((HEADER, 0x80 | self._toggle | (2 if place == last else 0))) + piece)
        self._toggle ^= 1


class Sound:
    """A packet each millisecond, from the same scene as the pictures."""

    def __init__(self, start_s: float, tell: Tell) -> None:
        self.silent = False
        self._start_s, self._tell = start_s, tell
        self._tune = Tune()
        self._next_ms: int | None = None
        self._number = 0

    @property
    def flowing(self) -> bool:
        return self._next_ms is not None

    def begin(self) -> None:
        self._next_ms, self._number = int(1000 * (time.monotonic() - self._start_s)), 0
        self._tell("sounding")

    def end(self) -> None:
        if self._next_ms is not None:
            self._tell("silent")
        self._next_ms = None

    def packets(self) -> bytes:
        """All that are due by now; what is very late is left out, and told."""
        if self._next_ms is None:
            return b""
        now_ms = int(1000 * (time.monotonic() - self._start_s))
        if now_ms - self._next_ms > 1000 * SOUND_LATE_S:
            self._tell("sound-skipped", milliseconds=now_ms - self._next_ms)
            self._next_ms = now_ms
        out = bytearray()
        per_ms = SOUND_HZ // 1000
        for at_ms in range(self._next_ms, now_ms):
            data = bytes(4 * per_ms) if self.silent else self._tune.bytes_at(at_ms * per_ms, per_ms)
            out += r.iso(self._number, d.SOUND_IN, data)
            self._number += 1
        self._next_ms = max(self._next_ms, now_ms)
        return bytes(out)


class Device:
    """Plugged in while ``run`` runs."""

    def __init__(self, path: Path, model: Model, start_s: float, tell: Tell) -> None:
        self.video, self.sound = Video(start_s, tell), Sound(start_s, tell)
        self._model, self._tell = model, tell
        self._negotiation = Negotiation(model)
        self._asked: deque[r.Bulk] = deque()
        self._reader = r.Reader()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 21)
        self._socket.connect(str(path))
        self._socket.sendall(r.hello())

    def run(self, commands: Any, on_command: Callable[[str], bool]) -> None:
        """Until the guest's machine ends or a command does; ``commands`` is a file of lines."""
        while True:
            self._send_due()
            ready = select.select([self._socket, commands], [], [], self._patience_s())[0]
            if commands in ready and not on_command(commands.readline()):
                return
            if self._socket in ready:
                data = self._socket.recv(1 << 16)
                if not data:
                    return
                for packet in self._reader.feed(data):
                    self._take(packet)

    def _patience_s(self) -> float | None:
        waits = [SOUND_STEP_S] if self.sound.flowing else []
        if self._asked and (wait_s := self.video.wait_s()) is not None:
            waits.append(wait_s)
        return min(waits, default=None)

    def _send_due(self) -> None:
        while self._asked and (data := self.video.payload()) is not None:
            self._socket.sendall(self._asked.popleft().answer(data))
            self._send_sound()
        self._send_sound()

    def _send_sound(self) -> None:
        if data := self.sound.packets():
            self._socket.sendall(data)

    def _take(self, packet: r.Packet) -> None:
        kind, say = packet.kind, self._socket.sendall
        if kind == r.Kind.HELLO:
            say(self._description() + r.connect(self._model.vendor, self._model.product, self._model.release))
            self._tell("plugged")
        elif kind == r.Kind.CONTROL:
            request = r.Control.parse(packet.data)
            say(r.pack(r.Kind.CONTROL, packet.id, request.answer(self._answer(request))))
        elif kind == r.Kind.BULK:
            self._asked.append(r.Bulk.parse(packet))
        elif kind == r.Kind.CANCEL:
            self._cancel(packet.id)
        elif kind == r.Kind.RESET:
            self._quiet()
        else:
            self._configure(packet)

    def _configure(self, packet: r.Packet) -> None:
        kind, number, data, say = packet.kind, packet.id, packet.data, self._socket.sendall
        if kind == r.Kind.SET_CONFIGURATION:
            say(self._description() + r.pack(r.Kind.CONFIGURATION, number, bytes((r.OK, data[0]))))
        elif kind == r.Kind.GET_CONFIGURATION:
            say(r.pack(r.Kind.CONFIGURATION, number, bytes((r.OK, 1))))
        elif kind == r.Kind.SET_SETTING:
            say(self._description() + r.pack(r.Kind.SETTING, number, bytes((r.OK, data[0], data[1]))))
        elif kind == r.Kind.GET_SETTING:
            say(r.pack(r.Kind.SETTING, number, bytes((r.OK, data[0], 0))))
        elif kind in (r.Kind.START_ISO, r.Kind.STOP_ISO):
            (self.sound.begin if kind == r.Kind.START_ISO else self.sound.end)()
            say(r.pack(r.Kind.ISO_STATUS, number, bytes((r.OK, data[0]))))

    def _description(self) -> bytes:
        functions = [(d.VIDEO_CONTROL, 14, 1), (d.VIDEO_STREAM, 14, 2)]
        known = {d.VIDEO_IN: (r.TYPE_BULK, 0, d.VIDEO_STREAM, d.VIDEO_PACKET)}
        if self._model.sound:
            functions += [(d.SOUND_CONTROL, 1, 1), (d.SOUND_STREAM, 1, 2)]
            known[d.SOUND_IN] = (r.TYPE_ISO, 4, d.SOUND_STREAM, d.SOUND_PACKET)
        return r.interfaces(functions) + r.endpoints(known)

    def _answer(self, request: r.Control) -> bytes | None:
        if request.type == 0x80 and request.request == GET_DESCRIPTOR:
            return self._descriptor(request.value >> 8, request.value & 0xFF)
        if request.type == 0x80 and request.request == GET_STATUS:
            return d.word(0)
        if request.type == 0x02 and request.request == CLEAR_FEATURE:
            self.video.end()  # how a host ends a bulk stream
            return b""
        if (
            request.type in (0xA1, 0x21)
            and request.index & 0xFF == d.VIDEO_STREAM
            and request.value >> 8 in (1, 2)
        ):
            answer = self._negotiation.answer(request)
            if request.request == SET_CURRENT and request.value >> 8 == 2:
                self.video.begin(*self._negotiation.chosen())
            return answer
        if request.type == 0xA1 and request.index & 0xFF == d.VIDEO_CONTROL:
            return b"\0"  # "no error" is the only thing that it has to say
        return None

    def _descriptor(self, kind: int, index: int) -> bytes | None:
        if kind == 3:
            return d.string(self._model, index)
        makers = {1: lambda: d.device(self._model), 2: lambda: d.configuration(self._model), 6: d.qualifier}
        return makers[kind]() if kind in makers else None

    def _cancel(self, number: int) -> None:
        for asked in [one for one in self._asked if one.id == number]:
            self._asked.remove(asked)
            self._socket.sendall(asked.answer(b"", r.CANCELLED))

    def _quiet(self) -> None:
        self._asked.clear()
        self.video.end()
        self.sound.end()
