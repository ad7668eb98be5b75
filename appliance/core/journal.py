"""The journal: which takes and jobs there are and how far they came. SQLite in WAL mode, shared by processes.

The take's folder holds the rest; the journal can be rebuilt from the folders, the folders not from it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from appliance.core.clock import utc_now
from appliance.core.problems import Problem
from appliance.core.types import Artifact, ArtifactRole, Issue, Receipt, Stage, TakeState

ATTEMPTS_LIMIT = 3
BUSY_S = 5.0  # how long the other process may keep us waiting; less than the watchdog's patience
SCHEMA = """
CREATE TABLE IF NOT EXISTS takes (
    id TEXT PRIMARY KEY, created_at TEXT NOT NULL, state TEXT NOT NULL, duration_s REAL NOT NULL DEFAULT 0,
    interrupted INTEGER NOT NULL DEFAULT 0, has_camera INTEGER NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS jobs (
    take_id TEXT PRIMARY KEY REFERENCES takes(id), state TEXT NOT NULL, stage TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, issue TEXT, queued_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS imports (
    take_id TEXT PRIMARY KEY REFERENCES takes(id), card TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    queued_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS artifacts (
    take_id TEXT NOT NULL REFERENCES takes(id), role TEXT NOT NULL, path TEXT NOT NULL,
    sha256 TEXT NOT NULL, size_bytes INTEGER NOT NULL, PRIMARY KEY (take_id, path)
);
CREATE TABLE IF NOT EXISTS receipts (
    take_id TEXT NOT NULL REFERENCES takes(id), verified_at TEXT NOT NULL, receipt TEXT NOT NULL
);
"""
QUEUE_JOB = """
INSERT INTO jobs VALUES (?, 'queued', ?, 0, NULL, ?)
ON CONFLICT(take_id) DO UPDATE SET state='queued', attempts=0, issue=NULL
"""
RECEIPT = TypeAdapter(Receipt)
ISSUE = TypeAdapter(Issue)


@dataclass(frozen=True)
class TakeRow:
    id: str
    created_at: str
    state: TakeState
    duration_s: float
    interrupted: bool
    has_camera: bool
    note: str


@dataclass(frozen=True)
class Job:
    """``state`` is queued, running, waiting (for a stick), done or failed."""

    take_id: str
    state: str
    stage: Stage
    attempts: int
    issue: Issue | None


@dataclass(frozen=True)
class Import:
    """The films of a card that are to be added to a take; ``attempts`` counts this one."""

    take_id: str
    card: str  # a folder
    attempts: int

    @property
    def hopeless(self) -> bool:
        """Whether the worker died too often over it."""
        return self.attempts > ATTEMPTS_LIMIT


class Journal:
    """Open once per process, for all its threads; every method is one transaction.

    What the disk or the other process refuses is raised as sqlite3.Error.
    """

    def __init__(self, path: Path) -> None:
        self._writing = threading.Lock()
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(SCHEMA)
        except sqlite3.OperationalError as error:  # full, locked or read-only: none of these is damage
            self._db.close()
            raise closed(path, error) from error
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise broken(path, error) from error
        self._file = file_number(path)

    def close(self) -> None:
        self._db.close()

    def check(self) -> None:
        """Raises Problem when the file is damaged anywhere."""
        try:
            faults = [row[0] for row in self._db.execute("PRAGMA quick_check(1)").fetchall()]
            for table in ("takes", "jobs", "imports", "artifacts", "receipts"):
                self._db.execute(f"SELECT * FROM {table}").fetchall()
            self.takes()
            self.jobs()
        except (sqlite3.DatabaseError, ValueError) as error:
            raise broken(self._path, error) from error
        if faults != ["ok"]:
            raise broken(self._path, ValueError(faults[0] if faults else "empty"))

    @property
    def replaced(self) -> bool:
        """Whether another file lies where this one was opened: it was damaged and made anew."""
        return file_number(self._path) != self._file

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._writing:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk may have rolled it back already
                    self._db.execute("ROLLBACK")
                raise

    def put_take(self, take: TakeRow) -> None:
        """Insert the take, or replace what is known of it."""
        values = (
            take.id,
            take.created_at,
            take.state.value,
            take.duration_s,
            int(take.interrupted),
            int(take.has_camera),
            take.note,
        )
        with self._write() as db:
            db.execute(
                "INSERT INTO takes VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET"
                " state=excluded.state, duration_s=excluded.duration_s, interrupted=excluded.interrupted,"
                " has_camera=excluded.has_camera, note=excluded.note",
                values,
            )

    def set_state(self, take_id: str, state: TakeState, note: str | None = None) -> None:
        with self._write() as db:
            db.execute("UPDATE takes SET state=? WHERE id=?", (state.value, take_id))
            if note is not None:
                db.execute("UPDATE takes SET note=? WHERE id=?", (note, take_id))

    def remove_take(self, take_id: str) -> None:
        """Forget a take that holds nothing."""
        with self._write() as db:
            for table, key in (
                ("jobs", "take_id"),
                ("imports", "take_id"),
                ("artifacts", "take_id"),
                ("receipts", "take_id"),
                ("takes", "id"),
            ):
                db.execute(f"DELETE FROM {table} WHERE {key}=?", (take_id,))

    def takes(self) -> tuple[TakeRow, ...]:
        """Newest first."""
        rows = self._db.execute("SELECT * FROM takes ORDER BY created_at DESC, id DESC").fetchall()
        return tuple(TakeRow(r[0], r[1], TakeState(r[2]), r[3], bool(r[4]), bool(r[5]), r[6]) for r in rows)

    def queue_job(self, take_id: str) -> None:
        """The take's job is to run (again), from its first unfinished stage."""
        with self._write() as db:
            db.execute(QUEUE_JOB, (take_id, Stage.SYNC.value, utc_now()))

    def queue_import(self, take_id: str, card: str) -> None:
        """A card's films are to be added to the take; the job that it has stays as it is until they are."""
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO imports VALUES (?, ?, 0, ?)", (take_id, card, utc_now()))

    def imports(self) -> tuple[Import, ...]:
        rows = self._db.execute("SELECT take_id, card, attempts FROM imports ORDER BY queued_at, take_id")
        return tuple(Import(*row) for row in rows.fetchall())

    def claim_import(self) -> Import | None:
        """The oldest one; until it is ended it stays in the journal, and a new worker takes it up again."""
        waiting = self.imports()
        if not waiting:
            return None  # asked all the time: take no lock for nothing
        with self._write() as db:
            db.execute("UPDATE imports SET attempts=attempts+1 WHERE take_id=?", (waiting[0].take_id,))
        return replace(waiting[0], attempts=waiting[0].attempts + 1)

    def release_import(self, take_id: str) -> None:
        """The worker is told to leave, and that was no crash."""
        with self._write() as db:
            db.execute("UPDATE imports SET attempts=attempts-1 WHERE take_id=?", (take_id,))

    def end_import(self, take_id: str) -> None:
        """Nothing came of it: the take and its job stay as they are."""
        with self._write() as db:
            db.execute("DELETE FROM imports WHERE take_id=?", (take_id,))

    def imported(self, take_id: str) -> None:
        """The take has more films of a camera now: its own film is to be made again."""
        with self._write() as db:
            db.execute("DELETE FROM imports WHERE take_id=?", (take_id,))
            db.execute("DELETE FROM artifacts WHERE take_id=?", (take_id,))
            db.execute(
                "UPDATE takes SET has_camera=1, note='', state=? WHERE id=?",
                (TakeState.RECORDED.value, take_id),
            )
            db.execute(QUEUE_JOB, (take_id, Stage.SYNC.value, utc_now()))

    def claim_job(self) -> Job | None:
        """The oldest job that can run now, marked as running; one that killed its worker too often fails."""
        with self._write() as db:
            row = db.execute(
                "SELECT take_id FROM jobs WHERE state='queued' ORDER BY queued_at, take_id LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            db.execute("UPDATE jobs SET state='running', attempts=attempts+1 WHERE take_id=?", row)
        return self.job(row[0])

    def release_job(self, take_id: str) -> None:
        """The worker is told to leave: its job runs again at the next start, and that was no crash."""
        with self._write() as db:
            db.execute(
                "UPDATE jobs SET state='queued', attempts=attempts-1 WHERE take_id=? AND state='running'",
                (take_id,),
            )

    def came_further(self, take_id: str) -> None:
        """The job finished a part that a later run need not do again: earlier crashes do not count."""
        with self._write() as db:
            db.execute("UPDATE jobs SET attempts=1 WHERE take_id=? AND attempts>1", (take_id,))

    def requeue_broken(self) -> tuple[str, ...]:
        """At the worker's start: jobs that died with the last worker run again, but not for ever."""
        with self._write() as db:
            given_up = db.execute(
                "SELECT take_id FROM jobs WHERE state='running' AND attempts>=?", (ATTEMPTS_LIMIT,)
            ).fetchall()
            issue = ISSUE.dump_json(gave_up_issue()).decode()
            db.execute(
                "UPDATE jobs SET state='failed', issue=? WHERE state='running' AND attempts>=?",
                (issue, ATTEMPTS_LIMIT),
            )
            db.executemany("UPDATE takes SET state='failed' WHERE id=?", given_up)
            db.execute("UPDATE jobs SET state='queued' WHERE state='running'")
        return tuple(row[0] for row in given_up)

    def job(self, take_id: str) -> Job | None:
        row = self._db.execute("SELECT * FROM jobs WHERE take_id=?", (take_id,)).fetchone()
        return to_job(row) if row else None

    def jobs(self) -> tuple[Job, ...]:
        rows = self._db.execute("SELECT * FROM jobs ORDER BY queued_at, take_id").fetchall()
        return tuple(to_job(row) for row in rows)

    def set_stage(self, take_id: str, stage: Stage) -> None:
        with self._write() as db:
            db.execute("UPDATE jobs SET stage=? WHERE take_id=?", (stage.value, take_id))

    def end_job(self, take_id: str, state: str, issue: Issue | None = None) -> None:
        """``state``: done, failed or waiting (for a stick)."""
        text = ISSUE.dump_json(issue).decode() if issue else None
        with self._write() as db:
            db.execute("UPDATE jobs SET state=?, issue=? WHERE take_id=?", (state, text, take_id))

    def wake_waiting(self) -> int:
        """A stick came: the jobs that waited for one are queued; says how many."""
        if not any(job.state == "waiting" for job in self.jobs()):
            return 0  # asked several times a second: take no lock for nothing
        with self._write() as db:
            return db.execute("UPDATE jobs SET state='queued', attempts=0 WHERE state='waiting'").rowcount

    def put_artifacts(self, take_id: str, artifacts: tuple[Artifact, ...]) -> None:
        rows = [(take_id, a.role.value, a.path, a.sha256, a.size_bytes) for a in artifacts]
        with self._write() as db:
            db.execute("DELETE FROM artifacts WHERE take_id=?", (take_id,))
            db.executemany("INSERT INTO artifacts VALUES (?, ?, ?, ?, ?)", rows)

    def artifacts(self, take_id: str) -> tuple[Artifact, ...]:
        rows = self._db.execute(
            "SELECT path, role, sha256, size_bytes FROM artifacts WHERE take_id=? ORDER BY rowid", (take_id,)
        ).fetchall()
        return tuple(Artifact(r[0], ArtifactRole(r[1]), r[2], r[3]) for r in rows)

    def put_receipt(self, receipt: Receipt) -> None:
        with self._write() as db:
            db.execute(
                "INSERT INTO receipts VALUES (?, ?, ?)",
                (receipt.take_id, receipt.verified_at, RECEIPT.dump_json(receipt).decode()),
            )

    def receipts(self, take_id: str) -> tuple[Receipt, ...]:
        rows = self._db.execute("SELECT receipt FROM receipts WHERE take_id=? ORDER BY rowid", (take_id,))
        return tuple(RECEIPT.validate_json(row[0]) for row in rows.fetchall())


def to_job(row: tuple[str, str, str, int, str | None, str]) -> Job:
    issue = ISSUE.validate_json(row[4]) if row[4] else None
    return Job(row[0], row[1], Stage(row[2]), row[3], issue)


def file_number(path: Path) -> int:
    """Another one for another file; 0 for none."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def broken(path: Path, error: Exception) -> Problem:
    return Problem(
        "journal-broken",
        "The box's journal cannot be read",
        f"{path} is damaged ({error}).",
        "Start the recorder: it puts the file aside and finds the takes again in their folders.",
    )


def closed(path: Path, error: Exception) -> Problem:
    return Problem(
        "journal-closed",
        "The box's journal cannot be opened",
        f"{path}: {error}.",
        "Make room on the box's disk and see that it can be written to; then start again.",
    )


def gave_up_issue() -> Issue:
    return Problem(
        "job-gave-up",
        "The film of this take could not be made",
        f"The worker died {ATTEMPTS_LIMIT} times while making it.",
        "The recording is safe. Press retry on the page; if it happens again, send the support file.",
    ).issue
