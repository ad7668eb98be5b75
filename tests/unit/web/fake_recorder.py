"""A recorder without hardware: the whole socket protocol, in a thread, for every kind of test."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import queue
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from appliance.core.snapshot import BoxState, Command, Snapshot
from appliance.core.types import Issue, Role
from appliance.core.wire import (
    LINE_LIMIT_BYTES,
    CommandReply,
    CommandRequest,
    Hello,
    JobsChanged,
    PreviewUpdate,
    SnapshotUpdate,
    decode_to,
    encode_from,
)

WAIT_S = 10.0


class FakeRecorder:
    """``answer`` decides what a command gets; ``commands`` and ``hellos`` hold what came."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.snapshot = Snapshot(BoxState.READY, "Press Record to begin.")
        self.pictures: dict[Role, bytes] = {}
        self.commands: queue.Queue[Command] = queue.Queue()
        self.hellos: queue.Queue[Hello] = queue.Queue()
        self.answer: Callable[[Command], Issue | None] = lambda command: None
        self.silent = False
        self._clients: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.AbstractServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
            self._thread.start()
        self._run(self._open())

    def go_away(self) -> None:
        """As after a kill: the connections end and nobody listens."""
        self._run(self._close())

    def stop(self) -> None:
        self.go_away()
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread is not None:
            self._thread.join(WAIT_S)
        self._loop.close()

    def show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._run(self._send(encode_from(SnapshotUpdate(snapshot))))

    def show_picture(self, role: Role, jpeg: bytes) -> None:
        self.pictures[role] = jpeg
        self._run(self._send(self._picture(role)))

    def send_raw(self, line: bytes) -> None:
        self._run(self._send(line))

    def next_command(self) -> Command:
        return self.commands.get(timeout=WAIT_S)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    def _picture(self, role: Role) -> bytes:
        return encode_from(PreviewUpdate(role, base64.b64encode(self.pictures[role]).decode()))

    async def _open(self) -> None:
        self.socket.parent.mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._meet, self.socket, limit=LINE_LIMIT_BYTES)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._clients):
            writer.close()
        self.socket.unlink(missing_ok=True)

    async def _send(self, line: bytes) -> None:
        for writer in list(self._clients):
            writer.write(line)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            self._greet(decode_to(await reader.readline()), writer)
            while line := await reader.readline():
                self._take(decode_to(line), writer)
        self._clients.discard(writer)
        writer.close()

    def _greet(self, hello: object, writer: asyncio.StreamWriter) -> None:
        assert isinstance(hello, Hello), "the first line is a hello"
        self.hellos.put(hello)
        self._clients.add(writer)
        if hello.client == "worker":
            return writer.write(encode_from(JobsChanged()))
        writer.write(encode_from(SnapshotUpdate(self.snapshot)))
        for role in self.pictures if hello.preview else ():
            writer.write(self._picture(role))
        return None

    def _take(self, message: object, writer: asyncio.StreamWriter) -> None:
        if isinstance(message, Hello):
            self.hellos.put(message)
            for role in self.pictures if message.preview else ():
                writer.write(self._picture(role))
        if isinstance(message, CommandRequest):
            self.commands.put(message.command)
            if not self.silent:
                writer.write(encode_from(CommandReply(message.id, self.answer(message.command))))
