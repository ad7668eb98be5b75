"""The table says in words what ran, how it ended, and how many frames were compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from hw.bench import tools
from hw.bench.table import Row, markdown, sentence


def test_a_line_for_each_scenario_and_a_sum() -> None:
    pulled = Row("cables: pulled", 20.0, "passed", ((75, 75), (100, 99)))
    rows = [Row("signal: it ends", 12.4, "failed"), pulled]
    lines = markdown(rows, wall_s=90).splitlines()
    assert lines[2] == "| cables: pulled | 20 | passed | 75 + 100 | 75 + 99 |  |"
    assert lines[3].startswith("| signal: it ends | 12 | failed |")
    assert lines[-1].startswith("1 of 2 scenarios passed in 1.5 minutes; 174 of 175 frames")


def test_a_scenario_is_named_in_words() -> None:
    test = "tests/vm/test_crashes.py::test_the_worker_dies[vfat]"
    assert sentence(test) == "crashes: the worker dies[vfat]"


def test_a_missing_tool_is_named_by_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tools, "search_path", lambda: str(tmp_path))
    assert {"qemu-system-x86", "mmdebstrap"} <= set(tools.missing_packages())


def test_the_cache_can_be_put_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TWINREEL_BENCH_CACHE", str(tmp_path))
    assert tools.cache_folder() == tmp_path
