"""The socket with real clients: snapshots, commands, previews, and clients that misbehave."""

import asyncio
import threading
from pathlib import Path

import pytest

from appliance.control.server import Server
from appliance.core import wire
from appliance.core.link import Link
from appliance.core.problems import Problem
from appliance.core.snapshot import BoxState, Command, CommandName, JobProgress, Snapshot
from appliance.core.types import Issue, Role, Severity, Stage

REFUSED = Issue("no", Severity.ERROR, "Refused", "Because", "Do that")


class Desk:
    """The server in a loop of its own thread, as the recorder has it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.jobs: list[wire.JobReport] = []
        self.reported = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.server = Server(path, self.command, self.job)
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.call(self.server.start())

    async def command(self, command: Command) -> Issue | None:
        return REFUSED if command.name is CommandName.STOP else None

    def job(self, report: wire.JobReport) -> None:
        self.jobs.append(report)
        self.reported.set()

    def call(self, coroutine) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout=10)

    def do(self, function, *arguments) -> None:
        async def run() -> None:
            function(*arguments)

        self.call(run())

    def close(self) -> None:
        self.call(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)


@pytest.fixture
def desk(tmp_path: Path):
    made = Desk(tmp_path / "s.sock")
    yield made
    made.close()


def snapshot(sentence: str) -> Snapshot:
    return Snapshot(BoxState.READY, sentence)


def test_a_new_client_hears_the_latest_state_and_then_every_change(desk: Desk) -> None:
    desk.do(desk.server.publish, snapshot("first"))
    link = Link(desk.path, wire.Hello("cli"))
    assert link.snapshot().sentence == "first"
    desk.do(desk.server.publish, snapshot("second"))
    assert link.snapshot().sentence == "second"
    link.close()


def test_an_unchanged_state_is_not_told_again(desk: Desk) -> None:
    link = Link(desk.path, wire.Hello("cli"))
    desk.do(desk.server.publish, snapshot("same"))
    assert link.snapshot().sentence == "same"
    desk.do(desk.server.publish, snapshot("same"))
    assert link.receive(0.2) is None
    link.close()


def test_a_command_gets_its_own_reply(desk: Desk) -> None:
    link = Link(desk.path, wire.Hello("cli"))
    assert link.command(Command(CommandName.RECORD)) is None
    assert link.command(Command(CommandName.STOP)) == REFUSED
    link.close()


def test_previews_go_only_to_those_who_asked(desk: Desk) -> None:
    web = Link(desk.path, wire.Hello("web", preview=True))
    plain = Link(desk.path, wire.Hello("cli"))
    assert web.command(Command(CommandName.RECORD)) is None
    assert plain.command(Command(CommandName.RECORD)) is None
    desk.do(desk.server.preview, Role.TAPE, b"jpeg")
    message = web.receive(5)
    assert isinstance(message, wire.PreviewUpdate)
    assert message.jpeg == b"jpeg"
    assert plain.receive(0.2) is None
    assert desk.server.watched
    web.send(wire.Hello("web", preview=False))
    assert web.command(Command(CommandName.RECORD)) is None
    assert not desk.server.watched, "the pictures may rest"
    web.close()
    plain.close()


def test_the_worker_hears_of_jobs_and_its_reports_arrive(desk: Desk) -> None:
    link = Link(desk.path, wire.Hello("worker"))
    report = wire.JobReport(JobProgress("t", Stage.SYNC, 0.1, "Comparing"), (REFUSED,))
    link.send(report)
    assert desk.reported.wait(10)
    assert desk.jobs == [report]
    desk.do(desk.server.jobs_changed)
    assert link.receive(5) == wire.JobsChanged()
    link.close()


def test_a_client_that_talks_nonsense_is_dropped_and_the_others_stay(desk: Desk) -> None:
    good = Link(desk.path, wire.Hello("cli"))
    bad = Link(desk.path, wire.Hello("cli"))
    bad._socket.sendall(b"nonsense\n")
    with pytest.raises(Problem):
        bad.receive(10)
    assert good.command(Command(CommandName.RECORD)) is None
    good.close()


def test_a_socket_left_by_a_dead_recorder_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "s.sock").write_text("left behind")
    desk = Desk(tmp_path / "s.sock")
    link = Link(desk.path, wire.Hello("cli"))
    assert link.command(Command(CommandName.RECORD)) is None
    link.close()
    desk.close()


def test_without_a_recorder_the_trouble_has_a_name(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        Link(tmp_path / "none.sock", wire.Hello("cli"))
    assert caught.value.issue.code == "no-recorder"
