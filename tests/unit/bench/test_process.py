"""What a command costs."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from appliance.bench.process import cost_of

HOLD = "import sys; held = bytearray({} * 2**20); sys.stdin.close(); import time; time.sleep(0.3)"


def test_the_memory_is_the_commands_and_not_ours() -> None:
    ours = np.ones(60 * 2**20 // 8)
    small, large = (cost_of([sys.executable, "-c", HOLD.format(size)]) for size in (1, 80))
    assert ours.sum() > 0
    assert 70 < large.peak_mb - small.peak_mb < 90
    assert small.peak_mb < 50


def test_what_the_command_starts_is_counted_too() -> None:
    inner = HOLD.format(80)
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}], check=True)"
    assert cost_of([sys.executable, "-c", outer]).peak_mb > 80


def test_a_command_that_fails_ends_the_bench_with_its_exit_code() -> None:
    with pytest.raises(SystemExit) as left:
        cost_of([sys.executable, "-c", "raise SystemExit(7)"])
    assert left.value.code == 7
