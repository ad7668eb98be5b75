"""Real processes that die, hang, multiply and leave orphans."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Queue

import pytest

from appliance.core.problems import Problem
from appliance.ops.supervise import Budget, Supervisor

LIMIT_S = 20.0
Start = Callable[..., Supervisor]


def sh(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def until(condition: Callable[[], bool]) -> None:
    """Wait for something outside our process that sends no event."""
    end_s = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end_s, "waited in vain"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Running; a zombie counts as dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def said() -> Queue[str]:
    return Queue()


@pytest.fixture
def start(said: Queue[str]) -> Iterator[Start]:
    made: list[Supervisor] = []

    def make(commands: dict[str, Sequence[str]], **options: object) -> Supervisor:
        made.append(Supervisor(commands, say=said.put, **{"grace_s": 5.0, **options}))  # type: ignore[arg-type]
        made[-1].start()
        return made[-1]

    yield make
    for supervisor in made:
        supervisor.stop()


def test_all_run_after_start_and_none_after_stop(start: Start) -> None:
    supervisor = start({"a": ["sleep", "60"], "b": ["sleep", "60"]})
    pids = supervisor.pids
    assert set(pids) == {"a", "b"}
    assert all(alive(pid) for pid in pids.values())
    supervisor.stop()
    assert not any(alive(pid) for pid in pids.values())
    assert supervisor.pids == {}


def test_one_that_is_killed_is_started_again_and_the_others_go_on(start: Start, said: Queue[str]) -> None:
    supervisor = start({"a": ["sleep", "60"], "b": ["sleep", "60"]})
    before = supervisor.pids
    os.kill(before["a"], signal.SIGKILL)
    assert said.get(timeout=LIMIT_S) == "a ended (killed by SIGKILL); it is started again."
    until(lambda: "a" in supervisor.pids)
    assert supervisor.pids["a"] != before["a"]
    assert supervisor.pids["b"] == before["b"]
    assert supervisor.restarts == {"a": 1, "b": 0}
    supervisor.check()


def test_a_spent_budget_is_said_and_the_child_rests(start: Start, said: Queue[str]) -> None:
    supervisor = start({"a": sh("exit 3")}, budget=Budget(restarts=2, within_s=60.0, rest_s=1000.0))
    sentences = [said.get(timeout=LIMIT_S) for _ in range(3)]
    assert sentences[:2] == ["a ended (exit code 3); it is started again."] * 2
    assert sentences[2] == "a ended (exit code 3); it fails again and again, next try in 1000 s."
    until(lambda: not supervisor.pids)
    with pytest.raises(Problem, match=r"A ended \(exit code 3\)") as caught:
        supervisor.check()
    assert caught.value.issue.code == "process-fails"


def test_after_its_rest_it_is_tried_again(start: Start, said: Queue[str]) -> None:
    start({"a": sh("exit 3")}, budget=Budget(restarts=0, within_s=60.0, rest_s=0.02))
    assert len([said.get(timeout=LIMIT_S) for _ in range(3)]) == 3


def test_the_budget_counts_recent_deaths_only() -> None:
    budget = Budget(restarts=5, within_s=60.0, rest_s=30.0)
    assert budget.delay_s([0, 1, 2, 3, 4], 4) == 0.0
    assert budget.delay_s([0, 1, 2, 3, 4, 5], 5) == 30.0
    assert budget.delay_s([0, 1, 2, 3, 4, 70], 70) == 0.0


def test_a_command_that_does_not_exist_is_a_death_with_a_reason(start: Start, said: Queue[str]) -> None:
    start({"a": ["/no/such/program"]}, budget=Budget(restarts=0, rest_s=1000.0))
    assert "a cannot be started" in said.get(timeout=LIMIT_S)


def test_one_that_does_not_listen_is_killed_after_the_grace_time(
    start: Start, said: Queue[str], tmp_path: Path
) -> None:
    deaf = sh(f"trap '' TERM; touch {tmp_path}/deaf; while :; do sleep 60; done")
    supervisor = start({"a": deaf}, grace_s=0.2)
    until((tmp_path / "deaf").exists)
    pid = supervisor.pids["a"]
    supervisor.stop()
    assert not alive(pid)
    assert said.get(timeout=LIMIT_S) == "a did not end within 0.2 s and is killed."


def test_children_of_a_dead_child_do_not_live_on(start: Start, said: Queue[str], tmp_path: Path) -> None:
    supervisor = start(
        {"a": sh(f"sleep 60 & echo $! > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; wait")}
    )
    until((tmp_path / "pid").exists)
    grandchild = int((tmp_path / "pid").read_text())
    assert alive(grandchild)
    os.kill(supervisor.pids["a"], signal.SIGKILL)
    said.get(timeout=LIMIT_S)
    until(lambda: not alive(grandchild))


def test_the_signal_to_stop_with_is_passed_on(start: Start, tmp_path: Path) -> None:
    polite = sh(
        f"trap 'echo int > {tmp_path}/got; exit' INT; touch {tmp_path}/up; while :; do sleep 0.05; done"
    )
    supervisor = start({"a": polite})
    until((tmp_path / "up").exists)
    supervisor.stop(signal.SIGINT)
    assert (tmp_path / "got").read_text() == "int\n"


def test_what_children_print_goes_to_their_log(start: Start, said: Queue[str], tmp_path: Path) -> None:
    start({"a": sh("echo hello; echo trouble >&2; exec sleep 60")}, log_folder=tmp_path / "log")
    log = tmp_path / "log/a.log"
    until(lambda: log.exists() and log.read_text() == "hello\ntrouble\n")


PARENT = """
import sys, time
from appliance.ops.supervise import Supervisor
with Supervisor({"a": ["sleep", "60"], "b": ["sleep", "60"]}) as supervisor:
    print(*supervisor.pids.values(), flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, -signal.SIGINT), (signal.SIGKILL, -9)]
)
def test_no_way_of_ending_the_supervisor_leaves_orphans(number: int, code: int) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path.cwd()
    )
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    try:
        assert len(pids) == 2
        assert all(alive(pid) for pid in pids)
        parent.send_signal(number)
        assert parent.wait(LIMIT_S) == code
        until(lambda: not any(alive(pid) for pid in pids))
    finally:
        for pid in (parent.pid, *pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        parent.communicate()
