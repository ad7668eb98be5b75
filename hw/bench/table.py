"""What the bench prints at its end: a line for each scenario."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

TARGET = Path("build/vm-test.md")


@dataclass(frozen=True)
class Row:
    scenario: str
    seconds: float
    verdict: str
    frames: tuple[tuple[int, int], ...] = ()  # (sent, recorded) of each comparison
    note: str = ""


def markdown(rows: Iterable[Row], wall_s: float) -> str:
    listed = sorted(rows, key=lambda row: row.scenario)
    sent, recorded = (sum(pair[side] for row in listed for pair in row.frames) for side in (0, 1))
    lines = [
        "| scenario | seconds | verdict | frames sent | recorded | |",
        "| --- | ---: | --- | ---: | ---: | --- |",
    ]
    lines += [line(row) for row in listed]
    passed = sum(row.verdict == "passed" for row in listed)
    total = f"\n{passed} of {len(listed)} scenarios passed in {wall_s / 60:.1f} minutes; "
    return "\n".join(lines) + total + f"{recorded} of {sent} frames that were compared are on the spool.\n"


def line(row: Row) -> str:
    sent = " + ".join(str(pair[0]) for pair in row.frames)
    recorded = " + ".join(str(pair[1]) for pair in row.frames)
    return f"| {row.scenario} | {row.seconds:.0f} | {row.verdict} | {sent} | {recorded} | {row.note} |"


def sentence(test: str) -> str:
    """A test's name in words: ``test_crashes.py::test_the_worker_is_killed[vfat]``."""
    file, _, name = test.partition("::")
    words = name.removeprefix("test_").replace("_", " ")
    return f"{Path(file).stem.removeprefix('test_')}: {words}"


def write(rows: Sequence[Row], wall_s: float, target: Path = TARGET) -> str:
    text = markdown(rows, wall_s)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return text
