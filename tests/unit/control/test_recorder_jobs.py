"""The recorder, the worker's reports and the stick: what the box shows, and which job is woken when."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

from appliance.core.snapshot import BoxState, Command, CommandName, StickStatus
from appliance.core.types import Issue, Severity, Stage, TakeState
from tests.unit.control.conftest import VCR, Box, Stick, Worker, codes

S = BoxState
FULL = Issue("stick-full", Severity.ERROR, "The stick is full", "", "Make room.")
NONE = Issue("stick-absent", Severity.ERROR, "There is no stick", "", "Plug one in.")
DAMAGED = Issue("model-damaged", Severity.ERROR, "The model is damaged", "", "Install again.")
OTHER = Issue("camera-other", Severity.NOTICE, "The tape was restored alone", "", "")


def recorded(box: Box) -> None:
    box.ready(VCR)
    box.record(5)
    box.do(CommandName.STOP)
    box.until_state(S.WORKING)


def test_a_job_makes_the_box_work_and_then_be_done(box: Box, hire: Callable[[], Worker]) -> None:
    recorded(box)
    worker = hire()
    take_id = worker.begin()
    working = box.until(lambda s: s.job, "progress")
    assert (working.state, working.sentence) == (S.WORKING, "Doing enhance.")
    worker.end(take_id)
    assert box.until_state(S.DONE).job is None
    box.do(CommandName.DISMISS)
    assert box.until_state(S.READY).issues == ()


def test_a_camera_notice_leaves_the_box_working_and_done(box: Box, hire: Callable[[], Worker]) -> None:
    recorded(box)
    worker = hire()
    take_id = worker.begin()
    worker.end(take_id, "done", OTHER)
    done = box.until_state(S.DONE)
    assert codes(done) == {"camera-other"}
    assert done.sentence.startswith("Done.")
    box.do(CommandName.DISMISS, "camera-other")
    assert codes(box.now()) == set()


def test_the_worker_is_called_when_a_take_is_handed_over(box: Box, hire: Callable[[], Worker]) -> None:
    box.ready(VCR)
    worker = hire()
    box.record(5)
    box.do(CommandName.STOP)
    assert worker.called()


def test_done_comes_after_the_last_job_only(box: Box, hire: Callable[[], Worker]) -> None:
    recorded(box)
    box.record(5)
    box.do(CommandName.STOP)
    worker = hire()
    first = worker.begin()
    worker.end(first)
    box.until(lambda s: s.job is None and s.state is S.WORKING, "between two jobs")
    second = worker.begin()
    assert second != first
    worker.end(second)
    box.until_state(S.DONE)


def test_a_stick_that_comes_wakes_the_waiting_job_once(box: Box, hire: Callable[[], Worker]) -> None:
    recorded(box)
    worker = hire()
    take_id = worker.begin()
    worker.journal.set_state(take_id, TakeState.FINISHED)
    worker.end(take_id, "waiting", NONE)
    assert box.until_state(S.ATTENTION).sentence == "There is no stick. Plug one in."
    box.slot.stick = Stick()
    assert worker.called()
    assert worker.begin() == take_id
    box.until_state(S.WORKING)
    worker.end(take_id)
    box.until_state(S.DONE)
    box.ticked(10)
    assert not worker.called_again()


def test_a_job_that_ends_waiting_just_as_the_stick_comes_is_woken(
    box: Box, hire: Callable[[], Worker]
) -> None:
    """The worker looked a moment too early: the stick that is there now was never tried."""
    recorded(box)
    worker = hire()
    take_id = worker.begin()
    box.slot.stick = Stick()
    box.until(lambda s: s.stick, "stick")
    worker.end(take_id, "waiting", NONE)
    assert worker.called()
    assert box.job_state() == "queued"


def test_an_unfit_stick_is_not_tried_again_until_it_is_better(box: Box, hire: Callable[[], Worker]) -> None:
    recorded(box)
    box.slot.stick = Stick()
    box.slot.stick.facts = replace(box.slot.stick.facts, free_bytes=10_000_000)
    box.until(lambda s: s.stick, "stick")
    worker = hire()
    take_id = worker.begin()
    worker.end(take_id, "waiting", FULL)
    box.until_issue("stick-full")
    box.ticked(10)
    assert box.job_state() == "waiting"
    box.slot.stick.facts = replace(box.slot.stick.facts, free_bytes=500_000_000)
    assert worker.called()
    assert box.job_state() == "queued"


def test_while_a_job_waits_unseen_another_ones_report_makes_no_stick_unfit(
    box: Box, hire: Callable[[], Worker]
) -> None:
    recorded(box)
    box.record(5)
    box.do(CommandName.STOP)
    worker = hire()
    first = worker.begin()
    worker.end(first, "waiting", FULL)
    box.until_issue("stick-full")
    second = worker.begin()
    box.slot.stick = Stick()
    box.until(lambda s: s.stick, "stick")
    worker.end(second, "done", FULL)
    assert worker.called(), "this stick was never too small for the first take"


def test_films_that_wait_are_named_even_if_the_trouble_was_waved_away(
    box: Box, hire: Callable[[], Worker]
) -> None:
    recorded(box)
    worker = hire()
    take_id = worker.begin()
    worker.journal.set_state(take_id, TakeState.FINISHED)
    worker.end(take_id, "waiting", NONE)
    box.until_state(S.ATTENTION)
    box.do(CommandName.DISMISS, "stick-absent")
    ready = box.until(lambda s: s.state is S.READY and s.takes[0].state is TakeState.FINISHED, "ready")
    assert ready.sentence.endswith("A finished film waits for a stick.")


def test_trouble_of_an_older_take_does_not_flicker_while_the_next_is_made(
    box: Box, hire: Callable[[], Worker]
) -> None:
    recorded(box)
    worker = hire()
    failed = worker.begin()
    worker.end(failed, "failed", DAMAGED)
    box.until_state(S.ATTENTION)
    box.record(5)
    box.do(CommandName.STOP)
    box.until_state(S.ATTENTION)
    since = len(box.states)
    worker.begin(DAMAGED)
    said = box.until(lambda s: s.job, "progress")
    box.ticked(5)
    assert box.states[since:] == []
    assert said.sentence == "The model is damaged. Install again. Meanwhile: Doing enhance."


def test_a_failed_job_needs_a_person_and_runs_again_when_asked(box: Box, hire: Callable[[], Worker]) -> None:
    recorded(box)
    worker = hire()
    take_id = worker.begin()
    worker.end(take_id, "failed", DAMAGED)
    box.until_state(S.ATTENTION)
    box.do(CommandName.RETRY, take_id)
    assert worker.called()
    assert worker.begin() == take_id
    box.until_state(S.WORKING)


def test_retry_is_refused_for_a_take_that_is_not_there_or_is_worked_on(box: Box) -> None:
    recorded(box)
    unknown = box.ask(CommandName.RETRY, "1999-12-31T23-59-59")
    assert unknown is not None
    assert unknown.code == "no-such-take"
    busy = box.ask(CommandName.RETRY, box.takes()[0].name)
    assert busy is not None
    assert busy.code == "take-busy"
    box.record(5)
    recording = box.ask(CommandName.RETRY, box.takes()[-1].name)
    assert recording is not None
    assert recording.code == "take-busy"
    journal = box.journal()
    assert [job.take_id for job in journal.jobs()] == [box.takes()[0].name]
    journal.close()


def test_eject_is_refused_while_files_are_written(box: Box, hire: Callable[[], Worker]) -> None:
    recorded(box)
    box.slot.stick = Stick()
    worker = hire()
    worker.tell(worker.begin(), Stage.DELIVER)
    box.until(lambda s: s.job and s.job.stage is Stage.DELIVER and s.stick, "delivery")
    refused = box.ask(CommandName.EJECT)
    assert refused is not None
    assert refused.code == "stick-busy"
    assert not box.slot.stick.facts.safe_to_remove


def test_eject_then_pull(box: Box) -> None:
    box.ready(VCR)
    box.slot.stick = Stick()
    box.until(lambda s: s.stick, "stick")
    box.do(CommandName.EJECT)
    released = box.until_state(S.EJECTED)
    assert released.stick is not None
    assert released.stick.safe_to_remove
    assert released.sentence == "You may pull out the stick now."
    box.slot.stick = None
    assert box.until_state(S.READY).stick is None


def test_a_released_stick_wakes_nobody(box: Box, hire: Callable[[], Worker]) -> None:
    box.slot.stick = Stick()
    box.slot.stick.facts = StickStatus("Stick", 0, 0, safe_to_remove=True)
    recorded(box)
    worker = hire()
    worker.end(worker.begin(), "waiting", NONE)
    box.until_issue("stick-absent")
    box.ticked(10)
    assert box.job_state() == "waiting"


def test_without_a_stick_there_is_nothing_to_release(box: Box) -> None:
    box.ready(VCR)
    refused = box.ask(CommandName.EJECT)
    assert refused is not None
    assert refused.code == "no-stick"
    assert box.now().state is S.READY


def test_a_stick_that_fails_while_it_is_looked_at_is_no_stick(box: Box) -> None:
    box.ready(VCR)
    box.slot.stick = Stick()
    box.until(lambda s: s.stick, "stick")
    box.slot.stick.trouble = OSError(5, "Input/output error")
    box.until(lambda s: s.stick is None, "no stick")
    box.slot.stick.trouble = ValueError("something that nobody thought of")
    box.ticked()
    box.slot.stick.trouble = None
    box.until(lambda s: s.stick, "stick again")


def test_a_stick_that_does_not_answer_does_not_hold_up_the_recording(box: Box) -> None:
    answers = threading.Event()
    box.ready(VCR)
    stick = Stick()
    asked = threading.Event()

    def hangs() -> StickStatus:
        asked.set()
        answers.wait(20)
        return stick.facts

    stick.status = hangs  # type: ignore[method-assign]
    box.slot.stick = stick
    assert asked.wait(20)
    box.record(5)
    box.do(CommandName.STOP)
    box.until_state(S.WORKING)
    box.ticked()
    answers.set()
    box.until(lambda s: s.stick, "stick")


def test_a_stick_that_is_pulled_just_before_record_leaves_a_box_that_records(box: Box) -> None:
    """Done becomes waiting by the pull, and ready only at the next look round."""
    box.ready(VCR)
    box.slot.stick = Stick()
    box.until(lambda s: s.stick, "stick")
    box.do(CommandName.EJECT)

    async def pull_and_record() -> Issue | None:
        box.slot.stick = None
        box.recorder._stick_seen(None)
        return await box.recorder.command(Command(CommandName.RECORD))

    assert asyncio.run_coroutine_threadsafe(pull_and_record(), box.loop).result(20) is None
    assert box.now().state is S.RECORDING
