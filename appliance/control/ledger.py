"""The journal at the recorder's start: opened, or, when it is damaged, put aside and begun anew."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from appliance.core.journal import Journal
from appliance.core.problems import Problem
from appliance.core.types import Issue, Severity

log = logging.getLogger(__name__)
PARTS = ("", "-wal", "-shm")


def open_journal(path: Path) -> tuple[Journal, tuple[Issue, ...]]:
    """A damaged one is kept beside the new one; what it knew is found again in the takes' folders.

    Raises Problem when it cannot be used for another reason: a disk that is full makes no damage.
    """
    try:
        return opened(path), ()
    except Problem as problem:
        if problem.issue.code != "journal-broken":
            raise
        log.error("%s", problem)
    aside = put_aside(path)
    return opened(path), (rebuilt(aside),)


def opened(path: Path) -> Journal:
    journal = Journal(path)
    try:
        journal.check()
    except BaseException:
        journal.close()
        raise
    return journal


def put_aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}.damaged-{int(time.time())}")
    for part in PARTS:
        old = path.with_name(path.name + part)
        if old.exists():
            old.replace(aside.with_name(aside.name + part))
    return aside


def rebuilt(aside: Path) -> Issue:
    return Issue(
        "journal-rebuilt",
        Severity.NOTICE,
        "The list of takes was damaged and has been made anew",
        f"The box's disk gave something else back than was written. The old list is kept as {aside.name}.",
        "Look whether all takes are there. If it happens again, have the disk checked.",
    )
