"""The spool as the recorder handles it: takes begun, recovered, handed to the worker; space; summaries."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from appliance.capture.frame_log import read_frame_log
from appliance.capture.segment import spool_problem
from appliance.control.errands import going_on
from appliance.control.ledger import open_journal
from appliance.control.refusals import no_such_take, take_busy, take_recording
from appliance.control.taking import Taking
from appliance.core.config import Config
from appliance.core.journal import Journal, TakeRow
from appliance.core.paths import Paths
from appliance.core.snapshot import TakeSummary
from appliance.core.types import ArtifactRole, Issue, Role, Take, TakeState
from appliance.takes.card import films_on
from appliance.takes.clips import take_with_masters
from appliance.takes.outcome import deliveries_of, films_of
from appliance.takes.recover import OPEN, Recovery, recover_takes
from appliance.takes.space import (
    bytes_per_second,
    check_space,
    free_bytes,
    keep_reserve,
    minutes_left,
    spend_reserve,
)
from appliance.takes.store import create_take, list_takes, save_take

UNFINISHED = ("queued", "running", "waiting")
LISTED = 50
ABSENT = "stick-absent"
RESERVE_BYTES = 64_000_000  # a recording ends while there is still room to close its files
FAILURES = (OSError, sqlite3.Error)


class Truth(Protocol):
    def truth(self, tape_start_s: float, camera_start_s: float) -> tuple[float, float]: ...


@dataclass(frozen=True)
class Recovered:
    """What a start found: troubles to tell, and a take so fresh that it goes on."""

    issues: tuple[Issue, ...] = ()
    open_take: Take | None = None


class Spool:
    def __init__(self, paths: Paths, config: Config) -> None:
        paths.make()
        self._paths = paths
        self._config = config
        spend_reserve(paths.data)
        self._journal, self._issues = open_journal(paths.journal)
        keep_reserve(paths.data)

    def close(self) -> None:
        self._journal.close()

    def folder(self, take_id: str) -> Path:
        return self._paths.take(take_id)

    def new_take(self) -> Take:
        """Raises Problem when the disk takes none; the journal may learn of it later."""
        try:
            take = create_take(self._paths)
        except OSError as error:
            raise spool_problem(error.errno) from error
        with going_on("listing the new take"):
            self._journal.put_take(row_of(take, 0.0, False))
        return take

    def hand_over(self, taking: Taking, simulation: Truth | None) -> None:
        """The sealed take goes to the worker. Raises one of FAILURES; then call again, later."""
        if not taking.saved:
            save_take(taking.take, taking.folder)
        if simulation is not None:
            with going_on("writing down how tape and camera lie"):
                write_truth(taking.folder, simulation)
        self._journal.put_take(row_of(taking.take, taking.tape_seconds, taking.has_camera))
        self._journal.queue_job(taking.take.id)

    def discard(self, taking: Taking) -> None:
        """A take without one tape frame leaves no folder behind."""
        shutil.rmtree(taking.folder, ignore_errors=True)
        with going_on("forgetting an empty take"):
            self._journal.remove_take(taking.take.id)

    def retry(self, take_id: str) -> None:
        """The take's job runs again. Raises Problem for a take that is not there or has not ended yet."""
        row = next((row for row in self._journal.takes() if row.id == take_id), None)
        if row is None:
            raise no_such_take(take_id)
        job = self._journal.job(take_id)
        if row.state in OPEN or (job is not None and job.state in ("queued", "running")):
            raise take_busy()
        self._journal.set_state(take_id, TakeState.RECORDED, "")
        self._journal.queue_job(take_id)

    def ask_for_card(self, take_id: str, folder: Path) -> None:
        """The worker is to add the folder's films to the take. Raises Problem where that cannot be."""
        row = next((row for row in self._journal.takes() if row.id == take_id), None)
        if row is None:
            raise no_such_take(take_id)
        if row.state in OPEN:
            raise take_recording()
        take_with_masters(self.folder(take_id))
        films_on(folder)
        self._journal.queue_import(take_id, str(folder.absolute()))

    def wake_waiting(self) -> int:
        return self._journal.wake_waiting()

    def idle(self) -> bool:
        return not self._journal.imports() and not any(
            job.state in UNFINISHED for job in self._journal.jobs()
        )

    def refused_by_stick(self, take_id: str) -> bool:
        """Whether this take's job could not use the stick that was there."""
        job = self._journal.job(take_id)
        issue = job.issue if job is not None and job.state == "waiting" else None
        return issue is not None and issue.code != ABSENT

    def nearly_full(self) -> bool:
        return free_bytes(self._paths.takes) < RESERVE_BYTES

    def check_space(self, devices: int) -> None:
        """Raises Problem when too little would fit."""
        check_space(self.minutes_left(devices), self._config.capture.min_minutes)

    def minutes_left(self, devices: int, bytes_written: int = 0, elapsed_s: float = 0.0) -> float:
        """At the rate that the running recording has shown, or at the one to be expected."""
        larger = self._config.enhance.tier == "studio"
        rate = bytes_per_second(devices, bytes_written, elapsed_s, larger)
        return minutes_left(free_bytes(self._paths.takes), rate)

    def recover(self) -> Recovered:
        """Seal what a crash or a power cut tore; the journal learns of takes that it does not know."""
        recoveries = recover_takes(self._paths)
        fresh = next((r for r in reversed(recoveries) if self._goes_on(r)), None)
        open_take = replace(fresh.take, state=TakeState.RECORDING) if fresh is not None else None
        if open_take is not None:
            save_take(open_take, self.folder(open_take.id))
        self._list_forgotten(open_take)
        told = (i for r in recoveries if r is not fresh for i in r.issues)
        return Recovered((*self._issues, *told), open_take)

    def _list_forgotten(self, open_take: Take | None) -> None:
        """The recorder may have died between the end of a take and its entry in the journal."""
        done = {row.id for row in self._journal.takes() if row.state not in OPEN}
        if open_take is not None:
            done.add(open_take.id)
        for take in list_takes(self._paths):
            if take.id not in done:
                self._keep(take)
        for row in self._journal.takes():
            if row.state in OPEN and row.id not in done:
                self._journal.remove_take(row.id)  # it holds no picture, or could not be recovered yet

    def _goes_on(self, recovery: Recovery) -> bool:
        """Whether the recorder died so shortly ago that the tape is probably still playing."""
        age_s = time.time() - recovery.written_at
        return 0 <= age_s <= self._config.capture.resume_window_s and bool(recovery.take.segments)

    def _keep(self, take: Take) -> None:
        tape_s = sum(s.duration_s for s in take.segments if s.role is Role.TAPE)
        if not tape_s or take.state in OPEN:
            return
        self._journal.put_take(row_of(take, tape_s, any(s.role is Role.CAMERA for s in take.segments)))
        if take.state is TakeState.RECORDED:
            self._remember(take.id)

    def _remember(self, take_id: str) -> None:
        """Films that were finished, and delivered, before the journal was lost are not made again."""
        films, receipts = films_of(self.folder(take_id)), deliveries_of(self.folder(take_id))
        self._journal.queue_job(take_id)
        if films:
            self._journal.put_artifacts(take_id, films)
        if films and receipts:
            for receipt in receipts:
                self._journal.put_receipt(receipt)
            self._journal.set_state(take_id, TakeState.DELIVERED)
            self._journal.end_job(take_id, "done")

    def summaries(self) -> tuple[TakeSummary, ...]:
        """Newest first, as the page lists them."""
        return tuple(self._summary(row) for row in self._journal.takes()[:LISTED])

    def _summary(self, row: TakeRow) -> TakeSummary:
        return TakeSummary(
            id=row.id,
            created_at=row.created_at,
            state=row.state,
            duration_s=row.duration_s,
            interrupted=row.interrupted,
            has_camera=row.has_camera,
            files=files_by_role(self._journal, row.id),
            note=row.note,
        )


def files_by_role(journal: Journal, take_id: str) -> dict[str, str]:
    """The take's files as the page asks for them: access, comparison, report, master, before, after."""
    files: dict[str, str] = {}
    for artifact in journal.artifacts(take_id):
        name = Path(artifact.path).stem if artifact.role is ArtifactRole.STILL else artifact.role.value
        files.setdefault(name, artifact.path)
    return files


def row_of(take: Take, duration_s: float, has_camera: bool) -> TakeRow:
    return TakeRow(take.id, take.created_at, take.state, duration_s, take.interrupted, has_camera, "")


def write_truth(folder: Path, simulation: Truth) -> None:
    """How tape and camera really lie, for the table of the demo: known only to a simulated world."""
    tape, camera = folder / "tape-00.csv", folder / "camera-00.csv"
    if tape.is_file() and camera.is_file():
        starts = [read_frame_log(path)[0].timestamp_s for path in (tape, camera)]
        offset_s, drift_ppm = simulation.truth(*starts)
        truth = {"offset_s": offset_s, "drift_ppm": drift_ppm}
        (folder / "truth.json").write_text(json.dumps(truth))
