"""A command as somebody would type it: how long it takes, and how much memory."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_S = 0.05
PROC = Path("/proc")
PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class Cost:
    seconds: float
    peak_mb: float  # resident, of the process and those that it started: each one's own peak, added up


def cost_of(command: Sequence[str]) -> Cost:
    """Run it to its end; a command that fails ends this one with its exit code."""
    begun_s, peak_kb = time.monotonic(), 0
    with subprocess.Popen(command) as process:
        # Asked while it runs: the system's sum at the end begins with this process's own memory.
        while process.poll() is None:
            peak_kb = max(peak_kb, sum(map(peak_of, family(process.pid))))
            wait(process)
    if process.returncode:
        raise SystemExit(process.returncode)
    return Cost(time.monotonic() - begun_s, peak_kb / 1024)


def wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(LOOK_S)
    except subprocess.TimeoutExpired:
        return


def family(pid: int) -> Iterator[int]:
    """The process and everything that it started and that still runs."""
    yield pid
    for thread in (PROC / str(pid) / "task").glob("*"):
        try:
            children = (thread / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from family(int(child))


def peak_of(pid: int) -> int:
    """In kB; 0 for a process that has just ended."""
    try:
        found = PEAK.search((PROC / str(pid) / "status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0
