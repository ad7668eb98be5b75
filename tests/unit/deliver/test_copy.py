"""Delivery: what arrives, and each way in which a stick can let us down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bagit
import pytest

from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.types import Artifact, Receipt
from appliance.deliver.copy import deliver
from appliance.deliver.drives import Drive, DriveFile
from appliance.deliver.eject import eject
from appliance.sim.stick import SimDrive, SimStick

TAKE = "2026-11-21-0001"
Files = tuple[Artifact, ...]


def copied(source: Path, files: Files, drive: Drive, take_id: str = TAKE, **more: object) -> Receipt:
    return deliver(take_id, files, source, drive, chunk_mb=1, spare_mb=2, **more)  # type: ignore[arg-type]


def trouble(source: Path, files: Files, drive: Drive, **more: object) -> Problem:
    with pytest.raises(Problem) as caught:
        copied(source, files, drive, **more)
    return caught.value


def during_copy(action: Callable[[], None]) -> Callable[[float, str], None]:
    """Does it once, when a quarter of the work is done."""
    pending = [action]

    def progress(fraction: float, text: str) -> None:
        if fraction > 0.25 and pending:
            pending.pop()()

    return progress


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_everything_arrives_in_a_folder_with_a_readable_name(
    source: Path, files: Files, stick: SimStick
) -> None:
    receipt = copied(source, files, stick.drives()[0])
    folder = Path(receipt.folder)
    assert folder == stick.folder / "2026-11-21 Tape 1"
    assert names(stick.folder) == ["2026-11-21 Tape 1"]
    assert (folder / "data/film.mp4").read_bytes() == (source / "film.mp4").read_bytes()
    assert (folder / "data/originals/tape-00.mkv").read_bytes() == (source / "tape-00.mkv").read_bytes()
    assert (folder / "Start here.html").is_file()


def test_the_folder_is_a_valid_bag(source: Path, files: Files, stick: SimStick) -> None:
    bag = bagit.Bag(copied(source, files, stick.drives()[0]).folder)
    bag.validate()
    assert bag.info["External-Identifier"] == TAKE


def test_the_receipt_names_what_was_read_back(source: Path, files: Files, stick: SimStick) -> None:
    receipt = copied(source, files, stick.drives()[0])
    assert (receipt.take_id, receipt.stick) == (TAKE, "Stick")
    assert [a.sha256 for a in receipt.artifacts] == [a.sha256 for a in files]
    assert all((Path(receipt.folder) / a.path).stat().st_size == a.size_bytes for a in receipt.artifacts)


def test_the_folder_and_then_its_name_are_brought_to_the_stick_after_the_renaming(
    source: Path, files: Files, stick: SimStick, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAT keeps where a renamed folder begins in memory until the folder itself is synced."""
    done: list[tuple[str, ...]] = []
    rename, sync_folder = SimDrive.rename, SimDrive.sync_folder

    def noted_rename(drive: SimDrive, old: str, new: str) -> None:
        rename(drive, old, new)
        done.append(("rename", new))

    def noted_sync(drive: SimDrive, path: str) -> None:
        sync_folder(drive, path)
        done.append(("sync", path))

    monkeypatch.setattr(SimDrive, "rename", noted_rename)
    monkeypatch.setattr(SimDrive, "sync_folder", noted_sync)
    copied(source, files, stick.drives()[0])
    name = "2026-11-21 Tape 1"
    assert done[done.index(("rename", name)) :] == [("rename", name), ("sync", name), ("sync", "")]


def test_progress_rises_to_one_and_says_what_is_done(source: Path, files: Files, stick: SimStick) -> None:
    told: list[tuple[float, str]] = []
    copied(source, files, stick.drives()[0], progress=lambda fraction, text: told.append((fraction, text)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert told[0][1] == "Copying film.mp4 to Stick"
    assert told[-1][1].startswith("Checking ")


def test_two_takes_of_a_day_are_numbered(source: Path, files: Files, stick: SimStick) -> None:
    drive = stick.drives()[0]
    copied(source, files, drive)
    copied(source, files, drive, take_id="2026-11-21-0002")
    assert names(stick.folder) == ["2026-11-21 Tape 1", "2026-11-21 Tape 2"]


def test_the_same_take_again_is_only_checked(source: Path, files: Files, stick: SimStick) -> None:
    drive = stick.drives()[0]
    first = copied(source, files, drive)
    written = (Path(first.folder) / "data/film.mp4").stat()
    again = copied(source, files, drive)
    assert again.folder == first.folder
    assert (Path(first.folder) / "data/film.mp4").stat().st_ino == written.st_ino
    assert names(stick.folder) == ["2026-11-21 Tape 1"]


def test_a_film_made_anew_replaces_its_own_old_one_only(source: Path, files: Files, stick: SimStick) -> None:
    drive = stick.drives()[0]
    copied(source, files, drive, take_id="2026-11-21-0002")
    first = copied(source, files, drive)
    again = copied(source, files[:2], drive)
    assert again.folder == first.folder
    assert names(stick.folder) == ["2026-11-21 Tape 1", "2026-11-21 Tape 2"]
    assert not (Path(again.folder) / "data/report.html").exists()
    assert (stick.folder / "2026-11-21 Tape 1/data/report.html").exists()


def test_a_copy_that_was_damaged_on_the_stick_is_made_again(
    source: Path, files: Files, stick: SimStick
) -> None:
    drive = stick.drives()[0]
    film = Path(copied(source, files, drive).folder) / "data/film.mp4"
    film.write_bytes(b"x" + film.read_bytes()[1:])
    copied(source, files, drive)
    assert film.read_bytes() == (source / "film.mp4").read_bytes()


def test_leftovers_of_this_take_go_and_those_of_others_stay(
    source: Path, files: Files, stick: SimStick
) -> None:
    for name in (f"{TAKE}.part", "other.part"):
        (stick.folder / name / "data").mkdir(parents=True)
        (stick.folder / name / "data/film.mp4").write_bytes(b"half")
    copied(source, files, stick.drives()[0])
    assert names(stick.folder) == ["2026-11-21 Tape 1", "other.part"]


def test_an_absent_stick_is_refused(source: Path, files: Files, stick: SimStick) -> None:
    drive = stick.drives()[0]
    stick.unplug()
    assert trouble(source, files, drive).issue.code == "stick-absent"


def test_a_released_stick_is_refused(source: Path, files: Files, stick: SimStick) -> None:
    eject(stick.drives()[0])
    assert trouble(source, files, stick.drives()[0]).issue.code == "stick-absent"
    assert names(stick.folder) == []


def test_a_read_only_stick_is_refused_before_copying(source: Path, files: Files, stick: SimStick) -> None:
    stick.set_read_only(True)
    assert trouble(source, files, stick.drives()[0]).issue.code == "stick-read-only"
    assert names(stick.folder) == []


def test_a_small_stick_is_refused_before_copying_and_says_how_much_is_missing(
    source: Path, files: Files, stick: SimStick
) -> None:
    stick.plug(8)
    problem = trouble(source, files, stick.drives()[0])
    assert problem.issue.code == "stick-full"
    assert (
        "3 MB more are needed" in problem.issue.cause
    )  # 7.02 of films, 1 of folders, 2 to spare; 8 are there
    assert names(stick.folder) == []


def test_a_stick_that_fills_up_on_the_way(source: Path, files: Files, stick: SimStick) -> None:
    problem = trouble(source, files, stick.drives()[0], progress=during_copy(stick.fill))
    assert problem.issue.code == "stick-full"
    assert names(stick.folder) == [f"{TAKE}.part"]
    stick.empty()
    assert Path(copied(source, files, stick.drives()[0]).folder).is_dir()
    assert names(stick.folder) == ["2026-11-21 Tape 1"]


def test_a_stick_pulled_on_the_way(source: Path, files: Files, stick: SimStick) -> None:
    drive = stick.drives()[0]
    assert trouble(source, files, drive, progress=during_copy(stick.unplug)).issue.code == "stick-absent"
    assert not stick.folder.exists()
    stick.plug()
    assert names(stick.folder) == [f"{TAKE}.part"]
    copied(source, files, stick.drives()[0])
    assert names(stick.folder) == ["2026-11-21 Tape 1"]


def test_pulled_and_plugged_again_at_once_is_still_a_failure(
    source: Path, files: Files, stick: SimStick
) -> None:
    def wiggle() -> None:
        stick.unplug()
        stick.plug()

    assert (
        trouble(source, files, stick.drives()[0], progress=during_copy(wiggle)).issue.code == "stick-absent"
    )


def test_a_stick_that_turns_read_only_on_the_way(source: Path, files: Files, stick: SimStick) -> None:
    drive = stick.drives()[0]
    lock = during_copy(lambda: stick.set_read_only(True))
    assert trouble(source, files, drive, progress=lock).issue.code == "stick-read-only"


def test_a_stick_that_lies_is_caught_by_reading_back(source: Path, files: Files, stick: SimStick) -> None:
    stick.set_forgetful(True)
    problem = trouble(source, files, stick.drives()[0])
    assert problem.issue.code == "stick-failed"
    assert names(stick.folder) == [f"{TAKE}.part"]


def test_a_bit_that_flips_after_writing_is_caught(source: Path, files: Files, stick: SimStick) -> None:
    class FlippingDrive(SimDrive):
        def rename(self, old: str, new: str) -> None:
            victim = self.root / old / "data/film.mp4"
            if victim.is_file():
                data = bytearray(victim.read_bytes())
                data[1_234_567] ^= 4
                victim.write_bytes(data)
            super().rename(old, new)

    problem = trouble(source, files, FlippingDrive(stick, stick.state.insertion))
    assert problem.issue.code == "stick-failed"
    assert "film.mp4" in problem.issue.cause


def test_a_source_that_changed_since_is_caught(source: Path, files: Files, stick: SimStick) -> None:
    changed = (replace(files[0], sha256="0" * 64), *files[1:])
    assert trouble(source, changed, stick.drives()[0]).issue.code == "source-changed"


def test_a_source_that_is_gone_is_not_the_sticks_fault(source: Path, files: Files, stick: SimStick) -> None:
    (source / "film.mp4").unlink()
    assert trouble(source, files, stick.drives()[0]).issue.code == "source-lost"


def test_the_date_may_be_told(source: Path, files: Files, paths: Paths, stick: SimStick) -> None:
    receipt = copied(
        source, files, stick.drives()[0], take_id="a1b2", recorded_on="1999-12-31T23:59:00+00:00"
    )
    assert Path(receipt.folder).name == "1999-12-31 Tape 1"


class WatchedFile:
    """Passes everything on and remembers the most that ever waited to be synced."""

    def __init__(self, file: DriveFile, waiting: list[int]) -> None:
        self._file, self._now, self._waiting = file, 0, waiting

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._now += len(data)
        self._waiting.append(self._now)

    def sync(self) -> None:
        self._file.sync()
        self._now = 0

    def close(self) -> None:
        assert self._now == 0, "closed before it was synced"
        self._file.close()


def test_no_more_than_a_chunk_ever_waits_to_be_synced(source: Path, files: Files, stick: SimStick) -> None:
    waiting: list[int] = []

    class WatchedDrive(SimDrive):
        def create(self, path: str) -> DriveFile:
            return WatchedFile(super().create(path), waiting)

    copied(source, files, WatchedDrive(stick, stick.state.insertion))
    assert max(waiting) == 1_000_000
