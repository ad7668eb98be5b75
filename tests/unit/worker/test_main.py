"""The worker: how a job ends, what stands between jobs, and leaving in the middle of one."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from appliance.core.problems import Problem
from appliance.core.snapshot import JobProgress
from appliance.core.types import Issue, Severity, Stage, TakeState
from appliance.worker import main as module
from appliance.worker.main import Worker

LIMIT_S = 20.0
STEP = JobProgress("t", Stage.ENHANCE, 0.5, "half")


@dataclass
class Ear:
    """Stands for the connection to the recorder."""

    work: threading.Event = field(default_factory=threading.Event)
    said: list[tuple[JobProgress | None, list[str]]] = field(default_factory=list)
    closed: bool = False

    def tell(self, progress: JobProgress | None, issues: tuple[Issue, ...]) -> None:
        self.said.append((progress, [issue.code for issue in issues]))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Ear:
    made = Ear()
    monkeypatch.setattr(module, "Reporter", lambda socket: made)
    return made


def problem(code: str, severity: Severity = Severity.ERROR) -> Problem:
    return Problem(code, "Title", "Cause.", "Remedy.", severity)


@pytest.fixture
def run(box: Any, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Worker]:
    """Runs a worker until there is nothing left to do; ``films`` and ``delivery`` stand for the stages."""

    def go(
        films: Callable[..., Any] = lambda *a: (), delivery: Callable[..., Any] = lambda *a: None
    ) -> Worker:
        monkeypatch.setattr(module, "make_films", films)
        monkeypatch.setattr(module, "deliver_take", delivery)
        worker = Worker(box.paths, box.config, box.sticks)
        monkeypatch.setattr(ear.work, "wait", lambda timeout: worker.stop())
        worker.run()
        return worker

    return go


def raising(error: BaseException) -> Callable[..., Any]:
    def work(*arguments: Any) -> Any:
        raise error

    return work


def test_a_job_that_goes_well_is_done(run: Callable[..., Worker], box: Any, ear: Ear) -> None:
    run(lambda *a: (problem("camera-other", Severity.NOTICE).issue,))
    assert box.job().state == "done"
    assert ear.said[-1] == (None, ["camera-other"])
    assert ear.closed
    assert not (box.paths.run / "worker.pid").exists()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (problem("model-damaged"), "model-damaged"),
        (ValueError("odd"), "job-failed"),
        (OSError(errno.ENOSPC, "No space left on device", "key"), "disk-full"),
        (OSError(errno.EIO, "Input/output error", "key"), "disk-failed"),
        (OSError(errno.ENOENT, "No such file"), "job-failed"),
    ],
)
def test_a_trouble_ends_the_job_with_its_name(
    error: Exception, code: str, run: Callable[..., Worker], box: Any, ear: Ear
) -> None:
    run(raising(error))
    job = box.job()
    assert (job.state, job.issue.code) == ("failed", code)
    assert box.state() is TakeState.FAILED
    assert ear.said[-1] == (None, [code])


def test_a_trouble_of_the_stick_waits(run: Callable[..., Worker], box: Any, ear: Ear) -> None:
    run(delivery=raising(problem("stick-full")))
    job = box.job()
    assert (job.state, job.issue.code) == ("waiting", "stick-full")
    assert box.state() is not TakeState.FAILED
    assert ear.said[-1] == (None, ["stick-full"])


@pytest.mark.parametrize(
    ("code", "left"), [("source-changed", False), ("source-lost", False), ("not-a-film", True)]
)
def test_a_finished_film_that_changed_is_made_again_by_a_retry(
    code: str, left: bool, run: Callable[..., Worker], box: Any
) -> None:
    from appliance.core.types import Artifact, ArtifactRole

    take_id = box.journal.takes()[0].id
    box.journal.put_artifacts(take_id, (Artifact("film.mp4", ArtifactRole.ACCESS, "00", 1),))
    run(delivery=raising(problem(code)))
    assert bool(box.journal.artifacts(take_id)) is left


def test_a_job_that_waits_for_a_stick_says_so_after_a_restart(
    run: Callable[..., Worker], box: Any, ear: Ear
) -> None:
    run(delivery=raising(problem("stick-absent")))
    ear.said.clear()
    run(raising(AssertionError("it waits")))
    assert ear.said[0] == (None, ["stick-absent"])


def second_take(box: Any) -> None:
    from dataclasses import replace

    box.journal.put_take(replace(box.journal.takes()[0], id="2026-11-21-002"))
    box.journal.queue_job("2026-11-21-002")


def test_a_failure_stands_while_the_next_job_runs_and_a_notice_does_not(
    run: Callable[..., Worker], box: Any, ear: Ear
) -> None:
    second_take(box)
    notice, failure = problem("camera-other", Severity.NOTICE).issue, problem("film-wrong")

    def films(take_id: str, *more: Any) -> tuple[Issue, ...]:
        return (notice,) if take_id.endswith("1") else ()

    def delivery(take_id: str, *more: Any) -> None:
        if take_id.endswith("1"):
            raise failure

    run(films, delivery)
    assert ear.said[0] == (None, ["camera-other", "film-wrong"])
    assert ear.said[-1] == (None, ["film-wrong"])


def test_a_stick_that_came_is_not_missed_any_more_when_the_jobs_go_on(
    run: Callable[..., Worker], box: Any, ear: Ear
) -> None:
    second_take(box)
    run(delivery=raising(problem("stick-absent")))
    box.journal.wake_waiting()
    ear.said.clear()
    said_in_job: list[list[str]] = []
    worker: list[Worker] = []

    def films(
        take_id: str, paths: Any, config: Any, journal: Any, progress: Any, *more: Any
    ) -> tuple[Issue, ...]:
        progress(Stage.ENHANCE, 0.5, take_id)
        said_in_job.append(ear.said[-1][1])
        return ()

    worker.append(run(films))
    assert said_in_job == [[], []]


@pytest.mark.parametrize("leaving", [SystemExit(0), KeyboardInterrupt()])
def test_leaving_in_the_middle_of_a_job_is_no_crash(
    leaving: BaseException, run: Callable[..., Worker], box: Any, ear: Ear
) -> None:
    for _ in range(5):
        with pytest.raises(type(leaving)):
            run(raising(leaving))
        assert (box.job().state, box.job().attempts) == ("queued", 0)
    assert ear.closed
    run()
    assert box.job().state == "done"


def test_a_worker_that_was_told_to_stop_leaves_at_the_next_step(
    run: Callable[..., Worker], box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the signal's exception got lost, in a destructor say."""
    stop: list[Callable[[], None]] = []
    real = Worker.__init__

    def remember(worker: Worker, *arguments: Any) -> None:
        real(worker, *arguments)
        stop.append(worker.stop)

    monkeypatch.setattr(Worker, "__init__", remember)

    def films(take_id: str, paths: Any, config: Any, journal: Any, progress: Any, *more: Any) -> None:
        stop[0]()
        progress(Stage.ENHANCE, 0.5, "on and on")
        raise AssertionError("it went on")

    with pytest.raises(SystemExit):
        run(films)
    assert box.job().state == "queued"


def test_a_worker_that_dies_again_and_again_gives_up(run: Callable[..., Worker], box: Any, ear: Ear) -> None:
    for _ in range(3):
        assert box.journal.claim_job() is not None
        if box.job().attempts < 3:
            box.journal.requeue_broken()
    run(raising(AssertionError("given up")))
    assert (box.job().state, box.job().issue.code) == ("failed", "job-gave-up")
    assert ear.said[0] == (None, ["job-gave-up"])


@pytest.fixture
def asked(box: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], None]:
    """Somebody asked for a card; ``clips`` stands for the copying of it."""

    def ask(clips: Callable[..., Any]) -> None:
        box.journal.end_job(box.job().take_id, "done")
        box.journal.set_state(box.job().take_id, TakeState.DELIVERED)
        box.journal.queue_import(box.job().take_id, "/media/card")
        monkeypatch.setattr(module, "import_clips", clips)

    return ask


def test_a_card_that_was_copied_becomes_a_film_at_once(
    run: Callable[..., Worker], box: Any, ear: Ear, asked: Callable[..., None]
) -> None:
    notice = problem("camera-broken", Severity.NOTICE).issue

    def clips(wanted: Any, paths: Any, journal: Any, progress: Any, quiet: Callable[[], None]) -> Any:
        quiet()
        progress(Stage.IMPORT, 0.5, "half of the card")
        journal.imported(wanted.take_id)
        return (notice,)

    asked(clips)
    made: list[str] = []
    run(lambda take_id, *more: made.append(take_id) or ())
    assert made == [box.job().take_id]
    assert (box.job().state, box.journal.imports()) == ("done", ())
    steps = [(progress.stage, progress.fraction) for progress, _ in ear.said if progress]
    assert steps == [(Stage.IMPORT, 0.5)]
    assert ear.said[-1] == (None, ["camera-broken"]), "it is of this very film"


@pytest.mark.parametrize(
    ("error", "code"),
    [(problem("card-gone", Severity.WARNING), "card-gone"), (ValueError("odd"), "card-failed")],
)
def test_a_card_that_brings_trouble_leaves_take_and_job_alone(
    error: Exception,
    code: str,
    run: Callable[..., Worker],
    box: Any,
    ear: Ear,
    asked: Callable[..., None],
) -> None:
    asked(raising(error))
    run(raising(AssertionError("there is no film to make")))
    assert (box.job().state, box.state(), box.journal.imports()) == ("done", TakeState.DELIVERED, ())
    assert ear.said[-1] == (None, [code])


def test_the_trouble_of_a_card_goes_when_another_film_begins(
    run: Callable[..., Worker], box: Any, ear: Ear, asked: Callable[..., None]
) -> None:
    asked(raising(problem("card-gone", Severity.WARNING)))
    second_take(box)
    run()
    assert ear.said[-1] == (None, [])


def test_leaving_in_the_middle_of_a_card_is_no_crash(
    run: Callable[..., Worker], box: Any, ear: Ear, asked: Callable[..., None]
) -> None:
    asked(raising(SystemExit(0)))
    with pytest.raises(SystemExit):
        run()
    assert [wanted.attempts for wanted in box.journal.imports()] == [0]


def test_while_a_tape_is_recorded_no_card_is_copied(
    run: Callable[..., Worker], box: Any, ear: Ear, asked: Callable[..., None]
) -> None:
    from dataclasses import replace

    asked(raising(AssertionError("not now")))
    box.journal.put_take(replace(box.journal.takes()[0], id="now", state=TakeState.RECORDING))
    run()
    assert [wanted.attempts for wanted in box.journal.imports()] == [0]


def test_the_whole_job_with_the_real_stages(box: Any, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    beats: list[int] = []
    worker = Worker(box.paths, box.config, box.sticks, lambda: beats.append(1))
    monkeypatch.setattr(ear.work, "wait", lambda timeout: worker.stop())
    worker.run()
    assert box.job().state == "done"
    assert box.state() is TakeState.DELIVERED
    fractions = [progress.fraction for progress, _ in ear.said if progress is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    assert len(beats) > 5
    assert box.job().stage is Stage.DELIVER


def test_the_reporter_connects_again_says_the_last_word_and_hears_of_work(box: Any) -> None:
    from appliance.core import wire
    from appliance.worker.main import Reporter

    def accept() -> socket.socket:
        connection, _ = listener.accept()
        connection.settimeout(LIMIT_S)
        return connection

    def hear(connection: socket.socket) -> list[Any]:
        file = connection.makefile("rb")
        return [wire.decode_to(file.readline()) for _ in range(2)]

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(box.paths.socket))
        listener.listen()
        listener.settimeout(LIMIT_S)
        reporter = Reporter(box.paths.socket)
        first = accept()
        assert hear(first) == [wire.Hello("worker"), wire.JobReport(None)]
        assert reporter.work.wait(LIMIT_S), "a recorder that came may have work"
        reporter.work.clear()
        first.sendall(wire.encode_from(wire.JobsChanged()))
        assert reporter.work.wait(LIMIT_S)
        reporter.tell(STEP, ())
        first.close()
        second = accept()
        assert hear(second)[1] == wire.JobReport(STEP, ())
        reporter.close()
        second.close()
    assert "reporter" not in [thread.name for thread in threading.enumerate()]


def test_a_real_worker_that_is_told_to_leave_puts_its_job_down_in_order(
    box: Any, write_film: Callable[..., Path]
) -> None:
    write_film("tape-00.mkv", range(300), sound_s=12.0).rename(box.folder / "tape-00.mkv")
    box.paths.site_config.parent.mkdir(parents=True)
    box.paths.site_config.write_text("[work]\nchunk_s = 0.2\nnice = 0\n[enhance]\nthreads = 1\n")
    environment = dict(os.environ, TWINREEL_ROOT=str(box.paths.root))
    process = subprocess.Popen([sys.executable, "-m", "appliance", "worker"], env=environment)
    until_s = time.monotonic() + 60
    while not (box.folder / "work/piece-00/00001.json").exists():
        assert process.poll() is None
        assert time.monotonic() < until_s
        time.sleep(0.02)
    process.terminate()
    assert process.wait(LIMIT_S) == 0
    assert (box.job().state, box.job().attempts) == ("queued", 0)
    assert not list(box.folder.rglob("*.part"))
    assert not (box.paths.run / "worker.pid").exists()
