"""What the recorder in the guest tells, as it comes, and what it promised, in a log outside of the guest."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

from appliance.core import wire
from appliance.core.problems import Problem
from appliance.core.snapshot import Command, CommandName, Snapshot
from appliance.core.types import Issue, TakeState
from hw.bench.channel import Channel, ChannelClosed

SOCKET = "/run/twinreel/recorder.sock"
AGAIN_S = 0.2
ANSWER_S = 60.0
PROMISES = (TakeState.RECORDED, TakeState.WORKING, TakeState.FINISHED, TakeState.DELIVERED)


class Ledger:
    """Each promise that the box made about a take: a line in a file that no crash of the guest can touch."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: set[tuple[str, str]] = set()

    def note(self, snapshot: Snapshot) -> None:
        for take in snapshot.takes:
            if take.state in PROMISES and (take.id, take.state.value) not in self._known:
                self._known.add((take.id, take.state.value))
                with self._path.open("a") as file:
                    line = {"at_s": time.time(), "take": take.id, "state": take.state.value}
                    print(json.dumps(line | {"seconds": take.duration_s}), file=file)

    def promised(self, *states: TakeState) -> set[str]:
        """Takes of which the box has said one of these, or anything at all."""
        wanted = {state.value for state in states or PROMISES}
        return {take for take, state in self._known if state in wanted}


class Follower:
    """Keeps a connection to the recorder, over its restarts, until the guest ends."""

    def __init__(self, channel: Channel, ledger: Ledger) -> None:
        self.seen: list[Snapshot] = []
        self._channel, self._ledger = channel, ledger
        self._changed = threading.Condition()
        self._closed = False
        threading.Thread(target=self._run, name="follower", daemon=True).start()

    @property
    def now(self) -> Snapshot | None:
        return self.seen[-1] if self.seen else None

    def until(self, condition: Callable[[Snapshot], object], what: str, timeout_s: float) -> Snapshot:
        """The newest snapshot, or the first that comes, which fulfils the condition."""
        until_s = time.monotonic() + timeout_s
        place = max(0, len(self.seen) - 1)
        with self._changed:
            while True:
                for snapshot in self.seen[place:]:
                    if condition(snapshot):
                        return snapshot
                place = len(self.seen)
                left_s = until_s - time.monotonic()
                if left_s <= 0 or self._closed:
                    raise AssertionError(f"never: {what}; the last was {describe(self.now)}")
                self._changed.wait_for(self._news_after(place), left_s)

    def _news_after(self, place: int) -> Callable[[], bool]:
        return lambda: len(self.seen) > place or self._closed

    def forget(self) -> None:
        """What was told so far, by a recorder that is no more."""
        with self._changed:
            self.seen.clear()

    def command(self, name: CommandName, argument: str = "") -> Issue | None:
        """As from the page; the issue says why it was refused."""
        number = self._channel.ask({"do": "connect", "path": SOCKET})
        request = wire.CommandRequest(1, Command(name, argument))
        held, until_s = b"", time.monotonic() + ANSWER_S
        try:
            while (message := self._channel.receive(number, until_s - time.monotonic())) is not None:
                header, data = message
                if header["is"] == "open":
                    greeting = wire.encode_to(wire.Hello("cli")) + wire.encode_to(request)
                    self._channel.send({"id": number, "do": "data"}, greeting)
                elif header["is"] == "closed":
                    raise AssertionError(f"the recorder hung up on {name.value}: {header['why']}")
                lines = (held + data).split(b"\n")
                held = lines.pop()
                for answer in map(wire.decode_from, lines):
                    if isinstance(answer, wire.CommandReply):
                        return answer.issue
        finally:
            self._channel.send({"id": number, "do": "close"})
            self._channel.forget(number)
        raise AssertionError(f"the recorder did not answer {name.value}")

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            while not self._closed:
                self._follow()
                time.sleep(AGAIN_S)
        except ChannelClosed:
            self.close()

    def _follow(self) -> None:
        number = self._channel.ask({"do": "connect", "path": SOCKET})
        held = b""
        while not self._closed:
            message = self._channel.receive(number, 1.0)
            if message is None:
                continue
            header, data = message
            if header["is"] == "open":
                self._channel.send({"id": number, "do": "data"}, wire.encode_to(wire.Hello("cli")))
            elif header["is"] == "closed":
                break
            lines = (held + data).split(b"\n")
            held = lines.pop()
            for line in lines:
                self._take(line)
        self._channel.forget(number)

    def _take(self, line: bytes) -> None:
        try:
            message = wire.decode_from(line)
        except Problem:
            return
        if isinstance(message, wire.SnapshotUpdate):
            self._ledger.note(message.snapshot)
            with self._changed:
                self.seen.append(message.snapshot)
                self._changed.notify_all()


def describe(snapshot: Snapshot | None) -> str:
    """The few facts that explain a time-out."""
    if snapshot is None:
        return "nothing at all"
    devices = [
        f"{d.info.role.value}: {d.info.name} {d.format_text}, {d.frames} frames" for d in snapshot.devices
    ]
    takes = [f"{take.id} {take.state.value} {take.note}" for take in snapshot.takes]
    issues = [issue.code for issue in snapshot.issues]
    facts = (snapshot.recording, snapshot.job, snapshot.stick)
    return f"{snapshot.state.value}: {snapshot.sentence} {devices} {takes} {issues} {facts}"
