"""How an open device is set up: found once by trying, and set again the same way at every start."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from appliance.capture.formats import PIXEL_FORMATS, Choice, choices, lighter
from appliance.capture.troubles import bus_fallback, bus_full, no_format
from appliance.capture.tuning import Tuned, candidates, set_tuned, tune
from appliance.core.types import JPEG_FULL, Colour, FieldOrder, Issue, Role, StreamFormat
from appliance.devices import videodev2 as v
from appliance.devices.found import Found
from appliance.devices.standards import PAL, Standard, named
from appliance.devices.stream import Stream
from appliance.devices.v4l2 import PictureFormat, VideoNode

DIGITAL = Colour(primaries=1, transfer=1, matrix=5, range=1)  # what UVC means by YUYV
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Setting:
    """``tuned`` is None for a device without television standards."""

    choice: Choice
    picture: PictureFormat
    tuned: Tuned | None = None
    issue: Issue | None = None

    def at(self, tuned: Tuned) -> Setting:
        """The same pictures from another input."""
        return replace(self, tuned=tuned)


def find_setting(node: VideoNode, found: Found, pause: Callable[[float], None] = time.sleep) -> Setting:
    """Raises Problem when nothing fits, OSError from the kernel."""
    if found.facts.standards:
        return find_analogue(node, found, pause)
    ranked = choices(found.facts.modes, found.role, named(found.standard) or PAL)
    if not ranked:
        raise no_format(found.info.name)
    return find_digital(node, found, ranked)


def find_analogue(node: VideoNode, found: Found, pause: Callable[[float], None]) -> Setting:
    tuned = tune(node, found.standard, candidates(found.facts.inputs, found.input), pause)
    offered = {mode.fourcc for mode in found.facts.modes}
    packed = [fourcc for fourcc in ("UYVY", "YUYV") if fourcc in offered]
    if not packed:
        raise no_format(found.info.name)
    choice = Choice(packed[0], 720, tuned.standard.lines, tuned.standard.rate)
    return settled(found, Setting(choice, set_picture(node, choice, v.FIELD_INTERLACED), tuned))


def find_digital(node: VideoNode, found: Found, ranked: Sequence[Choice]) -> Setting:
    """The best that the bus has room for; a device that reserves nothing of it is not tried."""
    best = choice = ranked[0]
    left = list(ranked)
    while True:
        setting = settled(found, set_digital(node, choice))
        if found.usb is None or not found.usb.stream_bytes_s or has_room(node, setting):
            break
        log.warning("%s: the bus has no room for %s", found.info.name, choice)
        left = lighter(left, choice)
        if not left:
            raise bus_full(found.info.name)
        choice = left[0]
    if choice is best:
        return setting
    return replace(setting, issue=bus_fallback(found.info.name, str(best), str(choice)))


def set_digital(node: VideoNode, choice: Choice) -> Setting:
    """With the rate that the driver really sets."""
    picture = set_picture(node, choice, v.FIELD_ANY)
    return Setting(replace(choice, rate=node.set_rate(choice.rate)), picture)


def has_room(node: VideoNode, setting: Setting) -> bool:
    try:
        Stream(node, setting.picture.frame_bytes).close()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


def set_picture(node: VideoNode, choice: Choice, field: int) -> PictureFormat:
    return node.set_format(choice.fourcc, choice.width, choice.height, field)


def settled(found: Found, setting: Setting) -> Setting:
    """Raises Problem when the driver changed the format into one that cannot be recorded."""
    picture = setting.picture
    if picture.fourcc not in PIXEL_FORMATS or field_order(setting) is None:
        raise no_format(found.info.name)
    choice = replace(setting.choice, fourcc=picture.fourcc, width=picture.width, height=picture.height)
    return replace(setting, choice=choice)


def apply(node: VideoNode, setting: Setting) -> None:
    """Set a node that was just opened; the device may have been used by another program in between."""
    if setting.tuned is not None:
        set_tuned(node, setting.tuned)
        set_picture(node, setting.choice, v.FIELD_INTERLACED)
        return
    set_digital(node, setting.choice)


def field_order(setting: Setting) -> FieldOrder | None:
    """None for fields that come as buffers of their own."""
    standard = setting.tuned.standard if setting.tuned else PAL
    known: dict[int, FieldOrder] = {
        v.FIELD_ANY: "progressive",
        v.FIELD_NONE: "progressive",
        v.FIELD_INTERLACED: standard.field_order,
        v.FIELD_INTERLACED_TB: "tff",
        v.FIELD_INTERLACED_BT: "bff",
    }
    return known.get(setting.picture.field)


def stream_format(setting: Setting, role: Role) -> StreamFormat:
    """Without sound: that is another device's."""
    choice = setting.choice
    order = field_order(setting)
    assert order is not None
    return StreamFormat(
        choice.width,
        choice.height,
        choice.rate,
        choice.pixel_format,
        order,
        colour(setting),
        sample_aspect(choice, role, setting.tuned.standard if setting.tuned else None),
        audio_channels=0,
    )


def colour(setting: Setting) -> Colour:
    if not setting.choice.raw:
        return JPEG_FULL
    base = setting.tuned.standard.colour if setting.tuned else DIGITAL
    return replace(base, range=2) if setting.picture.full_range else base


def sample_aspect(choice: Choice, role: Role, standard: Standard | None) -> Fraction:
    """A tape's 720 columns hold a little more than 4:3; other widths hold just that; a camera is square."""
    if role is not Role.TAPE:
        return Fraction(1)
    if standard is not None and choice.width == 720:
        return standard.sample_aspect
    known = {(720, 576): Fraction(12, 11), (720, 480): Fraction(10, 11)}
    return known.get((choice.width, choice.height), Fraction(4 * choice.height, 3 * choice.width))


def described(found: Found, setting: Setting) -> dict[str, str]:
    """For the log of a recording; only what is known."""
    tuned = setting.tuned
    told = {
        "device": found.info.name,
        "role": f"{found.role.value}: {found.reason}",
        "usb": found.info.usb,
        "port": found.info.port,
        "serial": found.serial,
        "driver": found.facts.driver,
        "pictures": str(setting.choice),
        "fields": field_order(setting) or "",
        "input": tuned.input.name if tuned and tuned.input else "",
        "standard": tuned.standard.name + ("" if tuned.locked else " (not detected)") if tuned else "",
        "quirk": found.quirk.note,
        "nodrop of uvcvideo": module_option("uvcvideo", "nodrop") if found.facts.driver == "uvcvideo" else "",
        "less than it could": setting.issue.cause if setting.issue else "",
    }
    return {name: text for name, text in told.items() if text}


def module_option(module: str, name: str) -> str:
    try:
        return (Path("/sys/module") / module / "parameters" / name).read_text().strip()
    except OSError:
        return ""
