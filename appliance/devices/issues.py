"""What a person should know of what is plugged in, in words."""

from __future__ import annotations

from appliance.core.types import DeviceInfo, Issue, Role, Severity
from appliance.devices.quirks import Quirk


def listed(names: list[str]) -> str:
    return " and ".join(dict.fromkeys(names))


def unusable(names: list[str]) -> list[Issue]:
    if not names:
        return []
    return [
        Issue(
            "device-unusable",
            Severity.NOTICE,
            f"{listed(names)} cannot be recorded",
            "It gives pictures in no form that this box knows, or nothing tells what it is for.",
            "Use another device; or name its port as tape or camera under [devices] in the configuration.",
        )
    ]


def refused(quirks: list[Quirk]) -> list[Issue]:
    if not quirks:
        return []
    return [
        Issue(
            "device-refused",
            Severity.WARNING,
            f"This box cannot use the {listed([quirk.name for quirk in quirks])}",
            f"{listed([sentence(quirk.note) for quirk in quirks])}.",
            "Use another capture dongle, such as one with the chip MS2106, STK1160, UTV007 or em28xx.",
        )
    ]


def sentence(note: str) -> str:
    return note[:1].upper() + note[1:]


def driver_missing(quirks: list[Quirk]) -> list[Issue]:
    if not quirks:
        return []
    modules = listed([quirk.driver for quirk in quirks])
    return [
        Issue(
            "driver-missing",
            Severity.WARNING,
            f"The {listed([quirk.name for quirk in quirks])} is plugged in but does not work",
            f"This system has not loaded the driver {modules}, or the driver did not accept the device.",
            f"Plug it in again; if that does not help, install the kernel module {modules}.",
        )
    ]


def denied(path: str) -> Issue:
    return Issue(
        "device-denied",
        Severity.WARNING,
        f"The recorder may not open {path}",
        "Its user is not in the group that owns capture devices.",
        "Add the user to the group video, and restart the recorder.",
    )


def mute_node(path: str) -> Issue:
    return Issue(
        "device-silent",
        Severity.WARNING,
        f"A device is plugged in that does not answer ({path})",
        "It was asked several times what it is; its driver only gave errors.",
        "Pull its plug, wait a moment and put it in again; another port or cable may help.",
    )


def second(role: Role, infos: list[DeviceInfo]) -> Issue:
    first, *others = infos
    return Issue(
        "device-second",
        Severity.NOTICE,
        f"More than one device for the {role.value} is plugged in",
        f"The box records {first.name} (port {first.port}), and not "
        f"{listed([f'{other.name} (port {other.port})' for other in others])}.",
        f"Unplug what is not needed, or name the port as {role.value} under [devices] in the configuration.",
    )
