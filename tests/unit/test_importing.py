"""``twinreel import`` asks the box, follows it, and says how it ended."""

from __future__ import annotations

import json
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from appliance import cli, importing
from appliance.core.journal import Journal, TakeRow
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.snapshot import (
    BoxState,
    Command,
    CommandName,
    JobProgress,
    RecordingStatus,
    Snapshot,
    TakeSummary,
)
from appliance.core.types import Issue, Role, Segment, Severity, Stage, Take, TakeState
from appliance.core.wire import SnapshotUpdate
from appliance.importing import how_far, import_card, list_card
from appliance.takes.store import save_take

TAKE = "2026-11-21T10-00-00"
GONE = Issue("card-gone", Severity.WARNING, "The card was pulled out", "In between.", "Plug it in again.")


def write_film(path: Path, **tags: str) -> Path:
    with av.open(str(path), "w") as film:
        film.metadata.update(tags)
        stream = film.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(50):
            picture = np.full((48, 64, 3), number, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")
            frame.pts = number
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    return path


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "card/DCIM"
    folder.mkdir(parents=True)
    write_film(folder / "MVI_0001.MP4", creation_time="1994-07-02T14:30:00.000000Z")
    (folder / "MVI_0002.MP4").write_bytes(b"torn")
    return folder.parent


@dataclass
class FakeBox:
    """Stands for the recorder behind its socket; ``work`` is what worker does once it is asked."""

    paths: Paths
    work: Callable[[], None] = lambda: None
    answer: Issue | None = None
    snapshots: queue.Queue[Snapshot] = field(default_factory=queue.Queue)
    asked: list[Command] = field(default_factory=list)
    heard: threading.Event = field(default_factory=threading.Event)
    closed: bool = False
    stood: tuple[Issue, ...] = ()
    issues: tuple[Issue, ...] = (GONE,)
    takes: tuple[TakeSummary, ...] = (TakeSummary(TAKE, "2026", TakeState.DELIVERED, 4.0, False, False),)

    def __post_init__(self) -> None:
        self.journal = Journal(self.paths.journal)

    def __call__(self, socket: Path, hello: object) -> FakeBox:
        """A new client is told how things stand."""
        if self.asked:
            self.snapshots.put(Snapshot(BoxState.DONE, "", takes=self.takes, issues=self.issues))
        return self

    def snapshot(self, timeout_s: float = 0.0) -> Snapshot:
        return Snapshot(BoxState.DONE, "", takes=self.takes, issues=self.stood)

    def command(self, command: Command, timeout_s: float) -> Issue | None:
        self.asked.append(command)
        if self.answer is None:
            self.journal.queue_import(TAKE, command.argument.partition(" ")[2])
            threading.Thread(target=self.work).start()
        return self.answer

    def receive(self, timeout_s: float) -> Any:
        try:
            return SnapshotUpdate(self.snapshots.get(timeout=timeout_s))
        except queue.Empty:
            return None
        finally:
            if self.asked:
                self.heard.set()

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBox]:
    paths = Paths(tmp_path / "box")
    paths.make()
    paths.take(TAKE).mkdir()
    save_take(Take(TAKE, "2026", TakeState.RECORDED), paths.take(TAKE))
    fake = FakeBox(paths)
    fake.journal.put_take(TakeRow(TAKE, "2026", TakeState.DELIVERED, 4.0, False, False, ""))
    monkeypatch.setattr(importing, "Link", fake)
    monkeypatch.setattr(importing, "LOOK_S", 0.02)
    yield fake
    fake.journal.close()


def copying(box: FakeBox, films: int) -> Callable[[], None]:
    def work() -> None:
        job = JobProgress(TAKE, Stage.IMPORT, 0.5, "Copying MVI_0001.MP4")
        box.snapshots.put(Snapshot(BoxState.WORKING, "", job=job))
        assert box.heard.wait(20)
        clips = tuple(
            Segment(Role.CAMERA, n, f"clips/{n}.MP4", 0.0, 1.0, 25, 0, complete=True, imported=True)
            for n in range(films)
        )
        save_take(Take(TAKE, "2026", TakeState.RECORDED, clips), box.paths.take(TAKE))
        box.journal.imported(TAKE) if films else box.journal.end_import(TAKE)

    return work


def test_a_list_says_what_would_be_taken(card: Path) -> None:
    good, torn = list_card(card)
    assert good.sentence().startswith(f"{card}/DCIM/MVI_0001.MP4: 2.0 s, 64 × 48, 25 frames/s, 0 MB")
    assert good.sentence().endswith("says it was filmed 1994-07-02 14:30")
    assert "MVI_0002.MP4 cannot be read as a film" in torn.sentence()
    assert json.loads(json.dumps(good.as_json()))["duration_s"] == pytest.approx(2.0)


def test_the_newest_take_without_a_camera_gets_the_films(box: FakeBox, card: Path) -> None:
    box.work = copying(box, 2)
    told: list[tuple[float, str]] = []
    done = import_card(box.paths, card, "", lambda fraction, text: told.append((fraction, text)))
    assert done.startswith(f"2 films were added to take {TAKE}")
    assert box.asked == [Command(CommandName.IMPORT, f"{TAKE} {card}")]
    assert told == [(0.5, "Copying MVI_0001.MP4")]
    assert box.closed


def test_what_went_wrong_is_the_end_of_the_command(box: FakeBox, card: Path) -> None:
    box.work = copying(box, 0)
    with pytest.raises(Problem) as caught:
        import_card(box.paths, card, TAKE, lambda fraction, text: None)
    assert caught.value.issue == GONE


def test_the_trouble_of_another_time_is_not_taken_for_this_one(
    box: FakeBox, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "WORD_S", 0.2)
    box.work, box.stood = copying(box, 0), (GONE,)
    torn = replace(GONE, code="card-unread")
    for issues, code in (((GONE, torn), "card-unread"), ((GONE,), "card-gone"), ((), "card-failed")):
        box.issues = issues
        with pytest.raises(Problem) as caught:
            import_card(box.paths, card, TAKE, lambda fraction, text: None)
        assert caught.value.issue.code == code


def test_a_card_that_brings_nothing_new_is_no_trouble(box: FakeBox, card: Path) -> None:
    box.work = copying(box, 0)
    box.issues = (Issue("card-known", Severity.NOTICE, "There is nothing new", "All is there.", ""),)
    assert import_card(box.paths, card, TAKE, lambda *step: None) == "There is nothing new. All is there."


def test_what_cannot_be_asked_for(box: FakeBox, card: Path, tmp_path: Path) -> None:
    box.answer = Issue("take-recording", Severity.NOTICE, "Still recorded", "Yes.", "Wait.")
    for take, folder, code in (
        (TAKE, card, "take-recording"),
        ("", tmp_path / "nowhere", "card-unread"),
    ):
        with pytest.raises(Problem) as caught:
            import_card(box.paths, folder, take, lambda fraction, text: None)
        assert caught.value.issue.code == code
    box.takes = ()
    with pytest.raises(Problem) as caught:
        import_card(box.paths, card, "", lambda fraction, text: None)
    assert caught.value.issue.code == "take-none"


def test_how_far_it_is() -> None:
    job = JobProgress(TAKE, Stage.IMPORT, 0.5, "Copying")
    recording = RecordingStatus("now", 1.0, 25, 0, 0, 0, 0)
    assert how_far(Snapshot(BoxState.WORKING, "", job=job), TAKE) == (0.5, "Copying")
    assert how_far(Snapshot(BoxState.WORKING, "", job=job), "another") == (0.0, "Waiting for the box")
    assert (
        "until the recording has ended"
        in how_far(Snapshot(BoxState.RECORDING, "", recording=recording), TAKE)[1]
    )


@pytest.mark.parametrize("words", [("--list",), ("--list", "--json")])
def test_the_command_lists(
    words: tuple[str, ...], card: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["twinreel", "import", str(card), *words])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert not left.value.code
    out = capsys.readouterr().out
    names = [row["path"] for row in json.loads(out)] if "--json" in words else out.splitlines()
    assert [Path(name.split(":")[0]).name for name in names] == ["MVI_0001.MP4", "MVI_0002.MP4"]


def test_the_command_says_what_was_done(
    box: FakeBox, card: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    box.work = copying(box, 1)
    monkeypatch.setenv("TWINREEL_ROOT", str(box.paths.root))
    monkeypatch.setattr(sys, "argv", ["twinreel", "import", str(card), "--take", TAKE, "-q"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert not left.value.code
    assert capsys.readouterr().out == f"One film was added to take {TAKE}; its own film is made again.\n"
