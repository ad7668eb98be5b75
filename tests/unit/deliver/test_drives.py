"""The real drive, on a temporary folder: the names of its errors, and that it never writes elsewhere."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.core.problems import Problem
from appliance.core.snapshot import StickStatus
from appliance.deliver import drives, mounts
from appliance.deliver.copy import find_take
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


@pytest.mark.parametrize(
    ("folder", "is_card"),
    [
        ("DCIM", True),
        ("PRIVATE/AVCHD/BDMV", True),
        ("AVCHD", True),
        ("PRIVATE/letters", False),
        ("films", False),
    ],
)
def test_cards_are_told_by_the_folders_of_their_makers(tmp_path: Path, folder: str, is_card: bool) -> None:
    (tmp_path / folder).mkdir(parents=True)
    assert MountedDrive(tmp_path, "KEY 1").is_card is is_card


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


def test_an_unmounted_folder_is_never_written(drive: MountedDrive, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same path is now another file system, the box's own disk; or an equal stick that came instead."""
    for other in ((drive._identity[0] + 1, "7"), (drive._identity[0], "another plugging")):
        monkeypatch.setattr(drives, "identity_of", lambda root, other=other: other)
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


def test_a_released_stick_is_used_no_more(tmp_path: Path) -> None:
    asked: list[str] = []
    drive = MountedDrive(tmp_path, "KEY 1", lambda: (asked.append("let go"), drive.released())[0])
    eject(drive)
    eject(drive)
    assert asked == ["let go"]
    assert drive.status().safe_to_remove
    assert not drive.present
    with pytest.raises(Problem):
        drive.folders()


def test_only_the_process_that_mounted_a_stick_lets_go_of_it(drive: MountedDrive) -> None:
    with pytest.raises(Problem, match="cannot be released yet"):
        eject(drive)
    assert not drive.status().safe_to_remove


def test_whoever_holds_the_stick_may_read_and_delete_the_films(drive: MountedDrive) -> None:
    """A stick formatted for Linux keeps the owners: those of the box are nobody on another computer."""
    old = os.umask(0o077)
    try:
        drive.make_folder("take")
        drive.create("take/film").close()
    finally:
        os.umask(old)
    assert (drive.root / "take").stat().st_mode & 0o777 == 0o777
    assert (drive.root / "take/film").stat().st_mode & 0o777 == 0o666


@contextmanager
def as_nobody() -> Iterator[None]:
    """Nothing is closed to root."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)


def test_a_folder_that_only_others_may_enter_does_not_make_a_stick_read_only() -> None:
    """Every stick formatted as ext4 has a lost+found, and a Linux desktop leaves its .Trash-1000 there."""
    with tempfile.TemporaryDirectory(prefix="stick-") as name:
        root = Path(name)
        (root / "lost+found").mkdir(mode=0o000)
        root.chmod(0o777)
        with as_nobody():
            key = MountedDrive(root, "KEY 1")
            assert key.folders() == ("lost+found",)
            assert find_take(key, "take") is None


def table_with(tmp_path: Path, *mounted: str) -> Path:
    table = tmp_path / "mountinfo"
    table.write_text("".join(f"{line}\n" for line in mounted))
    return table


def test_fat_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, limit in (("vfat", (1 << 32) - 1), ("exfat", None)):
        mount = mounts.Mount("/dev/sdb1", kind)
        monkeypatch.setattr(mounts, "mount_of_device", lambda device, mount=mount: mount)
        assert MountedDrive(tmp_path, "KEY 1").file_limit_bytes == limit


def test_the_kernels_table_of_mounts_is_read(tmp_path: Path) -> None:
    table = table_with(
        tmp_path,
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw",
        "30 22 8:17 / /media/box/KEY\\0401 rw,nosuid - vfat /dev/sdb1 rw",
    )
    key = mounts.Mount("/dev/sdb1", "vfat", Path("/media/box/KEY 1"), os.makedev(8, 17))
    assert mounts.mount_of_device(os.makedev(8, 17), table) == key
    assert mounts.mount_of_device(os.makedev(9, 9), table) is None
    assert mounts.is_below(key.folder, [Path("/run/media/box"), Path("/media/box")])
    assert not mounts.is_below(Path("/media/box"), [Path("/media/box")])


def fake_disks(tmp_path: Path) -> Path:
    """As /sys/dev/block shows them: sda with two partitions, sdb with one, a mapped device on sdb1."""
    numbers = {"sda": "8:0", "sda/sda1": "8:1", "sda/sda2": "8:2", "sdb": "8:16", "sdb/sdb1": "8:17"}
    real, links = tmp_path / "devices", tmp_path / "block"
    links.mkdir()
    for place, number in (numbers | {"dm-0": "253:0"}).items():
        (real / place).mkdir(parents=True)
        (real / place / "dev").write_text(f"{number}\n")
        (links / number).symlink_to(real / place)
        if "/" in place:
            (real / place / "partition").write_text("1")
        elif place.startswith("sd"):
            (real / place / "diskseq").write_text(f"{len(place)}{place[-1]}\n")
    (real / "dm-0/slaves").mkdir()
    (real / "dm-0/slaves/sdb1").symlink_to(real / "sdb/sdb1")
    return links


def test_the_boxs_own_disks_are_known_with_all_their_partitions(tmp_path: Path) -> None:
    media = [Path("/media/box")]
    root = "22 1 253:0 / / rw - ext4 /dev/mapper/root rw"
    other = "23 22 0:20 / /tmp rw - tmpfs tmpfs rw"
    stick = "30 22 8:1 / /media/box/KEY rw - vfat /dev/sda1 rw"
    own = mounts.own_devices(media, table_with(tmp_path, root, other, stick), fake_disks(tmp_path))
    assert own == {os.makedev(8, 16), os.makedev(8, 17)}


def test_each_plugging_has_a_number_of_its_own(tmp_path: Path) -> None:
    disks = fake_disks(tmp_path)
    assert mounts.plugging(os.makedev(8, 1), disks) == mounts.plugging(os.makedev(8, 0), disks) == "3a"
    assert mounts.plugging(os.makedev(8, 17), disks) == "3b"
    assert mounts.plugging(os.makedev(9, 9), disks) == ""


def test_only_what_is_mounted_below_the_media_folder_is_a_stick(tmp_path: Path) -> None:
    media = tmp_path / "media"
    for name in ("KEY", "not mounted"):
        (media / name).mkdir(parents=True)
    lines = [
        f"30 22 8:1 / {media / 'KEY'} rw - vfat /dev/sda1 rw",
        "1 1 8:2 / /elsewhere rw - vfat /dev/x rw",
    ]
    watcher = MountedDrives([media], table_with(tmp_path, *lines))
    assert [drive.name for drive in watcher.drives()] == ["KEY"]
    assert watcher.drives()[0] is watcher.drives()[0]
    table_with(tmp_path, lines[1])
    assert watcher.drives() == ()


def test_a_stick_without_a_label_is_called_stick() -> None:
    names = ["KEY 1", "", "D42C-657F", "5F2D9A6B1C3E4F70", "0a1b2c3d-1111-2222-3333-0123456789ab"]
    assert [drives.name_of(name) for name in names] == ["KEY 1", "Stick", "Stick", "Stick", "Stick"]


def test_films_go_to_a_folder_of_ours_where_the_top_is_its_owners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    assert drives.home_on(tmp_path) is None
    (tmp_path / "Twinreel").symlink_to("/tmp")
    assert drives.home_on(tmp_path) is None
    (tmp_path / "Twinreel").unlink()
    (tmp_path / "Twinreel").mkdir()
    assert drives.home_on(tmp_path) == tmp_path / "Twinreel"


def test_the_best_stick_comes_first(tmp_path: Path) -> None:
    class Key(MountedDrive):
        facts = StickStatus("a", 1, 2)

        def status(self) -> StickStatus:
            return self.facts

    kinds = [("small", 5, False), ("locked", 90, True), ("large", 50, False)]
    keys = [Key(tmp_path, name) for name, _, _ in kinds]
    for key, (name, free, locked) in zip(keys, kinds, strict=True):
        key.facts = StickStatus(name, free, 100, read_only=locked)
    assert [drive.name for drive in drives.best_first(keys)] == ["large", "small", "locked"]
