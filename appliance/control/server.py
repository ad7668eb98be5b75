"""The recorder's Unix socket: tells its clients what changes and takes their commands."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from appliance.core import wire
from appliance.core.problems import Problem
from appliance.core.snapshot import Command, Snapshot
from appliance.core.types import Issue, Role

BACKLOG_BYTES = 2 * 1024 * 1024  # a client this far behind misses pictures and states, never replies
SOCKET_MODE = 0o660
log = logging.getLogger(__name__)


class Client:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.hello: wire.Hello | None = None
        self._writer = writer

    @property
    def lags(self) -> bool:
        return self._writer.transport.get_write_buffer_size() > BACKLOG_BYTES

    def send(self, line: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(line)

    def close(self) -> None:
        self._writer.close()


class Server:
    """Runs in the recorder's event loop; every method must be called there."""

    def __init__(
        self,
        path: Path,
        on_command: Callable[[Command], Awaitable[Issue | None]],
        on_job: Callable[[wire.JobReport], None],
    ) -> None:
        self._path = path
        self._on_command = on_command
        self._on_job = on_job
        self._clients: set[Client] = set()
        self.watched = False  # some client wants pictures; may be read from any thread
        self._snapshot: bytes | None = None
        self._server: asyncio.AbstractServer | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; a socket left behind by a recorder that died is replaced."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=wire.LINE_LIMIT_BYTES)
        self._path.chmod(SOCKET_MODE)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for client in list(self._clients):
            client.close()
        self._path.unlink(missing_ok=True)

    def publish(self, snapshot: Snapshot) -> None:
        line = wire.encode_from(wire.SnapshotUpdate(snapshot))
        if line == self._snapshot:
            return
        self._snapshot = line
        for client in self._clients:
            if client.hello and not client.lags:
                client.send(line)

    def preview(self, role: Role, jpeg: bytes) -> None:
        watching = [c for c in self._clients if c.hello and c.hello.preview and not c.lags]
        if watching:
            line = wire.encode_from(wire.PreviewUpdate(role, base64.b64encode(jpeg).decode()))
            for client in watching:
                client.send(line)

    def jobs_changed(self) -> None:
        line = wire.encode_from(wire.JobsChanged())
        for client in self._clients:
            if client.hello and client.hello.client == "worker":
                client.send(line)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(writer)
        self._clients.add(client)
        try:
            while line := await reader.readline():
                self._take(client, wire.decode_to(line))
        except (Problem, OSError, ValueError) as error:
            log.warning("a client was dropped: %s", error)
        finally:
            self._clients.discard(client)
            self._count_watchers()
            client.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _take(self, client: Client, message: wire.Hello | wire.CommandRequest | wire.JobReport) -> None:
        if isinstance(message, wire.Hello):
            client.hello = message
            self._count_watchers()
            if self._snapshot is not None:
                client.send(self._snapshot)
        elif isinstance(message, wire.JobReport):
            self._on_job(message)
        else:
            task = asyncio.ensure_future(self._answer(client, message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _count_watchers(self) -> None:
        self.watched = any(client.hello and client.hello.preview for client in self._clients)

    async def _answer(self, client: Client, request: wire.CommandRequest) -> None:
        issue = await self._on_command(request.command)
        client.send(wire.encode_from(wire.CommandReply(request.id, issue)))
