"""The host's end of the agent in the guest: commands and sockets, many at once, over one connection."""

from __future__ import annotations

import itertools
import json
import queue
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONNECT_S = 20.0


class ChannelClosed(Exception):
    """The guest is gone, or its agent does not answer."""


@dataclass(frozen=True)
class Ran:
    """What a command said (both outputs together) and how it ended."""

    code: int
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")


Message = tuple[dict[str, Any], bytes]


class Channel:
    """Safe from any thread; every request has a queue of its own."""

    def __init__(self, path: Path) -> None:
        self._socket = connect(path)
        self._numbers = itertools.count(1)
        self._waiting: dict[int, queue.Queue[Message | None]] = {0: queue.Queue()}
        self._lock = threading.Lock()
        self._closed = False
        threading.Thread(target=self._read, name="channel", daemon=True).start()

    def wait_until_up(self, timeout_s: float) -> None:
        """The agent of a guest that boots says once that it is there."""
        self._next(0, time.monotonic() + timeout_s)

    def run(self, command: str, data: bytes = b"", timeout_s: float = 60.0) -> Ran:
        """A shell command with ``data`` as its input; code 124 where it took too long."""
        number = self.ask({"do": "run", "command": command, "timeout_s": timeout_s}, data)
        header, said = self._next(number, time.monotonic() + timeout_s + 30.0)
        self.forget(number)
        return Ran(int(header["code"]), said)

    def pulse(self, path: str, *values: tuple[str, float]) -> None:
        """Write these values into a file of the guest, each for so many seconds."""
        number = self.ask({"do": "pulse", "path": path, "values": values})
        self._next(number, time.monotonic() + sum(seconds for _, seconds in values) + 30.0)
        self.forget(number)

    def ask(self, header: dict[str, Any], data: bytes = b"") -> int:
        """Begin something; its answers come under the returned number."""
        number = next(self._numbers)
        self._waiting[number] = queue.Queue()
        self.send({"id": number, **header}, data)
        return number

    def send(self, header: dict[str, Any], data: bytes = b"") -> None:
        line = json.dumps({**header, "bytes": len(data)}).encode() + b"\n"
        try:
            with self._lock:
                self._socket.sendall(line + data)
        except OSError as error:
            raise ChannelClosed(str(error)) from error

    def receive(self, number: int, timeout_s: float) -> Message | None:
        """The next answer, None after the time-out; raises ChannelClosed when the guest is gone."""
        try:
            message = self._waiting[number].get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            if self._closed:
                raise ChannelClosed("the guest is gone") from None
            return None
        if message is None:
            raise ChannelClosed("the guest is gone")
        return message

    def forget(self, number: int) -> None:
        self._waiting.pop(number, None)

    def close(self) -> None:
        self._closed = True
        with suppress(OSError):  # it was closed by the other end
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _next(self, number: int, until_s: float) -> Message:
        message = self.receive(number, until_s - time.monotonic())
        if message is None:
            raise ChannelClosed("the agent in the guest did not answer in time")
        return message

    def _read(self) -> None:
        stream = self._socket.makefile("rb")
        try:
            while line := stream.readline():
                header = json.loads(line)
                data = stream.read(header["bytes"])
                if (waiting := self._waiting.get(header["id"])) is not None:
                    waiting.put((header, data))
        except (OSError, ValueError):
            pass  # QEMU was killed, perhaps in mid-message
        self._closed = True
        for waiting in list(self._waiting.values()):
            waiting.put(None)


def connect(path: Path) -> socket.socket:
    """QEMU makes its sockets soon after its start."""
    until_s = time.monotonic() + CONNECT_S
    while True:
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(str(path))
            return link
        except OSError:
            link.close()
            if time.monotonic() > until_s:
                raise ChannelClosed(f"nothing listens on {path}") from None
            time.sleep(0.02)
