"""A film waits for a stick; the stick comes, with every fault that sticks have."""

from __future__ import annotations

import pytest

from appliance.core.snapshot import BoxState, CommandName
from appliance.core.types import Stage, TakeState
from hw.bench.box import Box
from hw.bench.sticks import FIRST, Fault
from tests.vm.recording import until_in_mid_write

SMALL_MB, ROOM_MB = 18, 120  # 16 are left free by the box's own wish


def delivered(box: Box) -> None:
    box.until_take(TakeState.DELIVERED, timeout_s=150)


@pytest.mark.parametrize("kind", ["vfat", "exfat", "ext4"])
def test_the_film_is_delivered_and_verified(film_box: Box, kind: str) -> None:
    stick = film_box.insert(kind, ROOM_MB)
    delivered(film_box)
    film_box.until_shows(BoxState.DONE)
    assert film_box.do(CommandName.EJECT) is None
    film_box.until(lambda s: s.state is BoxState.EJECTED, "released")
    looked = film_box.look_at(stick)
    assert looked.clean, looked.said
    assert [bag.whole for bag in looked.bags] == [True]
    assert looked.whole_takes() == film_box.ledger.promised(TakeState.DELIVERED)


def test_an_ntfs_stick(film_box: Box) -> None:
    stick = film_box.insert("ntfs", ROOM_MB)
    stick.format_ntfs(film_box.guest)
    stick.insert(film_box.guest.qmp)
    delivered(film_box)


def test_pulled_in_mid_write_and_put_back(film_box: Box) -> None:
    stick = film_box.insert("exfat", ROOM_MB, Fault(slow=True))
    until_in_mid_write(film_box)
    stick.pull(film_box.guest.qmp)
    film_box.until(lambda s: s.stick is None, "the stick is gone")
    assert not film_box.ledger.promised(TakeState.DELIVERED)
    stick.insert(film_box.guest.qmp)
    delivered(film_box)
    assert film_box.look_at(stick).whole_takes() == film_box.ledger.promised(TakeState.DELIVERED)


def test_a_full_stick_then_one_with_room(film_box: Box) -> None:
    full = film_box.insert("exfat", SMALL_MB)
    film_box.until_issue("stick-full")
    full.pull(film_box.guest.qmp)
    good = film_box.insert("vfat", ROOM_MB)
    delivered(film_box)
    assert film_box.look_at(good).whole_takes()


def test_a_slow_stick(film_box: Box) -> None:
    stick = film_box.insert("vfat", ROOM_MB, Fault(slow=True))
    delivered(film_box)
    assert film_box.look_at(stick).whole_takes()


def test_a_stick_that_fails_then_a_good_one(film_box: Box) -> None:
    bad = film_box.insert("exfat", ROOM_MB, Fault(bad_sectors=(FIRST + 16_000, FIRST + 40_000)))
    film_box.until_issue("stick-failed")
    assert not film_box.ledger.promised(TakeState.DELIVERED)
    bad.pull(film_box.guest.qmp)
    good = film_box.insert("exfat", ROOM_MB)
    delivered(film_box)
    assert film_box.look_at(good).whole_takes()


def test_a_read_only_stick_then_a_good_one(film_box: Box) -> None:
    locked = film_box.insert("vfat", ROOM_MB, Fault(read_only=True))
    film_box.until_issue("stick-read-only")
    locked.pull(film_box.guest.qmp)
    film_box.insert("vfat", ROOM_MB)
    delivered(film_box)


def test_a_film_of_5_gb_and_a_stick_that_takes_4(film_box: Box) -> None:
    film_box.make_film_huge(5_000_000_000)
    film_box.insert("vfat", 8000)
    film_box.until(
        lambda s: (
            (s.job and s.job.stage is Stage.DELIVER and s.job.fraction > 0)
            or any(issue.code == "stick-file-limit" for issue in s.issues)
        ),
        "it is refused, or goes there in parts",
    )
