"""A card's films come to a take whole and compared, or not at all; the card itself is never written to."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.core.journal import Import
from appliance.core.problems import Problem
from appliance.core.snapshot import JobProgress
from appliance.core.types import Artifact, ArtifactRole, Issue, Segment, Stage, TakeState
from appliance.encode.digest import sha256_file
from appliance.takes.store import load_take
from appliance.worker import importing as module
from appliance.worker.importing import import_clips
from appliance.worker.progress import IMPORT_SHARE, Progress
from appliance.worker.reel import reel_of_take

WriteFilm = Callable[..., Path]


@pytest.fixture
def card(tmp_path: Path, write_film: WriteFilm) -> Path:
    """Two films of one name in two folders, and a photograph."""
    card = tmp_path / "card"
    for number, folder in enumerate(("100TWIN", "101TWIN")):
        (card / "DCIM" / folder).mkdir(parents=True)
        film = write_film("film.mkv", range(10 + 5 * number), sound_s=0.4, order=1)
        film.rename(card / "DCIM" / folder / "MVI_0001.mkv")
    (card / "DCIM/100TWIN/IMG_0002.JPG").write_bytes(b"a photograph")
    return card


@pytest.fixture
def ask(box: Any, card: Path) -> Callable[..., tuple[Issue, ...]]:
    """Somebody asks for the card; the take was delivered before."""
    box.journal.put_artifacts(box.folder.name, (Artifact("film.mp4", ArtifactRole.ACCESS, "00", 1),))
    box.journal.set_state(box.folder.name, TakeState.DELIVERED, "Restored from the tape alone.")
    box.journal.end_job(box.folder.name, "done")

    def go(
        tell: Callable[[JobProgress], None] = lambda step: None,
        quiet: Callable[[], None] = lambda: None,
        folder: Path = card,
    ) -> tuple[Issue, ...]:
        box.journal.queue_import(box.folder.name, str(folder))
        wanted = box.journal.claim_import()
        progress = Progress(box.folder.name, tell, IMPORT_SHARE)
        return import_clips(wanted, box.paths, box.journal, progress, quiet)

    return go


def stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    return {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in folder.rglob("*")}


def clips(box: Any) -> list[Segment]:
    return [s for s in load_take(box.folder).segments if s.imported]


def refused(ask: Callable[..., Any], box: Any, **more: Any) -> Issue:
    """The trouble's name; everything is as it was before."""
    before = (box.folder / "take.json").read_bytes()
    with pytest.raises(Problem) as caught:
        ask(**more)
    assert (box.folder / "take.json").read_bytes() == before
    assert list((box.folder / "clips").glob("*")) == []
    assert box.job().state == "done"
    assert box.state() is TakeState.DELIVERED
    assert len(box.journal.artifacts(box.folder.name)) == 1
    return caught.value.issue


def test_the_films_are_in_the_take_and_its_job_is_queued(
    ask: Callable[..., tuple[Issue, ...]], box: Any, card: Path
) -> None:
    before, told = stamps(card), []
    assert ask(told.append) == ()
    assert stamps(card) == before, "the card was only read"
    found = clips(box)
    assert [s.path for s in found] == ["clips/MVI_0001.mkv", "clips/MVI_0001 2.mkv"]
    assert [s.index for s in found] == [1, 2]
    assert [s.frames for s in found] == [10, 15]
    originals = sorted(card.rglob("*.mkv"))
    assert [sha256_file(box.folder / s.path) for s in found] == [sha256_file(p) for p in originals]
    assert len(reel_of_take(load_take(box.folder), box.folder).pieces[0].cameras) == 3
    assert (box.job().state, box.state()) == ("queued", TakeState.RECORDED)
    assert box.journal.imports() == ()
    assert [step.fraction for step in told] == sorted(step.fraction for step in told)
    assert told[-1].fraction == pytest.approx(1.0)
    assert {step.stage for step in told} == {Stage.IMPORT}
    assert told[0].text == "Copying MVI_0001.mkv from the camera's card, 1 of 2"


def test_the_same_card_twice_brings_nothing_new(ask: Callable[..., Any], box: Any) -> None:
    ask()
    known = tuple(Artifact(s.path, ArtifactRole.CAMERA, "00", 1) for s in clips(box))
    box.journal.put_artifacts(box.folder.name, known)
    box.journal.end_job(box.folder.name, "done")
    (issue,) = ask()
    assert issue.code == "card-known"
    assert len(clips(box)) == 2
    assert (box.job().state, box.journal.imports()) == ("done", ())


def test_a_power_cut_between_folder_and_journal_is_made_good(ask: Callable[..., Any], box: Any) -> None:
    """The take knows of the films, the film of the take does not."""
    ask()
    box.journal.put_artifacts(box.folder.name, (Artifact("film.mp4", ArtifactRole.ACCESS, "00", 1),))
    box.journal.end_job(box.folder.name, "done")
    assert ask() == ()
    assert len(clips(box)) == 2
    assert box.job().state == "queued"


def test_one_film_more_on_the_card_is_added_beside_the_others(
    ask: Callable[..., Any], box: Any, card: Path, write_film: WriteFilm
) -> None:
    ask()
    write_film("new.mkv", range(20), order=1).rename(card / "DCIM/101TWIN/MVI_0003.mkv")
    ask()
    assert [s.path for s in clips(box)][2:] == ["clips/MVI_0003.mkv"]


def test_a_film_that_is_none_stays_on_the_card_and_is_told(
    ask: Callable[..., Any], box: Any, card: Path
) -> None:
    (card / "DCIM/100TWIN/MVI_0000.MP4").write_bytes(b"torn")
    (issue,) = ask()
    assert issue.code == "camera-broken"
    assert "MVI_0000.MP4" in issue.cause
    assert len(clips(box)) == 2


@pytest.mark.parametrize("when", ["before the second film", "in the middle of the first one"])
def test_a_card_that_is_pulled_out_leaves_the_take_as_it_was(
    when: str, ask: Callable[..., Any], box: Any, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", 500)
    if "middle" in when:
        (card / "DCIM/101TWIN/MVI_0001.mkv").unlink()
    films = len(list(card.rglob("*.mkv")))

    def pull(step: JobProgress) -> None:
        due = "2 of 2" in step.text if "second" in when else step.fraction > 0.01
        if due and card.exists():
            card.rename(card.with_name("in somebody's hand"))

    issue = refused(ask, box, tell=pull)
    assert issue.code == "card-gone"
    card.with_name("in somebody's hand").rename(card)
    ask()
    assert len(clips(box)) == films, "it may simply be asked for again"


@pytest.mark.parametrize("number", [errno.EIO, errno.ENODEV])
def test_a_card_that_cannot_be_read_is_not_the_boxs_disk(
    number: int, ask: Callable[..., Any], box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    def torn(path: Path, *how: Any, **more: Any) -> Any:
        if "101TWIN" in path.parts:
            raise OSError(number, "broken", str(path))
        return real(path, *how, **more)

    monkeypatch.setattr(Path, "open", torn)
    assert refused(ask, box).code == "card-unread"


def test_a_full_disk_leaves_the_take_as_it_was(ask: Callable[..., Any], box: Any) -> None:
    def fill(step: JobProgress) -> None:
        (box.folder / "clips/MVI_0001 2.mkv.part").unlink(missing_ok=True)
        (box.folder / "clips/MVI_0001 2.mkv.part").symlink_to("/dev/full")

    assert refused(ask, box, tell=fill).code == "disk-full"


def test_a_card_that_does_not_fit_is_not_begun(
    ask: Callable[..., Any], box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "free_bytes", lambda folder: 500_000_000)
    monkeypatch.setattr(module, "copy_film", lambda *a: pytest.fail("it was begun"))
    assert refused(ask, box).code == "card-no-room"


def test_a_copy_that_differs_from_what_was_read_is_thrown_away(
    ask: Callable[..., Any], box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "sha256_file", lambda path, on_block: "another")
    assert refused(ask, box).code == "card-copy-wrong"


def test_no_films_no_master_no_hope(ask: Callable[..., Any], box: Any, tmp_path: Path, card: Path) -> None:
    (tmp_path / "photographs").mkdir()
    assert refused(ask, box, folder=tmp_path / "photographs").code == "card-empty"
    progress = Progress(box.folder.name, lambda step: None, IMPORT_SHARE)
    with pytest.raises(Problem) as caught:
        import_clips(Import(box.folder.name, str(card), 9), box.paths, box.journal, progress)
    assert caught.value.issue.code == "card-failed"
    (box.folder / "tape-00.mkv").unlink()
    assert refused(ask, box).code == "take-gone"


def test_what_a_worker_that_died_left_is_swept_away(ask: Callable[..., Any], box: Any) -> None:
    ask()
    for name in ("MVI_0009.mkv", "MVI_0010.mkv.part"):
        (box.folder / "clips" / name).write_bytes(b"half")
    ask()
    assert {p.name for p in (box.folder / "clips").iterdir()} == {"MVI_0001.mkv", "MVI_0001 2.mkv"}


def test_before_every_film_it_asks_whether_something_more_important_goes_on(
    ask: Callable[..., Any], box: Any
) -> None:
    asked: list[int] = []
    ask(quiet=lambda: asked.append(len(list((box.folder / "clips").glob("*")))))
    assert asked == [0, 1]


def test_the_films_go_to_the_stick_under_their_own_names(ask: Callable[..., Any], box: Any) -> None:
    from appliance.deliver.package import lay_out
    from appliance.worker.job import hashed

    ask()
    take = load_take(box.folder)
    places = [item.path for item in lay_out(hashed(box.folder, take, box.progress()))]
    assert {"data/originals/MVI_0001.mkv", "data/originals/MVI_0001 2.mkv"} <= set(places)
    assert replace(take, segments=()).state is TakeState.RECORDED
