"""The stick as the recorder sees it: there or not, worth another try or not, released or not."""

from __future__ import annotations

import threading
from contextlib import suppress

from appliance.control.refusals import no_stick
from appliance.core.problems import Problem
from appliance.core.snapshot import StickStatus
from appliance.core.types import Issue
from appliance.deliver.drives import Drive, DriveWatcher, best_first, sticks
from appliance.deliver.eject import eject

ROOM_BYTES = 1_000_000


class Sticks:
    """``look`` and ``release`` ask the stick itself and may block for long: call them in a thread."""

    def __init__(self, drives: DriveWatcher) -> None:
        self.status: StickStatus | None = None  # as it was seen last
        self.issues: tuple[Issue, ...] = ()  # of all that is plugged in
        self._drives = drives
        self._asking = threading.Lock()
        self._beside: tuple[StickStatus, ...] = ()  # the others that are plugged in
        self._unfit: tuple[StickStatus, ...] = ()  # as they were when a job could use none of them

    def look(self) -> StickStatus | None:
        with self._asking:
            there: list[StickStatus] = []
            with suppress(Problem, OSError):  # one was pulled while it was looked at
                there += [drive.status() for drive in best_first(sticks(self._drives))]
                self.issues = self._drives.issues()
            self._beside = tuple(there[1:])
            return there[0] if there else None

    def release(self) -> None:
        """Raises Problem when there is no stick, or for the first of them that is in use; the others go."""
        with self._asking:
            drives = self._drives.drives()
            refusals = [problem for drive in drives if (problem := refusal(drive)) is not None]
        if not drives:
            raise no_stick()
        if refusals:
            raise refusals[0]

    def seen(self, now: StickStatus | None) -> bool:
        """Remember what a look found; True when the stick has been pulled out since the last one."""
        before, self.status = self.status, now
        self._unfit = tuple(old for old in self._unfit if any(same(old, stick) for stick in self._there()))
        return now is None and before is not None

    def refused(self) -> None:
        """A job could use none of the sticks that are there."""
        self._unfit = self._there()

    def worth_a_try(self) -> bool:
        return any(not stick.safe_to_remove and self._fitter(stick) for stick in self._there())

    def _there(self) -> tuple[StickStatus, ...]:
        return (self.status, *self._beside) if self.status is not None else ()

    def _fitter(self, stick: StickStatus) -> bool:
        return fitter(stick, next((old for old in self._unfit if same(old, stick)), None))


def refusal(drive: Drive) -> Problem | None:
    """Let go of it, or why not."""
    try:
        eject(drive)
    except Problem as problem:
        return problem
    return None


def same(one: StickStatus, other: StickStatus) -> bool:
    return (one.name, one.size_bytes) == (other.name, other.size_bytes)


def fitter(stick: StickStatus, unfit: StickStatus | None) -> bool:
    """Whether it may take what it did not take when it was unfit."""
    if unfit is None:
        return True
    return stick.free_bytes > unfit.free_bytes + ROOM_BYTES or (unfit.read_only and not stick.read_only)
