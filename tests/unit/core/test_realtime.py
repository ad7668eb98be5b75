"""What was said is what the kernel says; on a machine that permits nothing, it is said as well."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading

import pytest

from appliance.core import realtime

LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_MEMLOCK, (1 << 20, 1 << 20))
from appliance.core.realtime import lock_memory
print(lock_memory())
print(len(bytearray(64 << 20)))
"""


def in_a_thread(job: object) -> None:
    thread = threading.Thread(target=job)  # type: ignore[arg-type]
    thread.start()
    thread.join(10)


def test_a_reader_gets_what_is_said_and_what_it_starts_does_not() -> None:
    seen: dict[str, object] = {}

    def child() -> None:
        seen["child"] = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK

    def reader() -> None:
        seen["said"] = realtime.reader_priority()
        seen["reader"] = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
        in_a_thread(child)

    in_a_thread(reader)
    permitted = seen["said"] == "readers have real-time priority 10"
    assert permitted or "have no priority" in str(seen["said"])
    assert seen["reader"] == (os.SCHED_RR if permitted else os.SCHED_OTHER)
    assert seen["child"] == os.SCHED_OTHER
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_without_leave_it_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    assert realtime.reader_priority() == "readers have no priority: the system does not permit real time"


def test_memory_is_not_locked_where_a_limit_would_fail_a_recording() -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, timeout=30)
    said, size = done.stdout.splitlines()
    assert said == "memory is not locked: the system allows 1048576 bytes only"
    assert int(size) == 64 << 20


def test_locked_memory_takes_no_more_of_it() -> None:
    script = (
        "from appliance.core.realtime import lock_memory\n"
        "print(lock_memory())\n"
        "import mmap; kept = mmap.mmap(-1, 256 << 20)\n"
        "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS')][0])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    said, resident_kb = done.stdout.splitlines()
    permitted = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1] == resource.RLIM_INFINITY
    assert said.startswith("memory is locked" if permitted else "memory is not locked: the system allows")
    assert int(resident_kb) < 128 << 10
