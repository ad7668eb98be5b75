"""The box's state in words, as the page, the terminal and the log say it."""

from __future__ import annotations

from appliance.core.snapshot import BoxState, DeviceStatus, JobProgress, RecordingStatus
from appliance.core.types import Role, Signal

FIXED = {
    BoxState.STARTING: "The box is getting ready.",
    BoxState.WAITING: "Plug in the VCR's capture cable and press play on the VCR.",
    BoxState.READY: "Ready. Press record, then play on the VCR.",
    BoxState.RECORDING: "Recording.",
    BoxState.INTERRUPTED: "The VCR's capture cable is out. Plug it in again and the recording goes on.",
    BoxState.DONE: "Done. The films are on the stick, checked. You may release the stick.",
    BoxState.EJECTED: "You may pull out the stick now.",
    BoxState.OFF: "Switching off. When all lights are dark you may pull the plug.",
}
SEEN = {
    Signal.NONE: "Recording, but no signal comes from the VCR. Is it on, are its plugs in?",
    Signal.BLUE: "Recording, but the VCR shows its blue screen. Does the tape play?",
    Signal.NOISE: "Recording, but there is only snow: the tape is blank here.",
    Signal.FROZEN: "Recording, but the picture stands still. Is the VCR in pause?",
    Signal.WRONG_STANDARD: "Recording, but the tape is of another standard (PAL, NTSC) than the cable takes.",
    Signal.PUMPING: "Recording. A copy protection on the tape makes the picture lighter and darker.",
}


def sentence(
    state: BoxState,
    recording: RecordingStatus | None,
    job: JobProgress | None,
    devices: tuple[DeviceStatus, ...],
    trouble: str,
    preparing: str = "",
    waiting: int = 0,
) -> str:
    """What the box does and what it waits for; ``waiting`` finished films wait for a stick."""
    if state is BoxState.STARTING and preparing:
        return preparing
    if state is BoxState.RECORDING and recording is not None:
        return recording_sentence(recording, devices)
    if state is BoxState.WORKING:
        return f"{job.text}." if job is not None else "The recording is safe. The film is about to be made."
    if state is BoxState.ATTENTION and trouble:
        return f"{trouble} Meanwhile: {job.text}." if job is not None else trouble
    said = FIXED.get(state, "The box needs a person.")
    if waiting and state in (BoxState.WAITING, BoxState.READY):
        films = "A finished film waits" if waiting == 1 else f"{waiting} finished films wait"
        return f"{said} {films} for a stick."
    return said


def recording_sentence(recording: RecordingStatus, devices: tuple[DeviceStatus, ...]) -> str:
    if recording.tape_end_in_s is not None:
        return f"The tape seems to have ended; recording stops in {recording.tape_end_in_s:.0f} s."
    tape = next((status.signal for status in devices if status.info.role is Role.TAPE), Signal.OK)
    if tape in SEEN:
        return SEEN[tape]
    both = any(status.info.role is Role.CAMERA for status in devices)
    return "Recording the tape and the camera." if both else "Recording the tape."
