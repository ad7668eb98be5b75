"""How the processes begin and end, where it is decided in ``app``."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance import app
from appliance.app import hardware_of, run_worker
from appliance.core.config import Config, SimConfig
from appliance.core.paths import Paths
from appliance.ops import notify


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_a_worker_that_must_leave_as_soon_as_it_is_ready_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def ready() -> None:
        said.append("ready")
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(notify, "notify_ready", ready)
    monkeypatch.setattr(notify, "notify_stopping", lambda: said.append("stopping"))
    with pytest.raises(SystemExit):
        run_worker(Paths(tmp_path, tmp_path / "cache"), Config())
    assert said == ["ready", "stopping"]
    assert "reporter" not in [thread.name for thread in threading.enumerate()]


def test_the_box_has_real_devices_unless_they_are_simulated(tmp_path: Path) -> None:
    paths = Paths(tmp_path, tmp_path / "cache")
    watcher, simulation = hardware_of(paths, Config())
    assert not any(info.simulated for info in watcher.devices())
    watcher.close()
    assert simulation is None
    watcher, simulation = hardware_of(paths, Config(sim=SimConfig(enabled=True)))
    assert simulation is not None
    watcher.close()


def test_the_recorder_mounts_sticks_and_the_worker_only_uses_them(tmp_path: Path) -> None:
    from appliance.deliver.drives import MountedDrives
    from appliance.deliver.plugged import PluggedDrives

    paths, real = Paths(tmp_path), Config()
    assert isinstance(app.drives_of(paths, real, mounting=True), PluggedDrives)
    assert isinstance(app.drives_of(paths, real), MountedDrives)
