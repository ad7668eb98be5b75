from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from appliance.core.clock import ScaledClock
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.sim import faults


def test_a_fault_is_a_name_and_a_moment() -> None:
    assert faults.parse_fault("unplug-tape@5") == (5.0, "unplug-tape")
    assert faults.parse_fault("kill-worker@0.5") == (0.5, "kill-worker")


def test_an_unknown_fault_is_told_which_there_are() -> None:
    with pytest.raises(Problem) as caught:
        faults.parse_fault("set-on-fire@3")
    assert caught.value.issue.code == "unknown-action"
    assert "unplug-tape" in caught.value.issue.remedy


@pytest.mark.parametrize("text", ["no-signal", "no-signal@", "no-signal@soon"])
def test_a_fault_needs_its_moment(text: str) -> None:
    with pytest.raises(Problem) as caught:
        faults.parse_fault(text)
    assert caught.value.issue.code == "fault-without-time"


def test_faults_come_in_their_order_and_not_before_their_time() -> None:
    clock = ScaledClock(50.0)
    happened: list[tuple[str, float]] = []
    done = threading.Event()

    def act(name: str) -> None:
        happened.append((name, clock.now_s()))
        if name == "signal":
            done.set()

    start_s = clock.now_s()
    faults.Agenda(clock.now_s, 50.0, act).schedule([(start_s + 4.0, "signal"), (start_s + 2.0, "no-signal")])
    assert done.wait(10.0)
    assert [name for name, _ in happened] == ["no-signal", "signal"]
    assert happened[0][1] >= start_s + 2.0
    assert happened[1][1] >= start_s + 4.0


def test_what_was_cancelled_does_not_happen() -> None:
    happened: list[str] = []
    clock = ScaledClock(50.0)
    agenda = faults.Agenda(clock.now_s, 50.0, happened.append)
    agenda.schedule([(clock.now_s() + 1.0, "signal")])
    agenda.cancel()
    done = threading.Event()
    faults.Agenda(clock.now_s, 50.0, lambda name: done.set()).schedule([(clock.now_s() + 2.0, "play")])
    assert done.wait(10.0)
    assert happened == []


def test_killing_the_worker_ends_the_process_that_it_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    paths = Paths(tmp_path)
    paths.make()
    (paths.run / "worker.pid").write_text("4242\n")
    faults.kill_worker(paths)
    faults.kill_recorder()
    assert killed == [(4242, signal.SIGKILL), (os.getpid(), signal.SIGKILL)]


@pytest.mark.parametrize("text", [None, "", "nonsense"])
def test_without_a_worker_killing_it_says_so(tmp_path: Path, text: str | None) -> None:
    paths = Paths(tmp_path)
    paths.make()
    if text is not None:
        (paths.run / "worker.pid").write_text(text)
    with pytest.raises(Problem) as caught:
        faults.kill_worker(paths)
    assert caught.value.issue.code == "worker-not-running"
