"""The web process as a client of the recorder: the newest snapshot, the newest pictures, and commands.

The recorder may be away at any time (starting, restarting, killed). The client then holds a snapshot that
says so in words, tries again by itself, and never raises.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.core.problems import Problem
from appliance.core.snapshot import BoxState, Command, Snapshot
from appliance.core.types import Issue, Role, Severity
from appliance.core.wire import (
    LINE_LIMIT_BYTES,
    CommandReply,
    CommandRequest,
    Hello,
    PreviewUpdate,
    SnapshotUpdate,
    decode_from,
    encode_to,
)

log = logging.getLogger("twinreel.web")

FIRST_PAUSE_S = 0.1
LOOKED_S = 5.0  # nobody who looks waits for so long before he asks for the next picture
AWAY_SENTENCE = "The box is starting or its recorder is being restarted."
AWAY = Issue(
    "recorder-away",
    Severity.WARNING,
    "The recorder does not answer yet",
    AWAY_SENTENCE,
    "Wait a moment; the page connects again by itself. If nothing changes within a minute, restart the box.",
)
UNANSWERED = Issue(
    "recorder-slow",
    Severity.WARNING,
    "The box did not answer in time",
    "It may be busy. The command may still be carried out.",
    "Look at the state above before you try again.",
)


@dataclass(frozen=True)
class Preview:
    jpeg: bytes
    number: int


class RecorderClient:
    """Start ``run()`` once as a task; everything else may be read at any time from the same event loop."""

    def __init__(self, socket: Path, reply_timeout_s: float = 8.0, longest_pause_s: float = 2.0) -> None:
        self.socket = socket
        self.reply_timeout_s = reply_timeout_s
        self.longest_pause_s = longest_pause_s
        self.snapshot = Snapshot(BoxState.STARTING, AWAY_SENTENCE)
        self.previews: dict[Role, Preview] = {}
        self.connected = False
        self.stopped = False
        self._revision = 0
        self._changed = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: dict[int, asyncio.Future[Issue | None]] = {}
        self._last_id = 0
        self._asked_s = float("-inf")
        self._watching = False

    def picture(self, role: Role) -> Preview | None:
        """The newest picture of the device; asking keeps them coming."""
        self._asked_s = time.monotonic()
        self._watch(True)
        return self.previews.get(role)

    def _watch(self, watching: bool) -> None:
        if watching != self._watching and self._writer is not None:
            self._watching = watching
            self._writer.write(encode_to(Hello("web", preview=watching)))

    async def run(self) -> None:
        """Stay connected until ``stop()``, with a growing pause between attempts that fail."""
        pause_s = FIRST_PAUSE_S
        while not self.stopped:
            issue = await self._talk()
            pause_s = FIRST_PAUSE_S if self.connected else min(pause_s * 2, self.longest_pause_s)
            self._lose(issue)
            if not self.stopped:
                await asyncio.sleep(pause_s)

    def stop(self) -> None:
        """Let go of the recorder and wake everybody who waits for news."""
        self.stopped = True
        if self._writer is not None:
            self._writer.close()
        self._tell()

    async def changed(self, seen: int, timeout_s: float) -> int:
        """Wait until the snapshot is newer than revision ``seen``; returns ``seen`` when nothing came."""
        if self._revision == seen and not self.stopped:
            try:
                await asyncio.wait_for(self._changed.wait(), timeout_s)
            except asyncio.TimeoutError:
                return seen
        return self._revision

    async def command(self, command: Command) -> Issue | None:
        """Have the recorder carry it out; None when it did, else the reason in words."""
        if self._writer is None:
            return AWAY
        self._last_id += 1
        number = self._last_id
        answer: asyncio.Future[Issue | None] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._writer.write(encode_to(CommandRequest(number, command)))
            return await asyncio.wait_for(answer, self.reply_timeout_s)
        except asyncio.TimeoutError:
            return UNANSWERED
        finally:
            self._waiting.pop(number, None)

    async def _talk(self) -> Issue | None:
        """One connection from hello to its end; the issue, if its end is worth telling."""
        try:
            reader, writer = await asyncio.open_unix_connection(self.socket, limit=LINE_LIMIT_BYTES)
        except OSError:
            return None
        try:
            self._watching = False
            writer.write(encode_to(Hello("web")))
            self._writer = writer
            while line := await reader.readline():
                self._take(line)
        except Problem as problem:
            log.error("%s", problem)
            return problem.issue
        except (OSError, ValueError) as error:  # ValueError: a line longer than the protocol allows
            log.warning("The connection to the recorder broke: %s", error)
        finally:
            self._writer = None
            writer.close()
        return None

    def _take(self, line: bytes) -> None:
        match decode_from(line):
            case SnapshotUpdate(snapshot):
                self.connected = True
                self.snapshot = snapshot
                roles = {device.info.role for device in snapshot.devices}
                self.previews = {role: jpeg for role, jpeg in self.previews.items() if role in roles}
                if self._watching and time.monotonic() - self._asked_s > LOOKED_S:
                    self._watch(False)
                    self.previews = {}
                self._tell()
            case PreviewUpdate(role) as preview:
                last = self.previews.get(role)
                self.previews[role] = Preview(preview.jpeg, last.number + 1 if last else 1)
            case CommandReply(number, issue):
                answer = self._waiting.get(number)
                if answer is not None and not answer.done():
                    answer.set_result(issue)
            case _:
                pass  # meant for the worker

    def _lose(self, issue: Issue | None) -> None:
        """Keep what stays true without the recorder (the takes); say in words that the rest is unknown."""
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_result(AWAY)
        self.previews = {}
        lost = replace(
            Snapshot(BoxState.STARTING, AWAY_SENTENCE),
            takes=self.snapshot.takes,
            simulated=self.snapshot.simulated,
            version=self.snapshot.version,
            issues=(issue,) if issue else (),
        )
        self.connected = False
        if lost != self.snapshot:
            self.snapshot = lost
            self._tell()

    def _tell(self) -> None:
        self._revision += 1
        self._changed.set()
        self._changed = asyncio.Event()
