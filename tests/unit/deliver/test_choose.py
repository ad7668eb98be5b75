"""Which of the disks that udisks2 knows are a visitor's sticks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from appliance.deliver.choose import sticks_in
from appliance.deliver.disks import BLOCK, DRIVE, FILE_SYSTEM
from tests.unit.deliver.fake_disks import FAT, TWO, FakeDisks, block, only


@pytest.fixture
def disks(tmp_path: Path) -> FakeDisks:
    return FakeDisks(tmp_path / "media")


def found(disks: FakeDisks, own: frozenset[int] = frozenset()) -> list[str]:
    return [
        volume.label for stick in sticks_in(disks.objects(), own, [disks.media]) for volume in stick.volumes
    ]


def test_every_stick_is_found_and_the_boxs_own_disk_is_not(disks: FakeDisks) -> None:
    assert sorted(found(disks)) == ["KEYA", "KEYB", "KEYEX", "KEYFAT"]


def test_the_larger_partition_comes_first(disks: FakeDisks) -> None:
    only(disks, TWO)
    assert found(disks) == ["KEYB", "KEYA"]


@pytest.mark.parametrize(
    ("face", "facts"),
    [
        (BLOCK, {"HintSystem": True}),
        (BLOCK, {"Configuration": [["fstab", {"dir": "/var/lib"}]]}),
        (BLOCK, {"IdLabel": "twinreel-data"}),
        (FILE_SYSTEM, {"MountPoints": ["/srv/backup"]}),
    ],
)
def test_a_disk_of_the_box_is_never_taken_not_even_its_other_partitions(
    disks: FakeDisks, face: str, facts: dict[str, object]
) -> None:
    only(disks, TWO)
    disks.change(block("sda1"), face, **facts)
    assert found(disks) == []


def test_a_disk_below_something_that_is_mounted_is_never_taken(disks: FakeDisks) -> None:
    only(disks, TWO, FAT)
    assert found(disks, own=frozenset({os.makedev(8, 2)})) == ["KEYFAT"]


@pytest.mark.parametrize(
    "facts",
    [
        {"MediaAvailable": False},
        {"Optical": True},
        {"ConnectionBus": "", "Removable": False, "MediaRemovable": False},
    ],
)
def test_empty_slots_discs_and_built_in_disks_are_no_sticks(
    disks: FakeDisks, facts: dict[str, object]
) -> None:
    only(disks, FAT)
    disks.change(disks.drive_of(FAT), DRIVE, **facts)
    assert found(disks) == []


def test_a_partition_that_is_hidden_is_left_alone(disks: FakeDisks) -> None:
    only(disks, TWO)
    disks.change(block("sda1"), BLOCK, HintIgnore=True)
    assert found(disks) == ["KEYB"]
