"""What can go wrong with a stick, in words that a visitor understands."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from appliance.core.problems import Problem
from appliance.core.types import Severity


@contextmanager
def named_troubles(name: str) -> Iterator[None]:
    """An OSError from a stick becomes a Problem that a visitor understands."""
    try:
        yield
    except OSError as error:
        raise stick_problem(name, error) from error


def stick_problem(name: str, error: OSError) -> Problem:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return stick_full(name, "It became full while the films were copied.")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return stick_read_only(name)
    if error.errno in (errno.ENODEV, errno.ENOENT, errno.ENXIO, errno.ENOTCONN):
        return stick_absent(f"{name} was pulled out, or lost its contact.")
    return stick_failed(name, f"It reports: {error.strerror or error}.")


def stick_full(name: str, cause: str) -> Problem:
    return Problem(
        "stick-full",
        f"There is not enough room on {name}",
        cause,
        "Make room on the stick or plug in a larger one. The films are safe on the box and are copied then.",
    )


def stick_read_only(name: str) -> Problem:
    return Problem(
        "stick-read-only",
        f"{name} cannot be written",
        "Its write protection is on, or it switched itself to read-only after a fault.",
        "Move the stick's small switch, or plug in another stick. The films are safe on the box.",
    )


def stick_absent(cause: str) -> Problem:
    return Problem(
        "stick-absent",
        "There is no stick to copy the films to",
        cause,
        "Plug a stick in. The films are safe on the box and are copied then.",
        Severity.WARNING,
    )


def stick_failed(name: str, cause: str) -> Problem:
    return Problem(
        "stick-failed",
        f"{name} does not keep what is written to it",
        cause,
        "Plug in another stick, and do not use this one any more. The films are safe on the box.",
    )


def stick_busy(name: str, cause: str) -> Problem:
    return Problem(
        "stick-busy",
        f"{name} cannot be released yet",
        cause,
        "Wait until nothing is being copied and try again.",
        Severity.WARNING,
    )


def source_lost(name: str, error: OSError) -> Problem:
    return Problem(
        "source-lost",
        f"{name} cannot be read from the box's disk",
        f"It reports: {error.strerror or error}.",
        "Press retry on the page; if it happens again, the box's disk has to be replaced.",
    )


def source_changed(name: str) -> Problem:
    return Problem(
        "source-changed",
        f"{name} on the box is not the file that was finished",
        "Its fingerprint is another one than when it was made: the box's disk may be failing.",
        "Press retry on the page: the film is made again from the recording.",
    )
