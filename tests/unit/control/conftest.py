"""A recorder in a thread of its own with small honest devices, seen through its socket as clients see it."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.control.recorder import Recorder
from appliance.core.config import CaptureConfig, Config
from appliance.core.journal import Journal
from appliance.core.link import Link
from appliance.core.paths import Paths
from appliance.core.problems import DeviceLost, Problem
from appliance.core.snapshot import BoxState, Command, CommandName, JobProgress, Snapshot, StickStatus
from appliance.core.types import DeviceInfo, Issue, Role, Stage
from appliance.core.wire import Hello, JobReport, JobsChanged, SnapshotUpdate
from appliance.devices.base import DeviceChange
from tests.unit.capture import conftest as pattern

PATIENCE_S = 20.0
VCR = DeviceInfo("vcr", "VCR", Role.TAPE)
CAMERA = DeviceInfo("cam", "Camera", Role.CAMERA)


class ManualClock:
    def __init__(self) -> None:
        self.time_s = 1000.0

    def now_s(self) -> float:
        return self.time_s


class Watcher:
    """Sockets that a test plugs devices into; what ``refuses`` to open raises its Problem, what ``hangs``
    is not open before its event is set."""

    def __init__(self) -> None:
        self.sources: dict[str, pattern.PatternSource] = {}  # the latest of each device
        self.refuses: dict[str, Problem] = {}
        self.hangs: dict[str, threading.Event] = {}
        self.reached = threading.Event()  # one that hangs is being opened
        self.opened: list[str] = []
        self.told: list[Issue] = []
        self.tell: Callable[[DeviceChange], None] = lambda change: None
        self._there: dict[str, DeviceInfo] = {}

    def devices(self) -> tuple[DeviceInfo, ...]:
        return tuple(self._there.values())

    def issues(self) -> tuple[Issue, ...]:
        return tuple(self.told)

    def subscribe(self, on_change: Callable[[DeviceChange], None]) -> None:
        self.tell = on_change

    def open(self, device_id: str) -> pattern.PatternSource:
        if device_id not in self._there:
            raise DeviceLost(device_id)
        if device_id in self.hangs:
            self.reached.set()
            assert self.hangs[device_id].wait(PATIENCE_S)
        if device_id in self.refuses:
            raise self.refuses[device_id]
        info = self._there[device_id]
        style = pattern.TAPE if info.role is Role.TAPE else pattern.CAMERA
        source = pattern.PatternSource(style, info.role)
        source.info = info
        self.sources[device_id] = source
        self.opened.append(device_id)
        return source

    def close(self) -> None:
        self.tell = lambda change: None

    def plug(self, info: DeviceInfo, told: bool = True) -> None:
        self._there[info.id] = info
        if told:
            self.tell(DeviceChange(info, present=True))

    def pull(self, info: DeviceInfo, told: bool = True) -> None:
        self._there.pop(info.id, None)
        if told:
            self.tell(DeviceChange(info, present=False))
        self.sources[info.id].unplug()


class Stick:
    """A drive as far as the recorder uses one."""

    name = "Stick"
    is_card = False

    def __init__(self) -> None:
        self.facts = StickStatus("Stick", free_bytes=10**9, size_bytes=2 * 10**9)
        self.trouble: Exception | None = None

    def status(self) -> StickStatus:
        if self.trouble is not None:
            raise self.trouble
        return self.facts

    def release(self) -> None:
        self.facts = StickStatus("Stick", 0, 0, safe_to_remove=True)


class Slot:
    """A DriveWatcher with room for one stick."""

    def __init__(self) -> None:
        self.stick: Stick | None = None

    def drives(self) -> tuple[Any, ...]:
        stick = self.stick
        return (stick,) if stick is not None else ()

    def issues(self) -> tuple[Any, ...]:
        return ()


class Box:
    """The recorder, its surroundings, and somebody who watches and presses."""

    def __init__(self, paths: Paths, **capture: Any) -> None:
        settings = {
            "threads": 1,
            "slices": 4,
            "end_of_tape_s": 2.0,
            "resume_window_s": 60.0,
            "min_minutes": 0,
        }
        self.paths = paths
        self.config = Config(capture=CaptureConfig(**(settings | capture)))
        self.clock, self.watcher, self.slot = ManualClock(), Watcher(), Slot()
        self.simulation: Any = None
        self.states: list[BoxState] = []
        self.seen: list[Snapshot] = []
        self.ticks = threading.Semaphore(0)
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self.recorder = Recorder(
            self.paths,
            self.config,
            self.clock,
            self.watcher,
            self.slot,
            self.simulation,
            self.states.append,
            lambda heartbeats: self.ticks.release(),
        )
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._connect().close()

    def _run(self) -> None:
        try:
            self.loop = asyncio.new_event_loop()
            self.loop.run_until_complete(self.recorder.run())
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()
        finally:
            self._ended.set()

    def _connect(self) -> Link:
        until_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                return Link(self.paths.socket, Hello("cli"))
            except Problem:
                if time.monotonic() > until_s:
                    raise
                self.ticks.acquire(timeout=0.05)

    def stop(self) -> None:
        """SIGTERM; returns when the recorder has ended."""
        self.loop.call_soon_threadsafe(self.recorder.stop)
        self.gone()

    def gone(self) -> None:
        assert self._ended.wait(PATIENCE_S), "the recorder did not end"

    @property
    def running(self) -> bool:
        return self._thread is not None and not self._ended.is_set()

    def until(self, condition: Callable[[Snapshot], object], what: str = "") -> Snapshot:
        """The first snapshot, from that of this moment on, that fulfils the condition."""
        until_s = time.monotonic() + PATIENCE_S
        link = self._connect()
        try:
            while time.monotonic() < until_s:
                message = link.receive(until_s - time.monotonic())
                if isinstance(message, SnapshotUpdate):
                    self.seen.append(message.snapshot)
                    if condition(message.snapshot):
                        return message.snapshot
        finally:
            link.close()
        raise AssertionError(f"never: {what or condition}; the last was {self.seen[-1:]}")

    def until_state(self, state: BoxState) -> Snapshot:
        return self.until(lambda s: s.state is state, state.value)

    def until_issue(self, code: str) -> Snapshot:
        return self.until(lambda s: code in codes(s), code)

    def now(self) -> Snapshot:
        """How things stand at this moment: a new client is told first."""
        return self.until(lambda s: True)

    def ticked(self, count: int = 2) -> None:
        """The box has looked round so often from now on."""
        while self.ticks.acquire(blocking=False):
            pass
        for _ in range(count + 1):
            assert self.ticks.acquire(timeout=PATIENCE_S)

    def ask(self, name: CommandName, argument: str = "") -> Issue | None:
        link = Link(self.paths.socket, Hello("cli"))
        try:
            return link.command(Command(name, argument), PATIENCE_S)
        finally:
            link.close()

    def do(self, name: CommandName, argument: str = "") -> None:
        issue = self.ask(name, argument)
        assert issue is None, issue

    def ready(self, *devices: DeviceInfo) -> None:
        """Started, with these devices plugged in and found."""
        for info in devices:
            self.watcher.plug(info, told=False)
        if not self.running:
            self.start()
        self.until(lambda s: len(s.devices) == len(devices) and s.state is not BoxState.STARTING, "devices")

    def record(self, frames: int = 10) -> None:
        self.do(CommandName.RECORD)
        self.play(frames)

    def play(self, frames: int) -> None:
        for source in self.watcher.sources.values():
            source.allow(frames)
        for source in self.watcher.sources.values():
            assert source._gone or source.drained()

    def journal(self) -> Journal:
        return Journal(self.paths.journal)

    def takes(self) -> list[Path]:
        return sorted(self.paths.takes.iterdir())

    def job_state(self) -> str:
        """Of the newest take."""
        journal = self.journal()
        try:
            job = journal.job(journal.takes()[0].id)
            return job.state if job is not None else ""
        finally:
            journal.close()


class Worker:
    """Somebody who claims jobs and reports as the worker does."""

    def __init__(self, box: Box) -> None:
        self.journal = box.journal()
        self.link = Link(box.paths.socket, Hello("worker"))
        self._box = box

    def begin(self, *standing: Issue) -> str:
        """``standing``: troubles of other takes, which every report repeats."""
        job = self.journal.claim_job()
        assert job is not None
        self.tell(job.take_id, Stage.ENHANCE, *standing)
        return job.take_id

    def tell(self, take_id: str, stage: Stage, *standing: Issue) -> None:
        self.link.send(JobReport(JobProgress(take_id, stage, 0.5, f"Doing {stage.value}"), standing))

    def end(self, take_id: str, state: str = "done", issue: Issue | None = None) -> None:
        self.journal.end_job(take_id, state, issue)
        self.link.send(JobReport(None, (issue,) if issue is not None else ()))

    def called(self) -> bool:
        """Whether the recorder says that there is a job; waits for it."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            if isinstance(self.link.receive(0.1), JobsChanged):
                return True
        return False

    def called_again(self) -> bool:
        """Whether it has said so in the messages that came until now."""
        heard = list(iter(lambda: self.link.receive(0.0), None))
        return any(isinstance(message, JobsChanged) for message in heard)

    def close(self) -> None:
        self.link.close()
        self.journal.close()


def codes(snapshot: Snapshot) -> set[str]:
    return {issue.code for issue in snapshot.issues}


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "box")


@pytest.fixture
def make_box(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Box]]:
    """Makes boxes on one disk, one after the other; what runs is stopped after the test."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    monkeypatch.setattr("appliance.control.recorder.TICK_S", 0.02)
    monkeypatch.setattr("appliance.control.recorder.SEEK_S", 0.05)
    made: list[Box] = []

    def make(**capture: Any) -> Box:
        made.append(Box(paths, **capture))
        return made[-1]

    yield make
    for box in made:
        if box.running:
            box.stop()


@pytest.fixture
def box(make_box: Callable[..., Box]) -> Box:
    return make_box()


@pytest.fixture
def hire(box: Box) -> Iterator[Callable[[], Worker]]:
    hired: list[Worker] = []

    def one() -> Worker:
        hired.append(Worker(box))
        return hired[-1]

    yield one
    for worker in hired:
        worker.close()
