"""One event, one line."""

from __future__ import annotations

import io
import json
import logging
import os
import re
from collections.abc import Iterator

import pytest

from appliance.core.problems import DeviceLost
from appliance.ops.logs import Lines, quoted, setup_logging, speaks_to_journal


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    setup_logging("recorder", stream=stream)
    yield stream
    root.handlers[:], root.level = handlers, level


def test_a_line_names_time_level_process_event_facts_and_speaker(out: io.StringIO) -> None:
    logging.getLogger("appliance.capture.recorder").warning(
        "frames lost", extra={"lost": 3, "device": "VCR 1"}
    )
    line = out.getvalue()
    assert re.match(r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=warning process=recorder ", line)
    assert line.endswith(' event="frames lost" lost=3 device="VCR 1" logger=capture.recorder\n')


def test_debug_is_silent_unless_asked_for(out: io.StringIO) -> None:
    logging.getLogger("x").debug("detail")
    assert out.getvalue() == ""


def test_an_exception_stays_on_one_line_and_a_problem_gives_its_code(out: io.StringIO) -> None:
    try:
        raise DeviceLost("The VCR")
    except DeviceLost:
        logging.getLogger("x").exception("capture ended")
    (line,) = out.getvalue().splitlines()
    assert " code=device-lost " in line
    traceback = json.loads(re.search(r'traceback=("(?:[^"\\]|\\.)*")', line)[1])  # type: ignore[index]
    assert traceback.startswith("Traceback (most recent call last):\n")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("tape", "tape"),
        (12.5, "12.5"),
        ("", '""'),
        ("two words", '"two words"'),
        ("a\nb", '"a\\nb"'),
        ("ä", "ä"),
    ],
)
def test_values_are_quoted_when_they_must_be(value: object, expected: str) -> None:
    assert quoted(value) == expected


@pytest.mark.parametrize(("level", "prefix"), [(10, 7), (20, 6), (30, 4), (40, 3), (50, 2)])
def test_the_journal_gets_priorities_and_no_time(level: int, prefix: int) -> None:
    record = logging.LogRecord("appliance.x", level, "", 0, "hello", None, None)
    assert Lines("worker", journal=True).format(record) == f"<{prefix}>process=worker event=hello logger=x"


def test_the_journal_is_known_by_its_inode(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with open(reading), open(writing, "w") as stream:  # noqa: PTH123 - descriptors, not paths
        status = os.fstat(writing)
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        assert speaks_to_journal(stream)
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino + 1}")
        assert not speaks_to_journal(stream)
    assert not speaks_to_journal(io.StringIO())
