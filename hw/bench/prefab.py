"""A take whose film is made and waits for a stick: made on this machine, where it takes seconds."""

from __future__ import annotations

import io
import os
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from appliance.core.link import Link
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.snapshot import BoxState, Command, CommandName, Snapshot
from appliance.core.types import TakeState
from appliance.core.wire import Hello, SnapshotUpdate
from appliance.ops.supervise import Supervisor
from hw.bench.base import SOURCE

LIMIT_S = 300.0
SITE = """
[capture]
end_of_tape_s = 1.0
min_minutes = 0

[enhance]
tier = "live"
provider = "cpu"

[sim]
enabled = true
size = "quarter"
seconds = 3
speed = 2
stick_mb = 0
"""


def finished_take() -> bytes:
    """A tar archive of what lies below /var/lib/twinreel then."""
    with tempfile.TemporaryDirectory(prefix="twinreel-prefab-") as folder:
        paths = Paths(Path(folder))
        paths.site_config.parent.mkdir(parents=True)
        paths.site_config.write_text(SITE)
        commands = {name: [sys.executable, "-m", "appliance", name] for name in ("record", "worker")}
        environment = {**os.environ, "TWINREEL_ROOT": folder, "PYTHONPATH": str(SOURCE)}
        with Supervisor(commands, environment, log_folder=Path(folder) / "log"):
            make_film(paths)
        return packed(paths.data)


def make_film(paths: Paths) -> None:
    until_s, pressed = time.monotonic() + LIMIT_S, False
    link: Link | None = None
    while time.monotonic() < until_s:
        try:
            link = link or Link(paths.socket, Hello("cli"))
            message = link.receive(1.0)
        except Problem:  # the recorder is about to start
            link = None
            time.sleep(0.1)
            continue
        if not isinstance(message, SnapshotUpdate):
            continue
        snapshot = message.snapshot
        if is_done(snapshot):
            return
        if not pressed and snapshot.state is BoxState.READY and len(snapshot.devices) == 2:
            pressed = link.command(Command(CommandName.RECORD)) is None
    raise RuntimeError("no film came of the simulated take")


def is_done(snapshot: Snapshot) -> bool:
    finished = bool(snapshot.takes) and snapshot.takes[0].state is TakeState.FINISHED
    return finished and any(issue.code == "stick-absent" for issue in snapshot.issues)


def packed(data: Path) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name in ("takes", "journal.db", "journal.db-wal"):
            if (data / name).exists():
                tar.add(data / name, name)
    return archive.getvalue()
