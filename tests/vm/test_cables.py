"""Cables are pulled in mid-take: nothing that came before is lost, and the take goes on afterwards."""

from __future__ import annotations

from appliance.core.snapshot import BoxState
from appliance.core.types import Role, TakeState
from hw.bench.box import Box
from tests.vm.recording import begin, check_pictures, check_sound


def test_the_dongle_is_pulled_and_put_back(box: Box) -> None:
    first = box.plug("dongle-small")
    box.until_ready(devices=1)
    begin(box, 75)
    box.pull(first)
    box.until_state(BoxState.INTERRUPTED)
    box.until_issue("tape-lost")
    second = box.plug("dongle-small")
    box.until_state(BoxState.RECORDING)
    box.until_recording(175)
    box.press()
    box.until_take(TakeState.RECORDED)
    facts = box.take_facts()
    assert facts["interrupted"]
    before, after = box.segments(Role.TAPE)
    check_pictures(box, first, before, 75)
    check_pictures(box, second, after, 75)
    check_sound(box, second, after, "after")


def test_the_dongle_is_pulled_for_good(box: Box) -> None:
    box.guest.run("sed -i 's/^resume_window_s.*/resume_window_s = 3.0/' /etc/twinreel/site.toml")
    box.restart()
    dongle = box.plug("dongle-small")
    box.until_ready(devices=1)
    begin(box, 50)
    box.pull(dongle)
    box.until_take(TakeState.RECORDED)
    assert box.take_facts()["ended_by"] == "device lost"
    check_pictures(box, dongle, box.segments(Role.TAPE)[0], 50)


def test_the_camera_is_pulled_and_the_tape_goes_on(box: Box) -> None:
    dongle, camera = box.plug("dongle-small"), box.plug("camera-small")
    box.until_ready()
    begin(box, 75)
    box.pull(camera)
    lost = box.until_issue("camera-lost")
    assert lost.state is BoxState.RECORDING
    so_far = lost.recording.tape_frames if lost.recording else 0
    box.until_recording(so_far + 50)
    box.press()
    box.until_take(TakeState.RECORDED)
    check_pictures(box, dongle, box.segments(Role.TAPE)[0], so_far + 50, spared=1)
    check_pictures(box, camera, box.segments(Role.CAMERA)[0], 25)


def test_a_dongle_that_hangs_is_started_anew(box: Box) -> None:
    dongle = box.plug("dongle-small")
    box.until_ready(devices=1)
    begin(box, 50)
    dongle.show("stalled")
    dongle.wait("streaming", timeout_s=60)
    dongle.show("picture")
    so_far = box.until_recording(51).recording
    assert so_far is not None
    box.until_recording(so_far.tape_frames + 50)
    box.press()
    box.until_take(TakeState.RECORDED)
    assert sum(len(segment.numbers) for segment in box.segments(Role.TAPE)) >= 100


def test_the_tape_falls_silent_and_its_pictures_go_on(box: Box) -> None:
    dongle = box.plug("dongle-small")
    box.until_ready(devices=1)
    begin(box, 50)
    dongle.mute()
    box.until_recording(150)
    dongle.mute(silent=False)
    box.until_recording(225)
    box.press()
    box.until_take(TakeState.RECORDED)
    check_pictures(box, dongle, box.segments(Role.TAPE)[0], 225)
