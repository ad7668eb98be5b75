"""The job of a take: made once, delivered, and made again only where it has to be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.snapshot import JobProgress
from appliance.core.types import ArtifactRole, Issue, Role, Stage, TakeState
from appliance.encode.digest import sha256_file
from appliance.sim.stick import SimStick
from appliance.takes.store import load_take, save_take
from appliance.worker import job as module
from appliance.worker.job import deliver_take, make_films

WriteFilm = Callable[..., Path]


def make(box: Any, tell: Callable[[JobProgress], None] = lambda step: None) -> tuple[Issue, ...]:
    take_id = box.journal.takes()[0].id
    return make_films(take_id, box.paths, box.config, box.journal, box.progress(tell))


def deliver(box: Any) -> None:
    take_id = box.journal.takes()[0].id
    deliver_take(take_id, box.paths, box.config, box.journal, box.sticks, box.progress())


def artifacts(box: Any) -> dict[str, str]:
    return {a.path: a.sha256 for a in box.journal.artifacts(box.journal.takes()[0].id)}


def codes(issues: tuple[Issue, ...]) -> set[str]:
    return {issue.code for issue in issues}


@pytest.fixture
def never_again(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setattr(module, "film_pair", lambda *arguments: pytest.fail("made again"))


def test_a_take_becomes_films_and_a_delivery(box: Any) -> None:
    stages: list[Stage] = []
    notes = make(box, lambda step: stages.append(step.stage))
    assert codes(notes) == {"camera-other"}
    assert box.state() is TakeState.FINISHED
    assert box.job().stage is Stage.ENCODE
    assert list(dict.fromkeys(stages)) == [Stage.SYNC, Stage.REGISTER, Stage.ENHANCE, Stage.ENCODE]
    for path, digest in artifacts(box).items():
        assert sha256_file(box.folder / path) == digest
    roles = {a.role for a in box.journal.artifacts(box.journal.takes()[0].id)}
    assert roles == set(ArtifactRole) - {ArtifactRole.LOG}
    assert not list((box.folder / "work").glob("piece-*")), "the chunks were room for the film twice"
    deliver(box)
    assert box.state() is TakeState.DELIVERED
    assert len(box.journal.receipts(box.journal.takes()[0].id)) == 1
    seconds = json.loads((box.folder / "work/seconds.json").read_text())
    assert set(seconds) >= {"sync", "enhance", "encode", "deliver"}


def test_a_second_run_makes_nothing_and_says_the_same(box: Any, never_again: Callable[[], None]) -> None:
    notes, said = make(box), box.journal.takes()[0].note
    box.journal.set_state(box.journal.takes()[0].id, TakeState.RECORDED, "")
    never_again()
    assert make(box) == notes
    assert box.state() is TakeState.FINISHED
    assert box.journal.takes()[0].note == said != ""


def test_a_film_that_is_gone_is_made_again_with_the_same_bytes(box: Any) -> None:
    make(box)
    before = artifacts(box)
    (box.folder / "film.mp4").unlink()
    make(box)
    assert artifacts(box)["film.mp4"] == before["film.mp4"]


@pytest.mark.parametrize("moment", ["put_artifacts", "set_state"])
def test_a_kill_at_the_very_end_is_made_good(
    moment: str, box: Any, monkeypatch: pytest.MonkeyPatch, never_again: Callable[[], None]
) -> None:
    """Around the entry into the journal, where half of it is done."""
    real, calls = getattr(box.journal, moment), []

    def kill(*arguments: Any) -> None:
        calls.append(arguments)
        if moment == "put_artifacts" or len(calls) == 2:
            raise KeyboardInterrupt
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(box.journal, moment, kill)
        with pytest.raises(KeyboardInterrupt):
            make(box)
    if moment == "set_state":
        never_again()
    assert codes(make(box)) == {"camera-other"}
    assert box.state() is TakeState.FINISHED
    assert "restored alone" in box.journal.takes()[0].note


def test_a_camera_file_that_is_broken_costs_nothing_but_the_camera(box: Any) -> None:
    (box.folder / "camera-00.mkv").write_bytes(b"not a film" * 1000)
    issues = make(box)
    assert codes(issues) == {"camera-broken"}
    assert "camera-00.mkv" in issues[0].cause
    assert "cannot be used" in box.journal.takes()[0].note
    assert "camera-00.mkv" in artifacts(box), "what there is of it goes to the stick"


def test_a_camera_file_that_is_gone_too(box: Any) -> None:
    (box.folder / "camera-00.mkv").unlink()
    assert codes(make(box)) == {"camera-broken"}
    assert "camera-00.mkv" not in artifacts(box)


def test_a_tape_file_that_is_broken_is_a_trouble_with_a_name(box: Any) -> None:
    (box.folder / "tape-00.mkv").write_bytes(b"")
    with pytest.raises(Problem) as caught:
        make(box)
    assert caught.value.issue.code == "not-a-film"
    assert artifacts(box) == {}


def test_a_take_without_a_tape_frame(box: Any) -> None:
    take = load_take(box.folder)
    save_take(replace(take, segments=tuple(s for s in take.segments if s.role is Role.CAMERA)), box.folder)
    with pytest.raises(Problem) as caught:
        make(box)
    assert caught.value.issue.code == "take-empty"


def test_a_piece_of_another_size_stays_out_and_is_named(box: Any, write_film: WriteFilm) -> None:
    """The dongle came back as another standard: one film has one size, both masters are kept."""
    write_film("tape-01.mkv", range(5), size=(72, 48)).rename(box.folder / "tape-01.mkv")
    take = load_take(box.folder)
    other = replace(take.segments[0], index=1, path="tape-01.mkv", frames=5, duration_s=0.2)
    save_take(replace(take, segments=(other, *take.segments)), box.folder)
    issues = make(box)
    assert codes(issues) == {"piece-other-kind", "camera-other"}
    assert "tape-01.mkv was recorded as 72 × 48" in next(i for i in issues if "piece" in i.code).cause
    assert {"tape-00.mkv", "tape-01.mkv"} <= artifacts(box).keys()


def test_no_stick_leaves_the_films_finished(box: Any) -> None:
    make(box)
    box.sticks.unplug()
    with pytest.raises(Problem) as caught:
        deliver(box)
    assert caught.value.issue.code == "stick-absent"
    assert box.state() is TakeState.FINISHED


def test_a_delivery_that_the_full_disk_cannot_note_is_a_delivery(box: Any) -> None:
    """The note is only for the day when the journal is lost."""
    make(box)
    work = box.folder / "work"
    for name in ("deliveries.json", "seconds.json"):
        (work / name).unlink(missing_ok=True)
        (work / name).mkdir()  # what cannot be written, as on a disk that is full
    deliver(box)
    assert box.state() is TakeState.DELIVERED
    assert len(box.journal.receipts(box.journal.takes()[0].id)) == 1


def test_a_stick_that_lies_is_no_reason_not_to_use_the_one_beside_it(box: Any, tmp_path: Path) -> None:
    make(box)
    other = SimStick(Paths(tmp_path / "other"))
    other.plug(100)
    box.sticks.set_forgetful(True)
    both = SimpleNamespace(drives=lambda: (*box.sticks.drives(), *other.drives()))
    take_id = box.journal.takes()[0].id
    deliver_take(take_id, box.paths, box.config, box.journal, both, box.progress())
    assert Path(box.journal.receipts(take_id)[0].folder).is_relative_to(other.folder)
    assert box.state() is TakeState.DELIVERED


def test_every_finished_chunk_lets_earlier_crashes_be_forgotten(box: Any) -> None:
    for _ in range(2):
        assert box.journal.claim_job() is not None
        box.journal.requeue_broken()
    assert box.journal.claim_job().attempts == 3
    make(box)
    assert box.job().attempts == 1


def test_nothing_is_delivered_to_a_cameras_card(box: Any, tmp_path: Path) -> None:
    from appliance.deliver.drives import MountedDrive

    (tmp_path / "card/DCIM").mkdir(parents=True)
    card = MountedDrive(tmp_path / "card", "Card")
    make(box)
    stick = box.sticks
    for there, code in (((card,), "stick-absent"), ((card, *stick.drives()), "")):
        box.sticks = SimpleNamespace(drives=lambda there=there: there)
        if code:
            with pytest.raises(Problem) as caught:
                deliver(box)
            assert caught.value.issue.code == code
        else:
            deliver(box)
    assert [p.name for p in (tmp_path / "card").iterdir()] == ["DCIM"]
    assert box.state() is TakeState.DELIVERED
