"""Processes die, hang, and the power goes: nothing is lost that the box has promised."""

from __future__ import annotations

import pytest

from appliance.core.snapshot import BoxState
from appliance.core.types import Role, TakeState
from hw.bench.box import VERY_LONG_S, Box
from hw.bench.inspect import inspect
from hw.bench.product import Images
from hw.bench.sticks import Fault, make_stick
from hw.bench.writelog import read_log, replay, survivors
from tests.vm.recording import begin, check_pictures, until_in_mid_write

BOOT_S = 240.0
ROOM_MB = 120


def recorder_pid(box: Box) -> str:
    return box.guest.run("systemctl show -p MainPID --value twinreel-recorder").strip()


def goes_on(box: Box, pid: str) -> None:
    """After this recorder's death: another one records the same take further."""
    box.guest.wait_for(lambda: recorder_pid(box) not in (pid, "0"), "a new recorder", timeout_s=120)
    box.follower.forget()
    told = box.until(
        lambda s: s.state is BoxState.RECORDING and s.recording, "the take goes on", timeout_s=150
    )
    assert told.recording is not None
    box.until_recording(told.recording.tape_frames + 25)


def test_the_recorder_is_killed_in_mid_take(box: Box) -> None:
    dongle = box.plug("dongle-small")
    box.until_ready(devices=1)
    begin(box, 75)
    take, pid = box.take_id(), recorder_pid(box)
    box.guest.run(f"kill -9 {pid}")
    goes_on(box, pid)
    assert box.take_id() == take
    box.press()
    box.until_take(TakeState.RECORDED)
    assert box.take_facts()["interrupted"]
    before, after = box.segments(Role.TAPE)
    check_pictures(box, dongle, before, 50)
    check_pictures(box, dongle, after, 1)


def test_the_recorder_hangs_and_its_watchdog_bites(box: Box) -> None:
    dongle = box.plug("dongle-small")
    box.until_ready(devices=1)
    begin(box, 75)
    pid = recorder_pid(box)
    box.guest.run(f"kill -STOP {pid}")
    goes_on(box, pid)
    box.press()
    box.until_take(TakeState.RECORDED)
    check_pictures(box, dongle, box.segments(Role.TAPE)[0], 50)
    assert "watchdog" in box.guest.run("journalctl -b -u twinreel-recorder | grep -i watchdog")


def test_the_worker_is_killed_while_it_delivers(film_box: Box) -> None:
    stick = film_box.insert("exfat", ROOM_MB, Fault(slow=True))
    until_in_mid_write(film_box)
    film_box.guest.run("systemctl kill -s KILL twinreel-worker")
    film_box.until_take(TakeState.DELIVERED, timeout_s=180)
    assert film_box.look_at(stick).whole_takes() == film_box.ledger.promised(TakeState.DELIVERED)


def test_the_power_goes_in_mid_take(box: Box) -> None:
    dongle = box.plug("dongle-small")
    box.until_ready(devices=1)
    begin(box, 25)
    box.press()
    box.until_take(TakeState.RECORDED)
    promised = box.take_id()
    box.press()
    told = box.until(
        lambda s: s.recording and s.recording.take_id != promised and s.recording.tape_frames >= 150,
        "a second take",
    )
    assert told.recording is not None
    box.kill()
    box.boot()
    box.until(lambda s: len(s.takes) == 2, "both takes", BOOT_S)
    assert promised in {take.id for take in box.follower.seen[-1].takes}
    (first,) = box.segments(Role.TAPE, promised)
    check_pictures(box, dongle, first, 25)
    second = box.segments(Role.TAPE, told.recording.take_id)[0]
    check_pictures(box, dongle, second, told.recording.tape_frames - 50)


def test_the_power_goes_in_mid_delivery(film_box: Box) -> None:
    stick = film_box.insert("exfat", ROOM_MB, Fault(slow=True))
    until_in_mid_write(film_box)
    film_box.kill()
    film_box.boot()
    stick.insert(film_box.guest.qmp)
    film_box.until_take(TakeState.DELIVERED, timeout_s=BOOT_S)
    assert film_box.look_at(stick).whole_takes() == film_box.ledger.promised(TakeState.DELIVERED)


@pytest.mark.parametrize("kind", ["vfat", "exfat", "ext4"])
def test_a_stick_that_loses_its_cache_after_the_promise(film_box: Box, images: Images, kind: str) -> None:
    folder = film_box.guest.folder
    before = make_stick(folder / "before.img", kind, ROOM_MB)
    film_box.insert(kind, ROOM_MB, Fault(log=folder / "writes"), template=before)
    film_box.until_take(TakeState.DELIVERED, timeout_s=150)
    film_box.kill()
    log, promised = read_log(folder / "writes"), film_box.ledger.promised(TakeState.DELIVERED)
    film_box.notes.append(
        f"{len(log.writes) - log.last_flush} of {len(log.writes)} writes after the last flush"
    )
    for seed in range(2):
        lost = replay(log, survivors(log, seed), before, folder / f"after-{seed}.img")
        assert inspect(images.idle, lost, kind).whole_takes() == promised


@pytest.mark.parametrize("kind", ["vfat", "exfat", "ext4"])
def test_a_stick_that_lost_its_cache_in_mid_write_is_delivered_to_again(film_box: Box, kind: str) -> None:
    folder = film_box.guest.folder
    before = make_stick(folder / "before.img", kind, ROOM_MB)
    stick = film_box.insert(kind, ROOM_MB, Fault(slow=True, log=folder / "writes"), template=before)
    until_in_mid_write(film_box)
    stick.pull(film_box.guest.qmp)
    film_box.until(lambda s: s.stick is None, "the stick is gone")
    log = read_log(folder / "writes")
    lost = replay(log, survivors(log, seed=1), before, folder / "after.img")
    again = film_box.insert(kind, ROOM_MB, template=lost)
    film_box.until_take(TakeState.DELIVERED, timeout_s=150)
    assert film_box.look_at(again).whole_takes() == film_box.ledger.promised(TakeState.DELIVERED)


def test_a_very_long_press_switches_off_in_order(box: Box) -> None:
    dongle = box.plug("dongle-small")
    box.until_ready(devices=1)
    begin(box, 75)
    take = box.take_id()
    box.press(VERY_LONG_S)
    box.guest.wait_off(timeout_s=120)
    box.guest.boot()
    box.follow()
    box.until(lambda s: s.takes, "the take", BOOT_S)
    assert box.take_facts(take)["ended_by"] == "switched off"
    (segment,) = box.segments(Role.TAPE, take)
    check_pictures(box, dongle, segment, 75)
    assert "recovering journal" not in box.guest.run("dmesg")
