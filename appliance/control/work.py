"""What the worker has said of its job, and whether there is more for it to do."""

from __future__ import annotations

from appliance.control.errands import going_on
from appliance.control.spool import Spool
from appliance.core.snapshot import JobProgress


class Work:
    def __init__(self, spool: Spool) -> None:
        self.job: JobProgress | None = None  # that runs now
        self._spool = spool
        self._ended = False  # a job has, and nobody has looked yet whether it was the last one

    def told(self, progress: JobProgress | None) -> bool:
        """Whether a job has ended now that could not use the stick which is there."""
        was, self.job = self.job, progress
        if was is None or progress is not None:
            return False
        self._ended = True
        with going_on("asking how the job ended"):
            return self._spool.refused_by_stick(was.take_id)
        return False

    def all_done(self) -> bool:
        """Whether the last job has ended; asked until the answer is no."""
        if self._ended and self.job is None:
            with going_on("asking whether work is left"):
                self._ended = not self._spool.idle()
                return not self._ended
        return False
