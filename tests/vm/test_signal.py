"""What comes from the tape: it ends, it is lost for a moment, it has another standard."""

from __future__ import annotations

import pytest

from appliance.core.snapshot import BoxState
from appliance.core.types import Role, Signal, TakeState
from hw.bench.box import Box
from tests.vm.recording import begin, check_pictures

VIVID = "/sys/bus/platform/drivers/vivid"
S_VIDEO = 2
CURRENT, NO_SIGNAL, SELECTED = 0, 1, 4  # what vivid's input shows
MENU = {"NTSC": 0, "PAL": 4}


@pytest.mark.parametrize("scene", ["blue", "noise"])
def test_the_tape_ends(box: Box, scene: str) -> None:
    dongle = box.plug("dongle-small")
    box.until_ready(devices=1)
    begin(box, 125)
    dongle.show(scene)
    box.until_take(TakeState.RECORDED)
    facts = box.take_facts()
    assert facts["ended_by"] == "end of tape"
    assert 3.0 <= facts["blank_tail_s"] <= 10.0
    check_pictures(box, dongle, box.segments(Role.TAPE)[0], 125)


def test_the_picture_is_lost_for_a_moment(box: Box) -> None:
    dongle = box.plug("dongle-small")
    box.until_ready(devices=1)
    begin(box, 75)
    dongle.show("blue")
    box.until(lambda s: s.devices and s.devices[0].signal is Signal.BLUE, "blue is seen")
    dongle.show("picture")
    box.until(lambda s: s.devices and s.devices[0].signal is Signal.OK, "the picture is seen")
    so_far = box.until_recording(76).recording
    assert so_far is not None
    box.until_recording(so_far.tape_frames + 125)
    box.press()
    box.until_take(TakeState.RECORDED)
    assert box.take_facts()["ended_by"] == "button"
    check_pictures(box, dongle, box.segments(Role.TAPE)[0], 200)


def plug_vivid(box: Box) -> str:
    """A driver that knows standards and signals, as real analogue dongles have; says its control device."""
    box.guest.run(f"modprobe vivid n_devs=1 node_types=0x1 num_inputs=1 input_types={S_VIDEO} vid_cap_nr=9")
    box.guest.wait_for(lambda: box.guest.try_run("test -e /dev/video9").code == 0, "vivid's node")
    return "v4l2-ctl -d /dev/video9"


def test_a_driver_that_tells_the_standard(box: Box) -> None:
    control = plug_vivid(box)
    for standard, lines in (("NTSC", "480"), ("PAL", "576")):
        chosen = f"standard_signal_mode={SELECTED},standard={MENU[standard]}"
        box.guest.run(f"{control} --set-ctrl {chosen}")
        ready = box.until(
            lambda s, lines=lines: s.devices and lines in s.devices[0].format_text,  # type: ignore[misc]
            f"{lines} lines",
        )
        assert ready.devices[0].info.role is Role.TAPE


def test_a_driver_that_tells_that_the_signal_is_gone(box: Box) -> None:
    control = plug_vivid(box)
    box.until_ready(devices=1)
    begin(box, 25)
    box.guest.run(f"{control} --set-ctrl standard_signal_mode={NO_SIGNAL}")
    box.until(lambda s: s.devices and s.devices[0].signal is Signal.NONE, "no signal is seen")
    box.guest.run(f"{control} --set-ctrl standard_signal_mode={CURRENT}")
    box.until(lambda s: s.devices and s.devices[0].signal is Signal.OK, "the signal is seen")
    box.press()
    box.until_take(TakeState.RECORDED)


def test_nothing_but_blue_is_no_tape_but_may_be_recorded(box: Box) -> None:
    dongle = box.plug("dongle-small")
    box.until_ready(devices=1)
    dongle.show("blue")
    box.until(lambda s: s.devices and s.devices[0].signal is Signal.BLUE, "blue is seen")
    begin(box, 150)
    assert box.follower.now is not None
    assert box.follower.now.state is BoxState.RECORDING, "blue before the tape begins ends nothing"
