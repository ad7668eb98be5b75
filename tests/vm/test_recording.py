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
    assert box.shows(BoxState.WAITING)
    for thing in order:
        if thing == "stick":
            box.insert("exfat")
        else:
            box.plug(thing)
    ready = box.until_ready(devices=2)
    assert {status.info.role for status in ready.devices} == {Role.TAPE, Role.CAMERA}
    assert {status.info.usb for status in ready.devices} == {"534d:0021", "046d:0825"}
    box.until(lambda s: s.stick is not None and not s.stick.read_only, "the stick")
    assert box.shows(BoxState.READY)


def test_both_are_recorded_whole_and_in_step(box: Box) -> None:
    dongle, camera = box.plug("dongle"), box.plug("camera")
    box.until_ready()
    record(box, TAKE_FRAMES)
    check_whole(box, dongle, Role.TAPE, TAKE_FRAMES)
    check_whole(box, camera, Role.CAMERA, TAKE_FRAMES - 50)
    assert not box.take_facts()["interrupted"]


def test_the_lights_say_that_it_records(box: Box) -> None:
    box.plug("dongle")
    box.until_ready(devices=1)
    begin(box)
    assert box.shows(BoxState.RECORDING)


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
    box.plug("dongle-small")
    box.plug("camera-small")
    stick = box.insert("exfat")
    box.until_ready()
    record(box, 50)
    box.until_take(TakeState.DELIVERED, timeout_s=280)
    assert box.shows(BoxState.DONE)
    assert box.take_id() in box.look_at(stick).whole_takes()
