"""One line per event on stderr: key=value, readable by people, grep and the journal.

Further facts travel in ``extra``: ``log.info("take begun", extra={"take": take.id})``.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from typing import Any, TextIO

from appliance.core.problems import Problem

OWN_KEYS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
DEBUG_PRIORITY = 7


class Lines(logging.Formatter):
    """``journal``: the journal keeps time and priority itself, so the line begins with ``<priority>``."""

    def __init__(self, process: str, journal: bool) -> None:
        super().__init__()
        self._process, self._journal = process, journal

    def format(self, record: logging.LogRecord) -> str:
        head = f"<{priority(record.levelno)}>" if self._journal else self._stamp(record)
        pairs = {"process": self._process, "event": record.getMessage(), **facts(record)}
        return head + " ".join(f"{key}={quoted(value)}" for key, value in pairs.items())

    def _stamp(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        return f"time={moment}.{int(record.msecs):03d}Z level={record.levelname.lower()} "


def facts(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller gave in ``extra``, the exception if there is one, and who speaks."""
    found = {key: value for key, value in vars(record).items() if key not in OWN_KEYS}
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, Problem):
        found["code"] = error.issue.code
    if record.exc_info and error is not None:
        found["traceback"] = logging.Formatter().formatException(record.exc_info)
    return {**found, "logger": record.name.removeprefix("appliance.")}


def priority(level: int) -> int:
    """The syslog priority that journald sorts by."""
    return next((number for floor, number in PRIORITIES if level >= floor), DEBUG_PRIORITY)


def quoted(value: object) -> str:
    """As it is when it is one plain word, else a JSON string, so that a line stays one line."""
    text = str(value)
    plain = bool(text) and text.isprintable() and not set(text) & set(' "=\\')
    return text if plain else json.dumps(text, ensure_ascii=False)


def speaks_to_journal(stream: TextIO) -> bool:
    """JOURNAL_STREAM is inherited by children whose stderr goes elsewhere, hence the comparison."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def setup_logging(process: str, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Call once at the start of a process; replaces whatever handlers the root logger had."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines(process, speaks_to_journal(handler.stream)))
    logging.basicConfig(level=level, handlers=[handler], force=True)
