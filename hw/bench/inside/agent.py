#!/usr/bin/python3
"""The bench's hand inside the guest: runs commands and carries sockets over one virtio-serial port.

A message is a line of JSON and, after it, as many raw bytes as its ``bytes`` says. From the host::

    {"id", "do": "run", "command", "timeout_s", "bytes"}    the bytes are the command's input
    {"id", "do": "pulse", "path", "values"}                 [value, seconds] pairs, one after the other
    {"id", "do": "connect", "path"}                         to a Unix socket
    {"id", "do": "data", "bytes"}  {"id", "do": "close"}    of that socket

To the host: ``{"id": 0, "is": "up"}`` once after its start, and the answers::

    {"id", "is": "done", "code", "bytes"}
    {"id", "is": "open"}  {"id", "is": "data", "bytes"}  {"id", "is": "closed", "why"}
"""

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PORT = "/dev/virtio-ports/twinreel.bench"
TIMED_OUT = 124


class Agent:
    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = threading.Lock()
        self._sockets: dict[int, socket.socket] = {}

    def send(self, header: dict, data: bytes = b"") -> None:
        rest = memoryview(json.dumps({**header, "bytes": len(data)}).encode() + b"\n" + data)
        with self._lock:
            while rest:
                rest = rest[os.write(self._port, rest) :]

    def take(self, header: dict, data: bytes) -> None:
        if header["do"] == "data":
            self._pass_on(header["id"], data)
        elif header["do"] == "close":
            self._close(header["id"])
        else:
            work = {"run": self._run, "connect": self._connect, "pulse": self._pulse}[header["do"]]
            threading.Thread(target=work, args=(header, data), daemon=True).start()

    def _run(self, header: dict, data: bytes) -> None:
        process = subprocess.Popen(
            ["/bin/bash", "-c", header["command"]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            said, code = process.communicate(data, header["timeout_s"])[0], process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            said, code = process.communicate()[0], TIMED_OUT
        self.send({"id": header["id"], "is": "done", "code": code}, said)

    def _pulse(self, header: dict, data: bytes) -> None:
        """Without a process of its own, which would take longer to start than a finger is on a button."""
        for value, seconds in header["values"]:
            Path(header["path"]).write_text(value)
            time.sleep(seconds)
        self.send({"id": header["id"], "is": "done", "code": 0})

    def _connect(self, header: dict, data: bytes) -> None:
        link, number, why = socket.socket(socket.AF_UNIX), header["id"], ""
        try:
            link.connect(header["path"])
            self._sockets[number] = link
            self.send({"id": number, "is": "open"})
            while piece := link.recv(1 << 16):
                self.send({"id": number, "is": "data"}, piece)
        except OSError as error:
            why = str(error)
        self._close(number)
        self.send({"id": number, "is": "closed", "why": why})

    def _pass_on(self, number: int, data: bytes) -> None:
        try:
            if number in self._sockets:
                self._sockets[number].sendall(data)
        except OSError:
            self._close(number)

    def _close(self, number: int) -> None:
        link = self._sockets.pop(number, None)
        if link is not None:
            with suppress(OSError):  # the other end was faster
                link.shutdown(socket.SHUT_RDWR)
            link.close()


class HostGone(Exception):
    """Nobody is connected now; what came of a message is of no use."""


def messages(port: int) -> Iterator[tuple[dict, bytes]]:
    """For ever: a host that is not connected reads as an end, and comes again."""
    held = bytearray()
    while True:
        try:
            while (end := held.find(b"\n")) < 0:
                fill(port, held)
            header = json.loads(held[:end])
            size = header.get("bytes", 0)
            del held[: end + 1]
            while len(held) < size:
                fill(port, held)
            data = bytes(held[:size])
            del held[:size]
        except HostGone:
            held.clear()
            time.sleep(0.02)
        else:
            yield header, data


def fill(port: int, held: bytearray) -> None:
    piece = os.read(port, 1 << 16)
    if not piece:
        raise HostGone
    held += piece


def main() -> None:
    port = os.open(PORT, os.O_RDWR)
    agent = Agent(port)
    agent.send({"id": 0, "is": "up"})
    for header, data in messages(port):
        agent.take(header, data)


if __name__ == "__main__":
    main()
