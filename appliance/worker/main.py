"""The worker process: one job at a time, from the journal, at low priority; it touches no capture device."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

from appliance.core import wire
from appliance.core.config import Config
from appliance.core.journal import Import, Job, Journal
from appliance.core.link import Link
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.snapshot import JobProgress
from appliance.core.types import Issue, Severity, Stage, TakeState
from appliance.deliver.drives import DriveWatcher
from appliance.encode.files import DISK_ERRORS, disk_problem
from appliance.worker.building import wait_for_quiet
from appliance.worker.importing import card_failed, import_clips
from appliance.worker.job import TakeProgress, deliver_take, make_films
from appliance.worker.progress import IMPORT_SHARE, Progress

CARD = "card"
IDLE_LOOK_S = 5.0  # the journal is looked at this often even if nobody calls
RECONNECT_S = 0.5
CHANGED = ("source-changed", "source-lost")  # a finished film is not what it was: a retry makes it again
log = logging.getLogger(__name__)


class Reporter:
    """Keeps a connection to the recorder, whatever happens to it, and hears when there is work."""

    def __init__(self, socket: Path) -> None:
        self.work = threading.Event()
        self._socket = socket
        self._stop = threading.Event()
        self._link: Link | None = None
        self._last = wire.JobReport(None)
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)
        self._thread.start()

    def tell(self, progress: JobProgress | None, issues: tuple[Issue, ...]) -> None:
        self._last = wire.JobReport(progress, issues)
        link = self._link
        if link is not None:
            with contextlib.suppress(Problem):
                link.send(self._last)

    def close(self) -> None:
        self._stop.set()
        self.work.set()
        if self._link is not None:
            self._link.close()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(Problem):
                link = Link(self._socket, wire.Hello("worker"))
                try:
                    link.send(self._last)
                    self._link = link
                    self.work.set()
                    self._listen(link)
                finally:
                    self._link = None
                    link.close()
            self._stop.wait(RECONNECT_S)

    def _listen(self, link: Link) -> None:
        while not self._stop.is_set():
            if isinstance(link.receive(1.0), wire.JobsChanged):
                self.work.set()


class Worker:
    """``on_alive`` is called whenever a job has come further, and every few seconds while there is none."""

    def __init__(
        self,
        paths: Paths,
        config: Config,
        drives: DriveWatcher,
        on_alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._paths = paths
        self._config = config
        self._drives = drives
        self._journal = Journal(paths.journal)
        self._stop = threading.Event()
        self._issues: dict[str, tuple[Issue, ...]] = {}  # by take; and of the last card
        self._card_take = ""
        self._on_alive = on_alive
        self._reporter = Reporter(paths.socket)

    def run(self) -> None:
        """Work until ``stop``; begins with the job that a dead worker left."""
        pid_file = self._paths.run / "worker.pid"
        pid_file.write_text(str(os.getpid()))
        os.nice(self._config.work.nice)
        given_up = self._journal.requeue_broken()
        for job in self._journal.jobs():
            if job.issue is not None and (job.state == "waiting" or job.take_id in given_up):
                self._issues[job.take_id] = (job.issue,)
        try:
            while not self._stop.is_set():
                self._look()
        finally:
            self.close()
            pid_file.unlink(missing_ok=True)

    def close(self) -> None:
        """For a worker that never came to ``run``; a second time does nothing."""
        self._reporter.close()
        self._journal.close()

    def stop(self) -> None:
        """From any other thread; a job that runs goes on at the next start."""
        self._stop.set()
        self._reporter.work.set()

    def leave(self) -> NoReturn:
        """The same from a signal's handler in the worker's own thread.

        It must not touch ``work``: the thread that it interrupts may hold that lock itself.
        """
        self._stop.set()
        raise SystemExit(0)

    def _look(self) -> None:
        self._on_alive()
        if self._journal.replaced:  # the recorder has made it anew: this one is written to in vain
            self._journal.close()
            self._journal = Journal(self._paths.journal)
        self._reporter.work.clear()
        if not self._recording():  # copying a card would only be in its way
            wanted = self._journal.claim_import()
            if wanted is not None:
                self._import(wanted)
        job = self._journal.claim_job()
        if job is not None:
            self._do(job)
        self._reporter.tell(None, self._standing())
        if job is None:
            self._reporter.work.wait(IDLE_LOOK_S)

    def _recording(self) -> bool:
        return any(take.state is TakeState.RECORDING for take in self._journal.takes())

    def _import(self, wanted: Import) -> None:
        """Whatever goes wrong, the take and its films stay as they are."""
        take_id = wanted.take_id
        self._issues.pop(CARD, None)
        self._card_take = take_id
        progress = Progress(take_id, self._tell, IMPORT_SHARE)
        try:
            said = import_clips(wanted, self._paths, self._journal, progress, partial(self._quiet, progress))
        except Problem as problem:
            said = (problem.issue,)
            self._journal.end_import(take_id)
        except (SystemExit, KeyboardInterrupt):
            self._journal.release_import(take_id)
            raise
        except Exception as error:
            log.exception("the card's films could not be added to take %s", take_id)
            said = (card_failed(f"Something unforeseen happened: {type(error).__name__}: {error}.").issue,)
            self._journal.end_import(take_id)
        for issue in said:
            log.warning("card for take %s: %s. %s", take_id, issue.title, issue.cause)
        self._issues[CARD] = said

    def _quiet(self, progress: Progress) -> None:
        """A recording that began meanwhile comes first."""
        text = "The card waits until the recording has ended"
        wait_for_quiet(self._recording, lambda _: progress(Stage.IMPORT, 0.0, text))

    def _do(self, job: Job) -> None:
        self._forget(job.take_id)
        progress = TakeProgress(job.take_id, self._tell, self._journal)
        try:
            notes = make_films(job.take_id, self._paths, self._config, self._journal, progress, self._drives)
            self._issues[job.take_id] = notes
            deliver_take(job.take_id, self._paths, self._config, self._journal, self._drives, progress)
            self._journal.end_job(job.take_id, "done")
        except Problem as problem:
            self._give_up(job.take_id, problem.issue)
        except (SystemExit, KeyboardInterrupt):
            self._journal.release_job(job.take_id)
            raise
        except Exception as error:
            log.exception("the job of take %s failed", job.take_id)
            self._give_up(job.take_id, named(error))

    def _give_up(self, take_id: str, issue: Issue) -> None:
        """A trouble of the stick waits for the next stick; any other ends the job."""
        log.warning("take %s: %s. %s", take_id, issue.title, issue.cause)
        self._issues[take_id] = (*self._issues.get(take_id, ()), issue)
        if issue.code.startswith("stick-"):
            self._journal.end_job(take_id, "waiting", issue)
            return
        if issue.code in CHANGED:
            self._journal.put_artifacts(take_id, ())
        self._journal.end_job(take_id, "failed", issue)
        self._journal.set_state(take_id, TakeState.FAILED, issue.title)

    def _forget(self, beginning: str) -> None:
        """Another job begins: what was only worth a word, and what waited for a stick, has been said."""
        waiting = {job.take_id for job in self._journal.jobs() if job.state == "waiting"}
        card = self._issues.pop(CARD, ())
        for take_id, issues in self._issues.items():
            self._issues[take_id] = tuple(
                issue
                for issue in issues
                if issue.severity is not Severity.NOTICE
                and (take_id in waiting or not issue.code.startswith("stick-"))
            )
        self._issues.pop(beginning, None)
        if beginning == self._card_take:
            self._issues[CARD] = card  # of this very film

    def _standing(self) -> tuple[Issue, ...]:
        return tuple({issue.code: issue for issues in self._issues.values() for issue in issues}.values())

    def _tell(self, progress: JobProgress) -> None:
        if self._stop.is_set():
            raise SystemExit(0)
        self._on_alive()
        self._reporter.tell(progress, self._standing())


def named(error: Exception) -> Issue:
    """What may happen anywhere, in words: a disk that is full or broken; anything else is unforeseen."""
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        return disk_problem(Path(str(error.filename or "the film")), error).issue
    return unexpected(error)


def unexpected(error: Exception) -> Issue:
    return Problem(
        "job-failed",
        "The film of this take could not be made",
        f"Something unforeseen happened: {type(error).__name__}: {error}.",
        "The recording is safe. Press retry on the page; if it happens again, send the support file.",
    ).issue
