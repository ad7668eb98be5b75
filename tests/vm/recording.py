"""What several scenarios do and check alike."""

from __future__ import annotations

from appliance.core.types import Role, Stage, TakeState
from appliance.worker.progress import SHARE
from hw.bench.box import Box
from hw.bench.compare import Recorded
from hw.bench.plugs import Plugged

SOUND_LATE_S = 0.25  # QEMU holds 60 to 160 ms of it, and more or less of that as the guest keeps up
SOUND_STRAY_S = 0.1
WRITTEN = 0.2  # of a delivery, which writes in its first half and reads back in its second
CLICKS_SWALLOWED = 0.15  # of all; where the guest is late, QEMU leaves a tenth of a second out


def record(box: Box, frames: int) -> None:
    """From the button to the button."""
    begin(box, frames)
    box.press()
    box.until_take(TakeState.RECORDED)


def begin(box: Box, frames: int = 1) -> None:
    box.press()
    box.until_recording(frames)


def until_in_mid_write(box: Box) -> None:
    """The film is on its way to the stick; a job's progress is that of all its stages."""
    enough = 1 - SHARE[Stage.DELIVER] * (1 - WRITTEN)
    box.until(
        lambda s: s.job and s.job.stage is Stage.DELIVER and s.job.fraction > enough, "it is being written"
    )


def check_whole(box: Box, device: Plugged, role: Role, frames: int) -> None:
    """One segment, all of what was sent between its first and last frame, its sound in step."""
    (segment,) = box.segments(role)
    check_pictures(box, device, segment, frames)
    check_sound(box, device, segment, role.value)


def check_pictures(box: Box, device: Plugged, segment: Recorded, frames: int, spared: int = 0) -> None:
    """``spared`` frames may be lost, as beside a plug that is pulled, where the box tells of each."""
    found = box.compare(device, segment)
    assert device.skipped() == 0, "the guest was too slow for this scenario"
    told = sum(one["lost_frames"] for one in box.take_facts()["segments"]) if found.missing else 0
    assert not found.strange, found
    assert len(found.missing) <= min(spared, told), (found, told)
    assert found.recorded >= frames


def check_sound(box: Box, device: Plugged, segment: Recorded, name: str) -> None:
    sound = box.sound(device, segment)
    box.notes.append(f"{name}: sound {1000 * sound.middle_s:+.0f} ms, ± {1000 * sound.stray_s:.0f}")
    assert sound.absent <= CLICKS_SWALLOWED * (len(sound.late_s) + sound.absent), sound
    assert abs(sound.middle_s) < SOUND_LATE_S
    assert sound.stray_s < SOUND_STRAY_S
