"""Files that are either there, whole and on the disk, or not there at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.core.problems import Problem

DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name to write to; becomes ``path`` at the end, or is removed when anything goes wrong."""
    part = path.with_name(path.name + ".part")
    try:
        yield part
        keep(part, path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            raise disk_problem(path, error) from error
        raise


def keep(part: Path, path: Path) -> None:
    """Only a name in a synced folder, of a synced file, survives a power cut."""
    sync(part)
    part.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def disk_problem(path: Path, error: OSError) -> Problem:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(
            "disk-full",
            "The box's disk is full",
            f"There was no room left to write {path.name}.",
            "Delete takes that are already on a stick, then press retry on the page.",
        )
    return Problem(
        "disk-failed",
        "The box's disk cannot be written",
        f"Writing {path.name} failed: {error.strerror or error}.",
        "Restart the box; if it happens again, its disk has to be replaced.",
    )
