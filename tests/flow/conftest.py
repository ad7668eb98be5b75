"""A whole box on simulated hardware: three real processes, a faster world, small pictures."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.core.journal import Journal
from appliance.core.link import Link
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.snapshot import BoxState, Command, CommandName, Snapshot
from appliance.core.types import Role
from appliance.core.wire import Hello, SnapshotUpdate
from appliance.ops.supervise import Supervisor

PATIENCE_S = 120.0
SITE = """
[capture]
end_of_tape_s = 2.0
resume_window_s = {resume_window_s}
min_minutes = {min_minutes}

[work]
chunk_s = 1.0
nice = 0

[web]
port = 0

[panel]
backend = "mock"

[sim]
enabled = true
size = "quarter"
seconds = {seconds}
speed = {speed}
camera = "{camera}"
ending = "{ending}"
stick_mb = {stick_mb}
stick_read_only = {stick_read_only}
faults = [{faults}]
"""
DEFAULTS: dict[str, Any] = {
    "resume_window_s": 60,
    "min_minutes": 0,
    "seconds": 4,
    "speed": 4,
    "camera": "same",
    "ending": "blue",
    "stick_mb": 500,
    "stick_read_only": False,
    "faults": (),
}


class Box:
    """The running box and somebody who stands before it."""

    def __init__(self, paths: Paths, processes: Supervisor) -> None:
        self.paths = paths
        self.processes = processes
        self._link: Link | None = None
        self.seen: list[Snapshot] = []

    def until(self, condition: Callable[[Snapshot], object], what: str) -> Snapshot:
        """The first snapshot that fulfils the condition; goes on through restarts of the recorder."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            message = self._receive()
            if isinstance(message, SnapshotUpdate):
                self.seen.append(message.snapshot)
                if condition(message.snapshot):
                    return message.snapshot
        raise AssertionError(f"never: {what}; the last was {self.seen[-1:]}\n{self.logs()}")

    def _receive(self) -> object:
        try:
            if self._link is None:
                self._link = Link(self.paths.socket, Hello("cli"))
            return self._link.receive(1.0)
        except Problem:
            self.forget()
            time.sleep(0.05)
            return None

    def forget(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def do(self, name: CommandName, argument: str = "") -> None:
        """A command that must be obeyed; on a link of its own, so that no snapshot is missed."""
        issue = self.ask(name, argument)
        assert issue is None, issue

    def ask(self, name: CommandName, argument: str = "") -> Any:
        link = Link(self.paths.socket, Hello("cli"))
        try:
            return link.command(Command(name, argument))
        finally:
            link.close()

    def hand(self, action: str) -> None:
        self.do(CommandName.SIMULATE, action)

    def record(self) -> None:
        self.until(lambda s: s.state is BoxState.READY and len(s.devices) == self._wanted(s), "ready")
        self.do(CommandName.PRESS)

    def _wanted(self, snapshot: Snapshot) -> int:
        text = self.paths.site_config.read_text()
        return 1 if 'camera = "none"' in text else 2

    def until_recorded(self, frames: int) -> Snapshot:
        return self.until(lambda s: s.recording and s.recording.tape_frames >= frames, f"{frames} frames")

    def until_delivered(self) -> Snapshot:
        return self.until(
            lambda s: s.state is BoxState.DONE and s.takes and s.takes[0].state.value == "delivered",
            "delivered",
        )

    def until_attention(self, code: str) -> Snapshot:
        return self.until(
            lambda s: s.state is BoxState.ATTENTION and any(i.code == code for i in s.issues), code
        )

    def journal(self) -> Journal:
        return Journal(self.paths.journal)

    def take_folder(self) -> Path:
        return next(iter(sorted(self.paths.takes.iterdir())))

    def roles(self) -> set[Role]:
        return {status.info.role for status in self.seen[-1].devices}

    def logs(self) -> str:
        folder = self.paths.root / "log"
        return "\n".join(f"== {p.name}\n{p.read_text()[-3000:]}" for p in sorted(folder.glob("*.log")))


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated tapes of all flow tests: rendered once a run, also when several processes test."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "rendered"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def start_box(tmp_path: Path, rendered: Path) -> Iterator[Callable[..., Box]]:
    """Starts a box with the given settings; it is switched off after the test."""
    running: list[Box] = []

    def start(
        processes: tuple[str, ...] = ("record", "worker"), models: Path | None = None, **settings: Any
    ) -> Box:
        chosen = DEFAULTS | settings
        chosen["faults"] = ", ".join(f'"{fault}"' for fault in chosen["faults"])
        chosen["stick_read_only"] = str(chosen["stick_read_only"]).lower()
        paths = Paths(tmp_path / "box", rendered)
        paths.site_config.parent.mkdir(parents=True, exist_ok=True)
        paths.site_config.write_text(SITE.format(**chosen))
        environment = dict(os.environ, TWINREEL_ROOT=str(paths.root), TWINREEL_CACHE=str(rendered))
        if models is not None:
            environment["TWINREEL_MODELS"] = str(models)
        commands = {name: [sys.executable, "-m", "appliance", name] for name in processes}
        supervisor = Supervisor(commands, environment, log_folder=paths.root / "log")
        supervisor.start()
        running.append(Box(paths, supervisor))
        return running[-1]

    yield start
    for box in running:
        box.forget()
        box.processes.stop()
