"""The journal: claims, crashes, waiting; and its invariants under any order of calls."""

import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from appliance.core.journal import ATTEMPTS_LIMIT, Import, Journal, TakeRow
from appliance.core.problems import Problem
from appliance.core.types import Artifact, ArtifactRole, Issue, Receipt, Severity, Stage, TakeState


@pytest.fixture
def journal(tmp_path: Path):
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def row(take_id: str, created_at: str = "2026-01-01T00:00:00+00:00") -> TakeRow:
    return TakeRow(take_id, created_at, TakeState.RECORDED, 12.5, False, False, "")


def test_what_is_written_is_there_after_a_restart(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.db")
    first.put_take(row("a"))
    first.queue_job("a")
    first.set_stage("a", Stage.ENHANCE)
    first.close()
    second = Journal(tmp_path / "journal.db")
    assert second.takes() == (row("a"),)
    assert second.job("a").stage is Stage.ENHANCE
    second.close()


def test_takes_are_listed_newest_first(journal: Journal) -> None:
    journal.put_take(row("a", "2026-01-01"))
    journal.put_take(row("b", "2026-01-02"))
    assert [take.id for take in journal.takes()] == ["b", "a"]


def test_two_workers_never_get_the_same_job(tmp_path: Path) -> None:
    seed = Journal(tmp_path / "journal.db")
    for number in range(20):
        seed.put_take(row(str(number)))
        seed.queue_job(str(number))
    claimed: list[str] = []

    def work() -> None:
        mine = Journal(tmp_path / "journal.db")
        while (job := mine.claim_job()) is not None:
            claimed.append(job.take_id)
        mine.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    seed.close()
    assert sorted(claimed) == sorted(str(n) for n in range(20))


def test_a_card_is_taken_up_again_by_the_next_worker_until_it_is_ended(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.db")
    for take_id in ("a", "b"):
        first.put_take(row(take_id))
        first.queue_import(take_id, f"/media/{take_id}")
    assert first.claim_import() == Import("a", "/media/a", 1)
    first.close()  # it died
    second = Journal(tmp_path / "journal.db")
    assert second.claim_import() == Import("a", "/media/a", 2)
    second.release_import("a")
    assert second.claim_import() == Import("a", "/media/a", 2), "a worker that was told to leave is no crash"
    second.end_import("a")
    assert second.claim_import() == Import("b", "/media/b", 1)
    second.queue_import("b", "/media/other")
    assert second.imports() == (Import("b", "/media/other", 0),), "somebody asked again"
    second.end_import("b")
    assert second.claim_import() is None
    second.close()


def test_a_card_that_kills_its_worker_is_hopeless_in_the_end(journal: Journal) -> None:
    journal.put_take(row("a"))
    journal.queue_import("a", "/media/a")
    claims = [journal.claim_import() for _ in range(ATTEMPTS_LIMIT + 1)]
    assert [claim.hopeless for claim in claims] == [False] * ATTEMPTS_LIMIT + [True]


@pytest.mark.parametrize("state", ["done", "failed", "waiting"])
def test_an_asked_for_card_leaves_the_job_alone_until_its_films_are_there(
    journal: Journal, state: str
) -> None:
    journal.put_take(row("a"))
    journal.put_artifacts("a", (Artifact("film.mp4", ArtifactRole.ACCESS, "00", 1),))
    journal.set_state("a", TakeState.DELIVERED, "Restored from the tape alone.")
    journal.queue_job("a")
    journal.end_job("a", state)
    journal.queue_import("a", "/media/a")
    assert journal.claim_job() is None
    assert journal.takes()[0].state is TakeState.DELIVERED
    journal.imported("a")
    assert journal.claim_job().take_id == "a"
    take = journal.takes()[0]
    assert (take.state, take.has_camera, take.note) == (TakeState.RECORDED, True, "")
    assert journal.artifacts("a") == ()
    assert journal.imports() == ()


def test_a_job_that_kills_its_worker_is_given_up_with_a_reason(journal: Journal) -> None:
    journal.put_take(row("a"))
    journal.queue_job("a")
    for _ in range(ATTEMPTS_LIMIT):
        assert journal.claim_job().take_id == "a"
        given_up = journal.requeue_broken()
    assert given_up == ("a",)
    assert journal.claim_job() is None
    assert journal.job("a").issue.code == "job-gave-up"
    assert journal.takes()[0].state is TakeState.FAILED


def test_a_stick_wakes_only_the_jobs_that_wait_for_one(journal: Journal) -> None:
    issue = Issue("stick-absent", Severity.ERROR, "t", "c", "r")
    for take_id, state in (("a", "waiting"), ("b", "failed"), ("c", "done")):
        journal.put_take(row(take_id))
        journal.queue_job(take_id)
        journal.claim_job()
        journal.end_job(take_id, state, issue)
    assert journal.wake_waiting() == 1
    assert journal.claim_job().take_id == "a"
    assert journal.claim_job() is None


def test_artifacts_and_receipts_come_back_as_they_were(journal: Journal) -> None:
    artifact = Artifact("film.mp4", ArtifactRole.ACCESS, "ab" * 32, 123)
    receipt = Receipt("a", "Stick", "/media/stick/a", (artifact,), "2026-01-01T00:00:00+00:00")
    journal.put_take(row("a"))
    journal.put_artifacts("a", (artifact,))
    journal.put_artifacts("a", (artifact,))
    journal.put_receipt(receipt)
    assert journal.artifacts("a") == (artifact,)
    assert journal.receipts("a") == (receipt,)


def test_a_removed_take_leaves_nothing(journal: Journal) -> None:
    journal.put_take(row("a"))
    journal.queue_job("a")
    journal.remove_take("a")
    assert journal.takes() == ()
    assert journal.job("a") is None


def test_a_damaged_journal_is_a_problem_with_a_name(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"this is no database, it only looks like a file" * 100)
    with pytest.raises(Problem) as caught:
        Journal(tmp_path / "journal.db")
    assert caught.value.issue.code == "journal-broken"


def test_a_journal_that_another_process_writes_to_is_waited_for_and_then_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.core.journal.BUSY_S", 0.05)
    ours, theirs = Journal(tmp_path / "journal.db"), Journal(tmp_path / "journal.db")
    with theirs._write():
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            ours.put_take(row("a"))
        assert ours.takes() == (), "reading goes on"
    ours.put_take(row("a"))
    assert [take.id for take in theirs.takes()] == ["a"]
    ours.close()
    theirs.close()


def test_a_write_that_fails_leaves_nothing_half_done_and_the_next_one_works(journal: Journal) -> None:
    def half(error: Exception | None) -> None:
        with journal._write() as db:
            db.execute("INSERT INTO takes (id, created_at, state) VALUES ('half', '2026', 'recorded')")
            if error is None:
                db.execute("ROLLBACK")  # as SQLite does by itself when the disk is full
            else:
                raise error

    with pytest.raises(ValueError, match="on the way"):
        half(ValueError("on the way"))
    with pytest.raises(sqlite3.OperationalError, match="cannot commit"):
        half(None)
    journal.put_take(row("a"))
    assert [take.id for take in journal.takes()] == ["a"]


def test_threads_of_one_process_write_one_after_the_other(journal: Journal) -> None:
    troubles: list[Exception] = []

    def write(name: str) -> None:
        try:
            for number in range(20):
                journal.put_take(row(f"{name}{number}"))
                journal.wake_waiting()
        except sqlite3.Error as error:
            troubles.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert troubles == []
    assert len(journal.takes()) == 60


def test_waking_takes_no_lock_when_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recorder asks five times a second while a stick is plugged in."""
    monkeypatch.setattr("appliance.core.journal.BUSY_S", 0.05)
    ours, theirs = Journal(tmp_path / "journal.db"), Journal(tmp_path / "journal.db")
    with theirs._write():
        assert ours.wake_waiting() == 0
    ours.close()
    theirs.close()


class JournalMachine(RuleBasedStateMachine):
    """Whatever happens in whatever order: a job is in one state, and none is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.journal = Journal(Path(":memory:"))
        self.queued: set[str] = set()
        self.running: str | None = None

    @rule(take_id=st.sampled_from("abcd"))
    def record(self, take_id: str) -> None:
        if take_id in self.queued or take_id == self.running:
            return
        self.journal.put_take(row(take_id))
        self.journal.queue_job(take_id)
        self.queued.add(take_id)

    @precondition(lambda self: self.running is None)
    @rule()
    def claim(self) -> None:
        job = self.journal.claim_job()
        assert (job is None) == (not self.queued)
        if job is not None:
            self.queued.remove(job.take_id)
            self.running = job.take_id

    @precondition(lambda self: self.running is not None)
    @rule(state=st.sampled_from(["done", "failed", "waiting"]))
    def end(self, state: str) -> None:
        self.journal.end_job(self.running, state)
        self.running = None

    @rule()
    def worker_restarts(self) -> None:
        given_up = self.journal.requeue_broken()
        if self.running is not None and self.running not in given_up:
            self.queued.add(self.running)
        self.running = None

    @rule()
    def stick_comes(self) -> None:
        before = {job.take_id for job in self.journal.jobs() if job.state == "waiting"}
        assert self.journal.wake_waiting() == len(before)
        self.queued |= before

    @invariant()
    def states_agree(self) -> None:
        jobs = {job.take_id: job.state for job in self.journal.jobs()}
        assert {take for take, state in jobs.items() if state == "queued"} == self.queued
        running = {take for take, state in jobs.items() if state == "running"}
        assert running == ({self.running} if self.running else set())

    def teardown(self) -> None:
        self.journal.close()


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
