"""Plug in, press, record: every frame that was sent lies on the spool, and the sound is in step."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from appliance.core.snapshot import BoxState
from appliance.core.types import Role, TakeState
from hw.bench.box import Box
from tests.vm.recording import begin, check_pictures, check_whole, record

TAKE_FRAMES = 20 * 25


@pytest.mark.parametrize(
    "order", [("dongle", "camera", "stick"), ("stick", "camera", "dongle")], ids="-".join
)
def test_plugged_in_any_order_the_box_is_ready(box: Box, order: Sequence[str]) -> None:
    box.until_shows(BoxState.WAITING)
    for thing in order:
        if thing == "stick":
            box.insert("exfat")
        else:
            box.plug(thing)
    ready = box.until_ready(devices=2)
    assert {status.info.role for status in ready.devices} == {Role.TAPE, Role.CAMERA}
    assert {status.info.usb for status in ready.devices} == {"534d:0021", "046d:0825"}
    box.until(lambda s: s.stick is not None and not s.stick.read_only, "the stick")
    box.until_shows(BoxState.READY)


def test_both_are_recorded_whole_and_in_step(box: Box) -> None:
    """Small pictures: two full sizes at once are too much for an emulated processor beside other work."""
    dongle, camera = box.plug("dongle-small"), box.plug("camera-small")
    box.until_ready()
    record(box, TAKE_FRAMES)
    check_whole(box, dongle, Role.TAPE, TAKE_FRAMES)
    check_whole(box, camera, Role.CAMERA, TAKE_FRAMES - 50)
    assert not box.take_facts()["interrupted"]


@pytest.mark.parametrize(("model", "role"), [("dongle", Role.TAPE), ("camera", Role.CAMERA)])
def test_the_full_size_of_a_device(box: Box, model: str, role: Role) -> None:
    device = box.plug(model)
    if role is Role.CAMERA:
        box.plug("dongle-small")
    box.until_ready(devices=1 if role is Role.TAPE else 2)
    record(box, 100)
    check_pictures(box, device, box.segments(role)[0], 50)


def test_the_lights_say_that_it_records(box: Box) -> None:
    box.plug("dongle")
    box.until_ready(devices=1)
    begin(box)
    box.until_shows(BoxState.RECORDING)


def test_an_ntsc_dongle(box: Box) -> None:
    dongle = box.plug("dongle-ntsc")
    ready = box.until_ready(devices=1)
    assert "480" in ready.devices[0].format_text
    record(box, 150)
    check_whole(box, dongle, Role.TAPE, 150)


def test_an_uncompressed_dongle(box: Box) -> None:
    dongle = box.plug("dongle-raw")
    box.until_ready(devices=1)
    record(box, 50)
    check_pictures(box, dongle, box.segments(Role.TAPE)[0], 50)


def test_a_small_take_becomes_a_film_on_a_stick(box: Box) -> None:
    """The tape alone: with a camera the film would take an emulated processor a quarter of an hour."""
    dongle = box.plug("dongle-tiny")
    stick = box.insert("exfat")
    box.until_ready(devices=1)
    record(box, 25)
    box.pull(dongle)  # whose preview would take half of the machine from the film
    box.until_take(TakeState.DELIVERED, timeout_s=200)
    box.until_shows(BoxState.DONE)
    assert box.take_id() in box.look_at(stick).whole_takes()
