"""The real drive, on a temporary folder: the names of its errors, and that it never writes elsewhere."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.core.problems import Problem
from appliance.deliver import drives, mounts
from appliance.deliver.drives import MountedDrive, MountedDrives
from appliance.deliver.eject import eject
from appliance.deliver.troubles import named_troubles


@pytest.fixture
def drive(tmp_path: Path) -> MountedDrive:
    (tmp_path / "stick").mkdir()
    return MountedDrive(tmp_path / "stick", "KEY 1")


def fails_with(code: int) -> str:
    with pytest.raises(Problem) as caught, named_troubles("KEY 1"):
        raise OSError(code, os.strerror(code))
    return caught.value.issue.code


def test_a_cameras_card_is_no_stick_and_is_never_written_to(tmp_path: Path) -> None:
    for name in ("card/DCIM/100TWIN", "stick/films"):
        (tmp_path / name).mkdir(parents=True)
    card, stick = (MountedDrive(tmp_path / name, name) for name in ("card", "stick"))
    slot = SimpleNamespace(drives=lambda: (card, stick))
    assert (drives.cards(slot), drives.sticks(slot)) == ((card,), (stick,))
    assert card.folders() == ("DCIM",)
    for write in (
        lambda: card.create("film"),
        lambda: card.make_folder("films"),
        lambda: card.rename("DCIM", "films"),
        lambda: card.remove("DCIM"),
        lambda: card.sync_folder(""),
    ):
        with pytest.raises(Problem) as caught:
            write()
        assert caught.value.issue.code == "stick-read-only"
    assert [p.name for p in (tmp_path / "card").iterdir()] == ["DCIM"]
    stick.make_folder("more")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (errno.ENOSPC, "stick-full"),
        (errno.EROFS, "stick-read-only"),
        (errno.ENODEV, "stick-absent"),
        (errno.ENOENT, "stick-absent"),
        (errno.EIO, "stick-failed"),
    ],
)
def test_system_errors_have_names(code: int, name: str) -> None:
    assert fails_with(code) == name


def test_what_is_written_is_read_back(drive: MountedDrive) -> None:
    data = os.urandom(3_000_001)
    drive.make_folder("a/b")
    with closing(drive.create("a/b/film")) as file:
        file.write(data[:5])
        file.sync()
        file.write(data[5:])
        file.sync()
    drive.sync_folder("a/b")
    drive.rename("a", "c")
    assert drive.folders() == ("c",)
    assert drive.exists("c/b/film")
    assert b"".join(drive.read("c/b/film")) == data
    drive.remove("c")
    drive.remove("c")
    assert drive.folders() == ()


def test_reading_back_drops_the_page_cache(drive: MountedDrive, monkeypatch: pytest.MonkeyPatch) -> None:
    advice: list[int] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda handle, start, length, kind: advice.append(kind))
    (drive.root / "film").write_bytes(b"x")
    assert b"".join(drive.read("film")) == b"x"
    assert advice == [os.POSIX_FADV_DONTNEED]


def test_status_is_that_of_the_file_system(drive: MountedDrive) -> None:
    status, facts = drive.status(), os.statvfs(drive.root)
    assert (status.name, status.size_bytes) == ("KEY 1", facts.f_blocks * facts.f_frsize)
    assert 0 < status.free_bytes <= status.size_bytes
    assert not status.read_only


def test_a_read_only_mount_is_not_written(drive: MountedDrive, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = SimpleNamespace(f_flag=os.ST_RDONLY, f_bavail=1, f_frsize=1, f_blocks=2)
    monkeypatch.setattr(os, "statvfs", lambda path: facts)
    assert drive.status().read_only
    with pytest.raises(Problem, match="cannot be written"):
        drive.create("film")
    assert list(drive.root.iterdir()) == []


def test_an_unmounted_folder_is_never_written(drive: MountedDrive) -> None:
    drive._device += 1  # the same path is now another file system: the box's own disk
    assert not drive.present
    with pytest.raises(Problem) as caught:
        drive.make_folder("take")
    assert caught.value.issue.code == "stick-absent"
    assert list(drive.root.iterdir()) == []


def test_a_folder_that_went_away_is_an_absent_stick(drive: MountedDrive) -> None:
    drive.root.rmdir()
    with pytest.raises(Problem) as caught:
        drive.status()
    assert caught.value.issue.code == "stick-absent"


def test_release_unmounts_and_says_so(drive: MountedDrive, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(mounts, "unmount", lambda folder: str(asked.append(folder) or ""))
    eject(drive)
    eject(drive)
    assert asked == [drive.root]
    assert drive.status().safe_to_remove
    with pytest.raises(Problem):
        drive.folders()


def test_a_stick_in_use_is_not_released(drive: MountedDrive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "unmount", lambda folder: "target is busy")
    with pytest.raises(Problem, match="cannot be released yet"):
        eject(drive)
    assert not drive.status().safe_to_remove


def test_a_refused_unmount_tells_why(tmp_path: Path) -> None:
    assert "could not be unmounted" in mounts.unmount(tmp_path)


def test_fat_has_a_limit(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n"
        "30 22 8:17 / /run/media/KEY rw,nosuid - vfat /dev/sdb1 rw\n"
    )
    mount = mounts.mount_of_device(os.makedev(8, 17), table)
    assert mount == mounts.Mount("/dev/sdb1", "vfat")
    assert mounts.mount_of_device(os.makedev(9, 9), table) is None


def test_only_mounted_folders_are_sticks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEY 1", "not mounted"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(Path, "is_mount", lambda path: path.name == "KEY 1")
    watcher = MountedDrives(tmp_path)
    assert [drive.name for drive in watcher.drives()] == ["KEY 1"]
    assert watcher.drives()[0] is watcher.drives()[0]
    assert drives.MountedDrives(tmp_path / "nothing").drives() == ()
