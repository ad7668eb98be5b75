"""A box in a virtual machine for each scenario, and the table of all of them at the end."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hw.bench.box import Box
from hw.bench.product import Images, product_layer
from hw.bench.table import Row, sentence, write
from hw.bench.tools import why_not

FAILURES = Path("build/vm")
ROWS: list[Row] = []
BEGAN_S = time.monotonic()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Before any time limit runs: the first image takes minutes."""
    if reason := why_not():
        pytest.exit(reason, returncode=1)
    if not hasattr(session.config, "workerinput"):
        product_layer()


@pytest.fixture(scope="session")
def images() -> Images:
    return product_layer()


@pytest.fixture
def start_box(
    images: Images, request: pytest.FixtureRequest, record_property: Callable[[str, Any], None]
) -> Iterator[Callable[..., Box]]:
    """A box that runs and waits; with ``film=True`` a film is made and waits for a stick."""
    boxes: list[Box] = []

    def start(film: bool = False) -> Box:
        boxes.append(Box(images.waiting if film else images.idle))
        return boxes[-1]

    yield start
    for box in boxes:
        record_property("frames", box.frames)
        record_property("note", ", ".join(box.notes))
        try:
            if why := getattr(request.node, "why_failed", ""):
                keep(box, why, FAILURES / request.node.name)
        finally:
            box.close()


@pytest.fixture
def box(start_box: Callable[..., Box]) -> Box:
    return start_box()


@pytest.fixture
def film_box(start_box: Callable[..., Box]) -> Box:
    return start_box(film=True)


def keep(box: Box, why: str, target: Path) -> None:
    """What helps to find out: the assertion, the guest's journal, QEMU's words, what the devices sent."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    (target / "why.txt").write_text(why)
    (target / "journal.txt").write_text(box.guest.journal(2000))
    for file in box.guest.folder.iterdir():
        if file.suffix in (".log", ".jsonl"):
            shutil.copy(file, target)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call":
        item.why_failed = report.longreprtext if report.failed else ""  # type: ignore[attr-defined]
    return report


SPENT: dict[str, float] = {}
VERDICTS: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    SPENT[report.nodeid] = SPENT.get(report.nodeid, 0.0) + report.duration
    if report.when == "call" or report.outcome != "passed":
        VERDICTS[report.nodeid] = report.outcome
    if report.when == "teardown":
        facts = dict(report.user_properties)
        frames = tuple((pair[0], pair[1]) for pair in facts.get("frames", ()))
        name, verdict = sentence(report.nodeid), VERDICTS[report.nodeid]
        ROWS.append(Row(name, SPENT[report.nodeid], verdict, frames, facts.get("note", "")))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if ROWS and not hasattr(config, "workerinput"):
        terminalreporter.write_line("")
        terminalreporter.write_line(write(ROWS, time.monotonic() - BEGAN_S))
