"""A client without an event loop, against a plain socket that says what a test wants it to say."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.core import wire
from appliance.core.link import Link
from appliance.core.problems import Problem
from appliance.core.snapshot import BoxState, Command, CommandName, Snapshot
from appliance.core.types import Issue, Role, Severity

REFUSED = Issue("no", Severity.ERROR, "Refused", "Because", "Do that")
HELLO = wire.Hello("cli")


class Recorder:
    """The other end of one link."""

    def __init__(self, path: Path) -> None:
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        self._listening.listen(1)
        self.link = Link(path, HELLO)
        self.end, _ = self._listening.accept()
        self._lines = self.end.makefile("rb")

    def hear(self) -> object:
        return wire.decode_to(self._lines.readline())

    def say(self, *messages: object, cut: int | None = None) -> None:
        data = b"".join(wire.encode_from(message) for message in messages)  # type: ignore[arg-type]
        self.end.sendall(data[:cut] if cut else data)

    def close(self) -> None:
        self.link.close()
        self._lines.close()
        self.end.close()
        self._listening.close()


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(tmp_path / "s.sock")
    yield made
    made.close()


def snapshot(text: str) -> wire.SnapshotUpdate:
    return wire.SnapshotUpdate(Snapshot(BoxState.READY, text))


def test_it_says_who_it_is_first(recorder: Recorder) -> None:
    assert recorder.hear() == HELLO


def test_messages_come_out_whole_however_the_bytes_come_in(recorder: Recorder) -> None:
    whole = wire.encode_from(snapshot("whole")) + wire.encode_from(wire.JobsChanged())
    recorder.end.sendall(whole[:20])
    assert recorder.link.receive(0.05) is None, "half a message is none"
    recorder.end.sendall(whole[20:])
    assert recorder.link.receive(5) == snapshot("whole")
    assert recorder.link.receive(0.0) == wire.JobsChanged(), "what is here already needs no waiting"
    assert recorder.link.receive(0.0) is None


def test_a_command_waits_for_its_own_reply_and_passes_over_the_rest(recorder: Recorder) -> None:
    recorder.say(
        snapshot("first"),
        wire.PreviewUpdate(Role.TAPE, ""),
        wire.CommandReply(7, None),
        wire.CommandReply(1, REFUSED),
    )
    assert recorder.link.command(Command(CommandName.RECORD), 5) == REFUSED
    recorder.hear()
    assert recorder.hear() == wire.CommandRequest(1, Command(CommandName.RECORD))


def test_no_reply_in_time_is_a_trouble(recorder: Recorder) -> None:
    with pytest.raises(Problem) as caught:
        recorder.link.command(Command(CommandName.RECORD), 0.05)
    assert caught.value.issue.code == "no-recorder"


def test_the_next_snapshot_is_found_among_other_messages(recorder: Recorder) -> None:
    recorder.say(wire.JobsChanged(), snapshot("here"))
    assert recorder.link.snapshot(5).sentence == "here"


def test_a_recorder_that_goes_away_is_a_trouble_for_who_waits_and_who_sends(recorder: Recorder) -> None:
    recorder.hear()
    recorder.end.shutdown(socket.SHUT_RDWR)
    with pytest.raises(Problem) as caught:
        recorder.link.receive(5)
    assert caught.value.issue.code == "no-recorder"
    with pytest.raises(Problem):
        recorder.link.send(HELLO)


def test_a_link_that_is_closed_ends_the_thread_that_waits_on_it(recorder: Recorder) -> None:
    troubles: list[str] = []

    def wait() -> None:
        try:
            recorder.link.receive(30)
        except Problem as problem:
            troubles.append(problem.issue.code)

    waiting = threading.Thread(target=wait)
    waiting.start()
    recorder.link.close()
    waiting.join(20)
    assert troubles == ["no-recorder"]
    with pytest.raises(Problem):
        recorder.link.receive(0.1)


def test_what_is_no_message_is_a_trouble_with_a_name(recorder: Recorder) -> None:
    recorder.end.sendall(b'{"kind": "nonsense"}\n')
    with pytest.raises(Problem) as caught:
        recorder.link.receive(5)
    assert caught.value.issue.code == "protocol"
