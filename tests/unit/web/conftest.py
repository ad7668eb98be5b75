from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.core.paths import Paths
from appliance.core.snapshot import BoxState, Snapshot, TakeSummary
from appliance.core.types import TakeState

sys.path.insert(0, str(Path(__file__).parent))
from fake_recorder import FakeRecorder


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(tmp_path)
    paths.make()
    return paths


@pytest.fixture
def recorder(paths: Paths) -> Iterator[FakeRecorder]:
    recorder = FakeRecorder(paths.socket)
    recorder.start()
    yield recorder
    recorder.stop()


@pytest.fixture
def take(paths: Paths) -> TakeSummary:
    """A finished take with its files on the spool."""
    files = {
        "access": "film.mp4",
        "master": "master.mkv",
        "report": "report.html",
        "after": "stills/after.jpg",
    }
    folder = paths.take("take-1")
    (folder / "stills").mkdir(parents=True)
    for role, name in files.items():
        (folder / name).write_bytes(role.encode() * 100)
    return TakeSummary("take-1", "2026-11-21T04:00:00+00:00", TakeState.FINISHED, 20.0, False, True, files)


@pytest.fixture
def ready(take: TakeSummary) -> Snapshot:
    return replace(Snapshot(BoxState.READY, "Press Record to begin."), takes=(take,), version="0.1.0")
