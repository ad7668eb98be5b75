"""What is known of certain devices that they do not say themselves: ``quirks.toml``, each with its source."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KNOWN_ROLES = ("", "tape", "camera", "refused")


@dataclass(frozen=True)
class Quirk:
    """``role`` is what the device is for: "" to go by what it can, "refused" when this box cannot use it."""

    usb: tuple[str, ...] = ()  # vendor and product; an asterisk stands for any product
    name: str = ""
    role: str = ""
    driver: str = ""  # the kernel module that makes it work
    sound: Literal["", "ms210x"] = ""  # how its sound differs from what it says
    note: str = ""
    source: str = ""

    def fits(self, usb: str) -> bool:
        return any(fnmatchcase(usb.lower(), pattern) for pattern in self.usb)


NO_QUIRK = Quirk()


def parse(text: str) -> tuple[Quirk, ...]:
    """Raises ValueError, or TypeError for a key that nobody knows: the file is a part of the program."""
    return tuple(quirk_of(entry) for entry in tomllib.loads(text)["device"])


def quirk_of(entry: dict[str, Any]) -> Quirk:
    quirk = Quirk(**{**entry, "usb": tuple(entry["usb"])})
    if quirk.role not in KNOWN_ROLES or not quirk.name or not quirk.source:
        raise ValueError(f"the quirk of {quirk.usb} has no name, no source, or a role that does not exist")
    return quirk


@lru_cache(maxsize=1)
def all_quirks() -> tuple[Quirk, ...]:
    return parse((resources.files("appliance.devices") / "quirks.toml").read_text(encoding="utf-8"))


def quirk_for(usb: str, quirks: Iterable[Quirk] | None = None) -> Quirk:
    """Of this vendor and product; an exact entry goes before one for all products of a vendor."""
    fitting = [quirk for quirk in (all_quirks() if quirks is None else quirks) if quirk.fits(usb)]
    exact = [quirk for quirk in fitting if usb.lower() in quirk.usb]
    return (exact or fitting or [NO_QUIRK])[0]
