"""The spool: takes begun, handed over, found again; and what the page lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.control.spool import Spool
from appliance.control.taking import Taking
from appliance.core.config import Config
from appliance.core.journal import Journal
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.types import Artifact, ArtifactRole, Issue, Role, Segment, Severity, Take, TakeState
from appliance.takes.store import save_take
from tests.unit.control.conftest import ManualClock

TAPE = Segment(Role.TAPE, 0, "tape-00.mkv", 0.0, 4.0, 100, 0, True)
CAMERA = Segment(Role.CAMERA, 0, "camera-00.mkv", 0.0, 4.0, 120, 0, True)


@pytest.fixture
def spool(paths: Paths) -> Iterator[Spool]:
    made = Spool(paths, Config())
    yield made
    made.close()


@pytest.fixture
def journal(paths: Paths) -> Iterator[Journal]:
    paths.make()
    opened = Journal(paths.journal)
    yield opened
    opened.close()


class Truth:
    def truth(self, tape_start_s: float, camera_start_s: float) -> tuple[float, float]:
        return tape_start_s - camera_start_s, 80.0


def ended(spool: Spool, *segments: Segment) -> Taking:
    taking = Taking(spool.new_take(), Path(), ManualClock())
    taking.folder = spool.folder(taking.take.id)
    taking.take = replace(taking.take, segments=segments, state=TakeState.RECORDED, ended_by="button")
    save_take(taking.take, taking.folder)
    return taking


def on_disk(paths: Paths, take: Take) -> Path:
    paths.take(take.id).mkdir(parents=True)
    save_take(take, paths.take(take.id))
    return paths.take(take.id)


def test_a_take_is_listed_from_its_beginning_and_has_a_job_when_it_ends(
    spool: Spool, journal: Journal
) -> None:
    taking = ended(spool, TAPE, CAMERA)
    assert [(s.state, s.duration_s) for s in spool.summaries()] == [(TakeState.RECORDING, 0.0)]
    assert spool.idle()
    spool.hand_over(taking, None)
    listed = spool.summaries()[0]
    assert (listed.state, listed.duration_s, listed.has_camera) == (TakeState.RECORDED, 4.0, True)
    job = journal.job(taking.take.id)
    assert job is not None
    assert job.state == "queued"
    assert not spool.idle()


def test_handing_over_saves_what_could_not_be_saved_before(spool: Spool, paths: Paths) -> None:
    taking = ended(spool, TAPE)
    (taking.folder / "take.json").unlink()
    taking.saved = False
    spool.hand_over(taking, None)
    assert (taking.folder / "take.json").is_file()


def test_a_simulated_world_tells_how_tape_and_camera_really_lie(spool: Spool) -> None:
    taking = ended(spool, TAPE, CAMERA)
    heading = "sequence,timestamp_s,bytes,lost_before,flags\n"
    (taking.folder / "tape-00.csv").write_text(f"{heading}0,7.5,10,0,\n")
    (taking.folder / "camera-00.csv").write_text(f"{heading}0,5.0,10,0,\n")
    spool.hand_over(taking, Truth())
    assert (taking.folder / "truth.json").read_text() == '{"offset_s": 2.5, "drift_ppm": 80.0}'


def test_a_truth_that_cannot_be_told_keeps_no_take_back(spool: Spool, journal: Journal) -> None:
    taking = ended(spool, TAPE, CAMERA)
    for name in ("tape-00.csv", "camera-00.csv"):
        (taking.folder / name).write_text("sequence,timestamp_s,bytes,lost_before,flags\n")
    spool.hand_over(taking, Truth())
    assert journal.job(taking.take.id) is not None


def test_what_is_discarded_leaves_nothing(spool: Spool, paths: Paths) -> None:
    spool.discard(ended(spool))
    assert spool.summaries() == ()
    assert list(paths.takes.iterdir()) == []


def test_a_lost_journal_is_made_again_from_the_folders(spool: Spool, paths: Paths, journal: Journal) -> None:
    on_disk(paths, Take("a", "2026-01-01T00:00:00+00:00", TakeState.RECORDED, (TAPE,)))
    on_disk(paths, Take("b", "2026-01-02T00:00:00+00:00", TakeState.FAILED))
    assert spool.recover().open_take is None
    assert [take.id for take in spool.summaries()] == ["a"]
    assert [job.take_id for job in journal.jobs()] == ["a"]


def test_finished_takes_are_left_alone_by_a_start(spool: Spool, journal: Journal) -> None:
    taking = ended(spool, TAPE)
    spool.hand_over(taking, None)
    journal.set_state(taking.take.id, TakeState.DELIVERED)
    journal.end_job(taking.take.id, "done")
    spool.recover()
    job = journal.job(taking.take.id)
    assert job is not None
    assert job.state == "done"
    assert spool.summaries()[0].state is TakeState.DELIVERED


def test_an_entry_without_a_folder_goes(spool: Spool, paths: Paths) -> None:
    taking = ended(spool, TAPE)
    (taking.folder / "take.json").unlink()
    spool.recover()
    assert spool.summaries() == ()


def test_only_the_latest_of_two_open_takes_goes_on(spool: Spool, paths: Paths, journal: Journal) -> None:
    for name in ("a", "b"):
        on_disk(paths, Take(name, f"2026-01-01T00:00:0{ord(name) % 10}+00:00", TakeState.RECORDING, (TAPE,)))
    recovered = spool.recover()
    assert recovered.open_take is not None
    assert recovered.open_take.id == "b"
    assert [job.take_id for job in journal.jobs()] == ["a"]
    assert [issue.code for issue in recovered.issues] == ["take-recovered"], "of a, which does not go on"


@pytest.mark.parametrize("state", ["done", "failed", "waiting"])
def test_a_job_that_has_ended_may_run_again(spool: Spool, journal: Journal, state: str) -> None:
    taking = ended(spool, TAPE)
    spool.hand_over(taking, None)
    journal.end_job(taking.take.id, state)
    spool.retry(taking.take.id)
    job = journal.job(taking.take.id)
    assert job is not None
    assert job.state == "queued"


def test_a_retry_of_nothing_makes_no_job(spool: Spool, journal: Journal) -> None:
    with pytest.raises(Problem) as caught:
        spool.retry("nothing")
    assert caught.value.issue.code == "no-such-take"
    assert journal.jobs() == ()


@pytest.mark.parametrize(
    ("state", "code", "refused"),
    [
        ("waiting", "stick-full", True),
        ("waiting", "stick-absent", False),
        ("failed", "model-damaged", False),
        ("done", "", False),
    ],
)
def test_whether_it_was_the_stick_that_refused(
    spool: Spool, journal: Journal, state: str, code: str, refused: bool
) -> None:
    taking = ended(spool, TAPE)
    spool.hand_over(taking, None)
    journal.end_job(taking.take.id, state, Issue(code, Severity.ERROR, "", "", "") if code else None)
    assert spool.refused_by_stick(taking.take.id) is refused
    assert not spool.refused_by_stick("unknown")


def test_files_are_named_as_the_page_asks_for_them(spool: Spool, journal: Journal) -> None:
    taking = ended(spool, TAPE)
    files = {
        "tape-00.mkv": ArtifactRole.MASTER,
        "tape-01.mkv": ArtifactRole.MASTER,
        "film.mp4": ArtifactRole.ACCESS,
        "before.jpg": ArtifactRole.STILL,
        "after.jpg": ArtifactRole.STILL,
    }
    journal.put_artifacts(taking.take.id, tuple(Artifact(n, role, "0" * 64, 1) for n, role in files.items()))
    assert spool.summaries()[0].files == {
        "master": "tape-00.mkv",
        "access": "film.mp4",
        "before": "before.jpg",
        "after": "after.jpg",
    }
