"""What can be wrong with a capture device, in words."""

from __future__ import annotations

import errno
import os

from appliance.core.problems import DeviceLost, Problem
from appliance.core.types import Issue, Severity


def device_problem(name: str, error: OSError) -> Problem:
    """The kernel's number in a person's words."""
    if error.errno in (errno.ENODEV, errno.ENOENT, errno.ENXIO):
        return DeviceLost(name)
    if error.errno == errno.ENOSPC:
        return bus_full(name)
    if error.errno == errno.EBUSY:
        return Problem(
            "device-busy",
            f"Another program uses {name}",
            "A capture device gives its pictures to one program at a time.",
            "End the other program; the box tries again by itself.",
            Severity.WARNING,
        )
    return Problem(
        "device-failed",
        f"{name} does not start",
        f"Its driver says: {os.strerror(error.errno or errno.EIO)}.",
        "Unplug it and plug it in again; if that does not help, try another USB port or another cable.",
        Severity.WARNING,
    )


def bus_full(name: str) -> Problem:
    return Problem(
        "bus-full",
        f"The USB connection has no room for the pictures of {name}",
        "Another device on the same USB connection takes most of what it carries.",
        "Plug one of the two into another USB port of the box, without a hub.",
        Severity.WARNING,
    )


def bus_fallback(name: str, wanted: str, got: str) -> Issue:
    return Issue(
        "bus-fallback",
        Severity.NOTICE,
        f"{name} is recorded with less than it could give",
        f"The USB connection has no room for {wanted}; it is {got} now.",
        "For better pictures plug one of the two devices into another USB port of the box.",
    )


def no_pictures(name: str) -> Issue:
    return Issue(
        "camera-no-picture",
        Severity.WARNING,
        f"{name} sends no pictures",
        "It is plugged in and was started, but nothing comes; the box starts it anew again and again.",
        "Pull its plug and put it in again; another port or cable may help. The tape is recorded meanwhile.",
    )


def no_format(name: str) -> Problem:
    return Problem(
        "device-format",
        f"{name} gives pictures in no form that this box can record",
        "Its driver offers neither YUYV, UYVY, JPEG nor H.264 with both fields of a frame.",
        "Use another capture dongle.",
        Severity.WARNING,
    )


def standard_changed(name: str, found: str) -> Problem:
    return Problem(
        "standard-changed",
        f"The tape is {found}, and {name} was set to the other standard",
        "A tape of the other television standard was put in; the device is set anew by itself.",
        "Nothing; rewind the tape if its beginning is missing.",
        Severity.NOTICE,
    )
