"""A visitor's sticks: how they are mounted, told about and let go of."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.core.problems import Problem
from appliance.core.types import Issue, Severity
from appliance.deliver import drives, mounts
from appliance.deliver.disks import BLOCK, DRIVE, FILE_SYSTEM, DisksError, plain, typed
from appliance.deliver.eject import eject
from appliance.deliver.plugged import AGAIN_S, SHOWN_S, SURE_S, PluggedDrives
from tests.unit.deliver.fake_disks import EXFAT, FAT, RAW, TWO, FakeDisks, block, only


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def disks(tmp_path: Path) -> FakeDisks:
    return FakeDisks(tmp_path / "media")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watcher(disks: FakeDisks, clock: Clock) -> PluggedDrives:
    return PluggedDrives(
        disks, [disks.media], own=lambda media: frozenset(), is_mount=disks.is_mount, now=clock
    )


def names(watcher: PluggedDrives) -> list[str]:
    return [drive.name for drive in watcher.drives()]


def codes(watcher: PluggedDrives) -> list[str]:
    watcher.drives()
    return [issue.code for issue in watcher.issues()]


def test_sticks_are_mounted_once_and_safely(watcher: PluggedDrives, disks: FakeDisks) -> None:
    only(disks, FAT, EXFAT)
    assert sorted(names(watcher)) == ["KEYEX", "KEYFAT"]
    assert watcher.drives()[0] is watcher.drives()[0]
    assert sorted(disks.asked) == [("Mount", "sdb"), ("Mount", "sdd")]
    assert all(set(o["options"].split(",")) >= {"nosuid", "nodev", "noexec"} for o in disks.options)


def test_a_stick_that_is_mounted_already_is_used_as_it_is(disks: FakeDisks, watcher: PluggedDrives) -> None:
    """The recorder was started anew."""
    only(disks, EXFAT)
    disks.call(block(EXFAT), FILE_SYSTEM, "Mount", {}, 1.0)
    assert names(watcher) == ["KEYEX"]
    assert disks.asked == [("Mount", "sdd")]


def test_a_pulled_stick_is_gone_and_another_in_its_place_is_another(
    disks: FakeDisks, watcher: PluggedDrives
) -> None:
    only(disks, EXFAT)
    old, path = watcher.drives()[0], disks.drive_of(EXFAT)
    disks.pull(path)
    assert names(watcher) == []
    with pytest.raises(Problem) as caught:
        old.make_folder("film")
    assert caught.value.issue.code == "stick-absent"
    disks.put_back(path, detected=7)
    new = watcher.drives()[0]
    assert new is not old
    new.make_folder("film")


def test_a_stick_exchanged_between_two_looks_is_another(disks: FakeDisks, watcher: PluggedDrives) -> None:
    only(disks, EXFAT)
    old, path = watcher.drives()[0], disks.drive_of(EXFAT)
    disks.pull(path)
    disks.put_back(path, detected=7)
    assert watcher.drives()[0] is not old


def test_a_mount_that_is_gone_before_udisks_noticed_is_never_used(
    disks: FakeDisks, watcher: PluggedDrives
) -> None:
    """What is left is an empty folder on the box's own disk."""
    only(disks, EXFAT)
    (disks.media / "KEYEX").mkdir(parents=True)
    disks.change(block(EXFAT), FILE_SYSTEM, MountPoints=[str(disks.media / "KEYEX")])
    watcher._is_mount = lambda point: False
    assert names(watcher) == []
    assert watcher.issues() == ()


def test_an_unformatted_stick_is_told_until_it_is_pulled(disks: FakeDisks, watcher: PluggedDrives) -> None:
    only(disks, RAW)
    watcher.drives()
    issue = watcher.issues()[0]
    assert (issue.code, issue.severity) == ("stick-unformatted", Severity.WARNING)
    assert "exFAT" in issue.remedy
    disks.pull(disks.drive_of(RAW))
    assert codes(watcher) == []


def test_what_is_on_an_unreadable_stick_is_named(disks: FakeDisks, watcher: PluggedDrives) -> None:
    only(disks, RAW)
    disks.change(block(RAW), BLOCK, IdUsage="crypto", IdType="crypto_LUKS")
    watcher.drives()
    assert "crypto_LUKS" in watcher.issues()[0].cause


def test_a_stick_that_somebody_named_after_the_box_is_told(disks: FakeDisks, watcher: PluggedDrives) -> None:
    only(disks, EXFAT)
    disks.change(block(EXFAT), BLOCK, IdLabel="TWINREEL")
    assert (names(watcher), codes(watcher)) == ([], ["stick-reserved"])
    assert disks.asked == []
    disks.change(block(EXFAT), BLOCK, HintSystem=True)
    assert codes(watcher) == [], "the box's own disk is none of the visitor's business"


def test_beside_a_good_stick_a_bad_one_is_only_a_notice(disks: FakeDisks, watcher: PluggedDrives) -> None:
    only(disks, RAW, EXFAT)
    watcher.drives()
    assert [(i.code, i.severity) for i in watcher.issues()] == [("stick-unformatted", Severity.NOTICE)]


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("hfsplus", DisksError("Failed", "mount: unknown filesystem type 'hfsplus'."), "stick-unformatted"),
        ("ntfs", DisksError("Failed", "wrong fs type, bad option, bad superblock"), "stick-left-open"),
        ("vfat", DisksError("Failed", "wrong fs type, bad option, bad superblock"), "stick-damaged"),
        ("vfat", DisksError("NotAuthorizedCanObtain", "Not authorized"), "stick-forbidden"),
    ],
)
def test_why_a_stick_cannot_be_mounted(
    disks: FakeDisks, watcher: PluggedDrives, kind: str, error: DisksError, code: str
) -> None:
    only(disks, FAT)
    disks.change(block(FAT), BLOCK, IdType=kind)
    disks.refusals["Mount"] = error
    assert codes(watcher) == codes(watcher) == [code]
    assert len(disks.asked) == 1, "a stick that was refused is not tried again at every look"


def test_a_stick_that_cannot_be_looked_at_is_told_when_it_is_sure_that_it_was_not_just_pulled(
    disks: FakeDisks, watcher: PluggedDrives, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(disks, EXFAT)

    def broken(root: Path) -> tuple[int, str]:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(drives, "identity_of", broken)
    assert codes(watcher) == []
    clock.now_s += SURE_S
    assert codes(watcher) == ["stick-failed"]
    disks.pull(disks.drive_of(EXFAT))
    assert codes(watcher) == []


def test_a_stick_that_windows_left_open_may_be_read_and_is_told(
    disks: FakeDisks, watcher: PluggedDrives, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(disks, EXFAT)
    disks.change(block(EXFAT), BLOCK, IdType="ntfs")
    facts = SimpleNamespace(f_flag=os.ST_RDONLY, f_bavail=1, f_frsize=1, f_blocks=2)
    monkeypatch.setattr(os, "statvfs", lambda path: facts)
    assert watcher.drives()[0].status().read_only
    assert [(i.code, i.severity) for i in watcher.issues()] == [("stick-left-open", Severity.WARNING)]
    path = disks.drive_of(EXFAT)
    disks.pull(path)
    assert codes(watcher) == []
    disks.put_back(path, detected=7)
    disks.change(block(EXFAT), BLOCK, IdType="ntfs", ReadOnly=True)
    assert codes(watcher) == [], "its switch is on: that is no fault of Windows"


def test_a_stick_that_was_busy_is_tried_again(disks: FakeDisks, watcher: PluggedDrives, clock: Clock) -> None:
    only(disks, EXFAT)
    disks.refusals["Mount"] = DisksError("DeviceBusy", "an operation is pending")
    assert (names(watcher), codes(watcher)) == ([], []), "nobody is sent for another stick yet"
    clock.now_s += AGAIN_S
    assert (names(watcher), codes(watcher)) == ([], ["stick-damaged"])
    disks.refusals.clear()
    assert codes(watcher) == ["stick-damaged"], "it is not tried at every look"
    clock.now_s += AGAIN_S
    assert (names(watcher), codes(watcher)) == (["KEYEX"], [])


def test_a_stick_that_a_desktop_has_just_mounted_is_used_where_it_is(
    disks: FakeDisks, watcher: PluggedDrives, clock: Clock
) -> None:
    """On a computer of one's own: both ask at the same moment, and one comes too late."""
    only(disks, EXFAT)
    disks.refusals["Mount"] = DisksError("AlreadyMounted", "Device /dev/sdd is already mounted")
    assert (names(watcher), codes(watcher)) == ([], []), "nothing is wrong with it"
    disks.refusals.clear()
    disks.call(block(EXFAT), FILE_SYSTEM, "Mount", {}, 1.0)
    clock.now_s += SURE_S
    assert names(watcher) == ["KEYEX"]


def test_fat32_is_told_as_soon_as_the_stick_is_there(
    disks: FakeDisks, watcher: PluggedDrives, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(disks, FAT)
    monkeypatch.setattr(mounts, "mount_of_device", lambda device: mounts.Mount("/dev/sdb", "vfat"))
    watcher.drives()
    assert [(i.code, i.severity) for i in watcher.issues()] == [("stick-fat32", Severity.NOTICE)]
    assert "long films come in parts" in watcher.issues()[0].cause


def test_a_cameras_card_is_a_card_and_no_stick(disks: FakeDisks, watcher: PluggedDrives) -> None:
    only(disks, EXFAT)
    (disks.media / "KEYEX/DCIM").mkdir(parents=True)
    assert [drive.name for drive in drives.cards(watcher)] == ["KEYEX"]
    assert drives.sticks(watcher) == ()


def test_a_linux_stick_gets_a_folder_of_ours(
    disks: FakeDisks, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(disks, EXFAT)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name == "Twinreel")
    asked: list[Path] = []

    def made(point: Path) -> None:
        asked.append(point)
        (point / "Twinreel").mkdir()

    watcher = PluggedDrives(disks, [disks.media], made, lambda media: frozenset(), disks.is_mount, clock)
    assert watcher.drives()[0].root == disks.media / "KEYEX/Twinreel"
    assert asked == [disks.media / "KEYEX"]


def test_a_linux_stick_without_such_a_folder_is_told(
    disks: FakeDisks, watcher: PluggedDrives, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(disks, EXFAT)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert codes(watcher) == ["stick-not-ours"]
    assert names(watcher) == []


def test_eject_unmounts_everything_on_the_stick_and_takes_its_power(
    disks: FakeDisks, watcher: PluggedDrives
) -> None:
    only(disks, TWO, EXFAT)
    stick = disks.drive_of(TWO).rpartition("/")[2]
    key = next(drive for drive in watcher.drives() if drive.name == "KEYB")
    disks.asked.clear()
    eject(key)
    assert disks.asked == [("Unmount", "sda2"), ("Unmount", "sda1"), ("PowerOff", stick)]
    state = {drive.name: drive.status().safe_to_remove for drive in watcher.drives()}
    assert state == {"KEYB": True, "KEYA": True, "KEYEX": False}


def test_a_stick_without_power_is_shown_for_a_while_or_until_another_comes(
    disks: FakeDisks, watcher: PluggedDrives, clock: Clock
) -> None:
    only(disks, EXFAT)
    path = disks.drive_of(EXFAT)
    eject(watcher.drives()[0])
    clock.now_s += SHOWN_S - 1
    assert watcher.drives()[0].status().safe_to_remove
    clock.now_s += 1
    assert watcher.drives() == ()
    disks.put_back(path, detected=7)
    eject(watcher.drives()[0])
    disks.put_back(path, detected=8)
    assert [drive.status().safe_to_remove for drive in watcher.drives()] == [False]


def test_where_slots_share_a_plug_only_one_is_ejected(disks: FakeDisks, watcher: PluggedDrives) -> None:
    only(disks, FAT, EXFAT)
    for name in (FAT, EXFAT):
        disks.change(disks.drive_of(name), DRIVE, SiblingId="/sys/devices/usb2/2-3/2-3:1.0")
    eject(next(drive for drive in watcher.drives() if drive.name == "KEYEX"))
    assert [method for method, _ in disks.asked][2:] == ["Unmount", "Eject"]
    state = {drive.name: drive.status().safe_to_remove for drive in watcher.drives()}
    assert state["KEYFAT"] is False


def test_a_stick_that_keeps_its_power_is_not_mounted_again_until_it_was_pulled(
    disks: FakeDisks, watcher: PluggedDrives
) -> None:
    only(disks, EXFAT)
    path = disks.drive_of(EXFAT)
    disks.change(path, DRIVE, CanPowerOff=False, Ejectable=False)
    eject(watcher.drives()[0])
    for _ in range(3):
        assert [drive.status().safe_to_remove for drive in watcher.drives()] == [True]
    disks.pull(path)
    assert watcher.drives() == ()
    disks.put_back(path, detected=7)
    assert [drive.status().safe_to_remove for drive in watcher.drives()] == [False]


def test_a_stick_in_use_is_refused_and_stays_as_it_is(disks: FakeDisks, watcher: PluggedDrives) -> None:
    only(disks, EXFAT)
    key = watcher.drives()[0]
    disks.refusals["Unmount"] = DisksError("DeviceBusy", "target is busy")
    with pytest.raises(Problem) as caught:
        eject(key)
    assert caught.value.issue.code == "stick-busy"
    assert ("PowerOff", disks.drive_of(EXFAT).rpartition("/")[2]) not in disks.asked
    assert watcher.drives() == (key,)
    key.make_folder("film")


def test_without_udisks_nothing_is_plugged_in_and_the_box_says_why(
    disks: FakeDisks, watcher: PluggedDrives, clock: Clock
) -> None:
    only(disks, EXFAT)
    disks.silent = True
    assert (names(watcher), codes(watcher)) == ([], ["sticks-unseen"])
    disks.silent = False
    clock.now_s += AGAIN_S
    assert (names(watcher), codes(watcher)) == (["KEYEX"], [])


def test_answers_of_the_bus_lose_their_types() -> None:
    answer = {
        "/a": {
            "Block": {
                "Device": ("ay", b"/dev/sda\0"),
                "MountPoints": ("aay", [b"/m/A B\0"]),
                "Size": ("t", 5),
            }
        }
    }
    assert plain(answer) == {"/a": {"Block": {"Device": "/dev/sda", "MountPoints": ["/m/A B"], "Size": 5}}}
    assert typed({"force": False, "options": "ro"}) == {"force": ("b", False), "options": ("s", "ro")}


def test_an_issue_names_what_to_do(disks: FakeDisks, watcher: PluggedDrives) -> None:
    watcher.drives()
    told: list[Issue] = list(watcher.issues())
    assert told
    assert all(issue.cause.endswith(".") and issue.remedy.endswith(".") for issue in told)
