"""What the recorder says when a device goes, or when a command cannot be carried out."""

from __future__ import annotations

from dataclasses import replace

from appliance.core.problems import DeviceLost, Problem
from appliance.core.snapshot import BoxState
from appliance.core.types import Issue, Role, Severity, Signal, Stage

SEEN = {
    Signal.NONE: "No signal comes through the capture cable: the VCR is off, or the cable to it is loose.",
    Signal.BLUE: "The VCR shows its blue screen: the tape is stopped, or it has ended.",
    Signal.NOISE: "The VCR shows snow: this part of the tape is blank, or its heads are dirty.",
    Signal.FROZEN: "The same picture comes again and again: the VCR is in pause, or the capture cable hangs.",
}


def lost_issue(role: Role, name: str, problem: Problem | None = None) -> Issue:
    """In the device's own words where it was not unplugged but failed."""
    if problem is not None and not isinstance(problem, DeviceLost):
        return replace(problem.issue, code=f"{role.value}-lost")
    goes_on = (
        "The tape is still being recorded." if role is Role.CAMERA else "What was recorded so far is safe."
    )
    return Problem(
        f"{role.value}-lost",
        f"{name} was unplugged",
        f"The cable was pulled or the device lost power. {goes_on}",
        "Plug it in again; the recording goes on by itself. Or press stop.",
    ).issue


def no_tape_device(state: BoxState) -> Problem:
    if state is BoxState.STARTING:
        return Problem(
            "starting",
            "The box is still getting ready",
            "It looks for its devices.",
            "Wait for the first light, then press record again.",
        )
    return Problem(
        "no-tape-device",
        "There is nothing to record from",
        "No VCR is plugged in: the capture cable is missing or without power.",
        "Plug the capture cable into the VCR and the box, then press record again.",
    )


def nothing_recorded() -> Issue:
    return Problem(
        "nothing-recorded",
        "Nothing was recorded",
        "The capture cable delivered not one picture.",
        "Check the cable between VCR and box, press play on the VCR, then record again.",
    ).issue


def without_picture(signal: Signal, goes_on: bool) -> Issue:
    ends = "" if goes_on else " A tape that has ended needs nothing: the recording stops by itself."
    return Problem(
        "tape-no-picture",
        "The tape's picture is missing",
        f"{SEEN[signal]} The recording goes on.",
        f"Look at the VCR: is it on, does the tape play, are all plugs in? Or press stop.{ends}",
        Severity.WARNING,
    ).issue


def wrong_standard() -> Issue:
    return Problem(
        "wrong-standard",
        "The tape is of another television standard than the capture cable expects",
        "European tapes (PAL) have 625 lines, American and Japanese ones (NTSC) 525. The picture rolls, is"
        " torn or has no colour.",
        "Stop, wait a moment while the tape plays, so that the box can look again, then record from the"
        " beginning. If nothing changes, this VCR or this capture cable cannot play such a tape.",
        Severity.WARNING,
    ).issue


def tape_protected() -> Issue:
    return Problem(
        "tape-protected",
        "The picture becomes lighter and darker by itself",
        "That is what a copy protection on a bought tape does to a capture cable. The recording goes on and"
        " is kept as it is.",
        "Nothing to do now. Where you may copy this tape, a time base corrector between VCR and capture cable"
        " keeps the picture steady.",
        Severity.NOTICE,
    ).issue


def stick_busy(stage: Stage) -> Problem:
    card = stage is Stage.IMPORT
    return Problem(
        "stick-busy",
        f"The {'card' if card else 'stick'} cannot be released yet",
        "Its films are being copied." if card else "Files are being written to it and checked.",
        "Wait until the box says done, then press again.",
    )


def no_stick() -> Problem:
    return Problem(
        "no-stick",
        "There is no stick to release",
        "No USB stick is plugged in.",
        "Plug one in; finished films are copied to it by themselves.",
    )


def pressed_twice() -> Problem:
    return Problem(
        "pressed-twice",
        "The button was pressed twice",
        "The second press came so soon after the first that it was taken for the same one.",
        "Look at the lights, then press again if you want to.",
        Severity.NOTICE,
    )


def no_such_take(take_id: str) -> Problem:
    return Problem(
        "no-such-take",
        "There is no such take",
        f"The box knows no take {take_id!r}.",
        "Reload the page and choose one from its list.",
    )


def take_busy() -> Problem:
    return Problem(
        "take-busy",
        "This take is being worked on already",
        "It is still being recorded, or its film is being made or about to be.",
        "Wait until it is done.",
        Severity.NOTICE,
    )


def take_recording() -> Problem:
    return Problem(
        "take-recording",
        "This take is still being recorded",
        "Films of a camera's card are added to a take that has ended.",
        "Wait until the tape has ended, or stop the recording; then ask again.",
        Severity.NOTICE,
    )


def no_card() -> Problem:
    return Problem(
        "card-absent",
        "There is no camera's card",
        "No card with a camera's folder (such as DCIM) is plugged in, or it was released.",
        "Plug the card in, in a card reader, and wait until the page shows it.",
        Severity.WARNING,
    )


def take_unlisted(error: Exception) -> Issue:
    return Problem(
        "take-unlisted",
        "The recording is safe, but its film cannot be begun",
        f"The box's disk does not take the note that the take has ended ({error}).",
        "Make room on the box's disk; the box tries again by itself.",
    ).issue


def command_failed(error: Exception) -> Issue:
    return Problem(
        "command-failed",
        "That did not work",
        f"Something unforeseen happened: {type(error).__name__}: {error}.",
        "Look at the state of the box and try again; if it happens again, send the support file.",
    ).issue


def start_failed(error: Exception) -> Issue:
    return Problem(
        "start-failed",
        "The box could not get ready as it should",
        f"Something unforeseen happened: {type(error).__name__}: {error}.",
        "Restart the box; if it happens again, send the support file.",
    ).issue


def not_simulated() -> Problem:
    return Problem(
        "not-simulated",
        "This box has real devices",
        "Simulated hands exist only in the demo.",
        "Use your own hands, or start `twinreel demo`.",
    )
