"""A client's end of the recorder's socket without an event loop: for the worker and the command line."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from pathlib import Path

from appliance.core import wire
from appliance.core.problems import Problem
from appliance.core.snapshot import Command, Snapshot
from appliance.core.types import Issue

FromRecorder = wire.SnapshotUpdate | wire.CommandReply | wire.PreviewUpdate | wire.JobsChanged


def no_recorder(path: Path) -> Problem:
    return Problem(
        "no-recorder",
        "The box's recorder does not answer",
        f"Nothing listens on {path}; the recorder is starting, or it is not running.",
        "Start the box (`twinreel demo`, or `systemctl start twinreel.target`) and try again.",
    )


class Link:
    """One connection. Messages may be sent from any thread; only one thread may receive."""

    def __init__(self, path: Path, hello: wire.Hello) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise no_recorder(path) from error
        self._path = path
        self._buffer = b""
        self._lock = threading.Lock()
        self._last_id = 0
        self.send(hello)

    def send(self, message: wire.Hello | wire.CommandRequest | wire.JobReport) -> None:
        with self._lock:
            try:
                self._socket.sendall(wire.encode_to(message))
            except OSError as error:
                raise no_recorder(self._path) from error

    def receive(self, timeout_s: float) -> FromRecorder | None:
        """The next message, None after the time-out; raises Problem when the recorder is gone."""
        until_s = time.monotonic() + timeout_s
        while b"\n" not in self._buffer:
            if not self._ready(max(0.0, until_s - time.monotonic())):
                return None
            self._buffer += self._read()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return wire.decode_from(line)

    def _ready(self, timeout_s: float) -> bool:
        """Raises Problem when another thread has closed the link."""
        try:
            return bool(select.select([self._socket], [], [], timeout_s)[0])
        except (OSError, ValueError) as error:
            raise no_recorder(self._path) from error

    def _read(self) -> bytes:
        try:
            piece = self._socket.recv(1 << 16)
        except OSError as error:
            raise no_recorder(self._path) from error
        if not piece:
            raise no_recorder(self._path)
        return piece

    def command(self, command: Command, timeout_s: float = 30.0) -> Issue | None:
        """Send a command and wait for its reply; the reply's issue, None when it was carried out."""
        self._last_id += 1
        self.send(wire.CommandRequest(self._last_id, command))
        until_s = time.monotonic() + timeout_s
        while time.monotonic() < until_s:
            message = self.receive(until_s - time.monotonic())
            if isinstance(message, wire.CommandReply) and message.id == self._last_id:
                return message.issue
        raise no_recorder(self._path)

    def snapshot(self, timeout_s: float = 10.0) -> Snapshot:
        """The next snapshot that arrives."""
        until_s = time.monotonic() + timeout_s
        while time.monotonic() < until_s:
            message = self.receive(until_s - time.monotonic())
            if isinstance(message, wire.SnapshotUpdate):
                return message.snapshot
        raise no_recorder(self._path)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
