"""The stick as the recorder sees it: there or not, worth another try or not, released or not."""

from __future__ import annotations

import threading

from appliance.control.refusals import no_stick
from appliance.core.problems import Problem
from appliance.core.snapshot import StickStatus
from appliance.core.types import Issue
from appliance.deliver.drives import DriveWatcher, best_first, sticks
from appliance.deliver.eject import eject

ROOM_BYTES = 1_000_000


class Sticks:
    """``look`` and ``release`` ask the stick itself and may block for long: call them in a thread."""

    def __init__(self, drives: DriveWatcher) -> None:
        self.status: StickStatus | None = None  # as it was seen last
        self.issues: tuple[Issue, ...] = ()  # of all that is plugged in
        self._drives = drives
        self._asking = threading.Lock()
        self._unfit: StickStatus | None = None  # as it was when a job could not use it

    def look(self) -> StickStatus | None:
        with self._asking:
            try:
                found = best_first(sticks(self._drives))
                self.issues = self._drives.issues()
                return found[0].status() if found else None
            except (Problem, OSError):  # it was pulled while it was looked at
                return None

    def release(self) -> None:
        """Raises Problem when there is no stick, or when it is in use."""
        with self._asking:
            drives = self._drives.drives()
            if not drives:
                raise no_stick()
            for drive in drives:
                eject(drive)

    def seen(self, now: StickStatus | None) -> bool:
        """Remember what a look found; True when the stick has been pulled out since the last one."""
        before, self.status = self.status, now
        if now is None:
            self._unfit = None
        return now is None and before is not None

    def refused(self) -> None:
        """A job could not use the stick that is there."""
        self._unfit = self.status

    def worth_a_try(self) -> bool:
        now = self.status
        return now is not None and not now.safe_to_remove and fitter(now, self._unfit)


def fitter(stick: StickStatus, unfit: StickStatus | None) -> bool:
    """Whether it may take what the unfit one did not."""
    if unfit is None or stick.name != unfit.name:
        return True
    return stick.free_bytes > unfit.free_bytes + ROOM_BYTES or (unfit.read_only and not stick.read_only)
