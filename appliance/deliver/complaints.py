"""What is wrong with a stick before anything is written to it, in words that a visitor understands."""

from __future__ import annotations

from appliance.core.problems import Problem
from appliance.core.types import Issue, Severity
from appliance.deliver.disks import DisksError

SAFE = "The films are safe on the box."
LINUX = ("ext2", "ext3", "ext4", "btrfs", "xfs", "f2fs")
UNKNOWN_TO_KERNEL = ("unknown filesystem type", "not configured in kernel", "not supported")


def no_answer(cause: str) -> Issue:
    return Problem(
        "sticks-unseen",
        "The box cannot see USB sticks",
        f"udisks2, which finds and mounts sticks, does not answer ({cause}).",
        "Restart the box; if that does not help, `twinreel doctor` says more. The films are safe on the box.",
        Severity.WARNING,
    ).issue


def unreadable(name: str, contents: str) -> Issue:
    cause = f"What is on it ({contents}) is unknown to the box." if contents else "It is not formatted."
    return Problem(
        "stick-unformatted",
        "This stick has no file system that the box can read",
        f"{name or 'The stick'}: {cause}",
        f"Format it as exFAT on a computer, which erases what is on it, or plug in another stick. {SAFE}",
        Severity.WARNING,
    ).issue


def refused(name: str, kind: str, error: DisksError) -> Issue:
    """Why a file system could not be mounted; what mount(8) says is all that there is to judge by."""
    text = str(error).lower()
    if error.name in ("NotAuthorized", "NotAuthorizedCanObtain", "NotAuthorizedDismissed"):
        return forbidden(name)
    if any(words in text for words in UNKNOWN_TO_KERNEL):
        return unreadable(name, kind)
    if kind == "ntfs":
        return left_open(name)
    return damaged(name, kind)


def forbidden(name: str) -> Issue:
    return Problem(
        "stick-forbidden",
        f"The box is not allowed to use {name}",
        "The rule that lets the user twinreel mount sticks (polkit) is missing.",
        "Whoever set up the box installs the files of its folder systemd/ again. " + SAFE,
        Severity.WARNING,
    ).issue


def left_open(name: str) -> Issue:
    return Problem(
        "stick-left-open",
        f"Windows has not finished with {name}",
        "Its file system (NTFS) was not closed: it was pulled out in the middle, or Windows only sleeps.",
        "Plug it into a Windows computer and remove it there by 'Eject', or take a stick formatted as exFAT. "
        + SAFE,
        Severity.WARNING,
    ).issue


def damaged(name: str, kind: str) -> Issue:
    return Problem(
        "stick-damaged",
        f"{name} cannot be opened",
        f"Its file system ({kind}) is damaged.",
        f"Let a computer check and repair it, or plug in another stick. {SAFE}",
        Severity.WARNING,
    ).issue


def not_ours(name: str) -> Issue:
    return Problem(
        "stick-not-ours",
        f"The box may not write on {name}",
        "It is formatted for Linux, and only its owner may write at its top.",
        "Make a folder named Twinreel on it that everybody may write, or take a stick formatted as exFAT. "
        + SAFE,
        Severity.WARNING,
    ).issue


def reserved(name: str) -> Issue:
    return Problem(
        "stick-reserved",
        "The box leaves a stick alone because of its label",
        f"A label on {name or 'the stick'} begins with Twinreel, as those of the box's own disks do.",
        "Give it another label on a computer and plug it in again, or take another stick.",
        Severity.NOTICE,
    ).issue


def small_files(name: str) -> Issue:
    return Problem(
        "stick-fat32",
        f"Long films come in parts on {name}",
        "This stick is formatted as FAT32: a file may be 4 GB at most, so long films come in parts.",
        "Nothing needs to be done. For films in one piece take a stick formatted as exFAT.",
        Severity.NOTICE,
    ).issue


def why_busy(error: DisksError) -> str:
    if error.name == "DeviceBusy":
        return "A program still uses it."
    return f"It could not be unmounted: {error}."
