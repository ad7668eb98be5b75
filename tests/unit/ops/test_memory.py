"""Peaks of a process and of its family."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from appliance.ops.memory import peak_bytes, tree, tree_peak_bytes

MB = 1 << 20
HUNGRY = "data = bytearray(b'x') * 80_000_000; del data; print('done', flush=True); input()"


def test_a_peak_is_remembered_after_the_memory_was_given_back() -> None:
    child = subprocess.Popen([sys.executable, "-c", HUNGRY], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    try:
        assert child.pid in tree(os.getpid())
        assert 76 * MB < peak_bytes(child.pid) < 160 * MB
        assert tree_peak_bytes(os.getpid()) >= peak_bytes(child.pid) + peak_bytes(os.getpid())
    finally:
        child.communicate(b"\n")
    assert peak_bytes(child.pid) == 0
    assert child.pid not in tree(os.getpid())


def process(proc: Path, pid: int, parent: int, name: str, peak_kb: int) -> None:
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} 1 1")
    (proc / str(pid) / "status").write_text(f"Name:\t{name}\nVmHWM:\t  {peak_kb} kB\n")


def test_grandchildren_count_and_strangers_do_not(tmp_path: Path) -> None:
    process(tmp_path, 10, 1, "box", 100)
    process(tmp_path, 30, 20, "odd) name (", 7)
    process(tmp_path, 20, 10, "worker", 50)
    process(tmp_path, 40, 1, "stranger", 9000)
    (tmp_path / "meminfo").touch()
    assert tree(10, tmp_path) == (10, 20, 30)
    assert tree_peak_bytes(10, tmp_path) == 157 * 1024
