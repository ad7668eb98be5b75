"""Who is who among what is plugged in: roles, names, the sound of each, what a person should know. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from appliance.core.config import DevicesConfig
from appliance.core.types import DeviceInfo, Issue, Role
from appliance.devices.bus import narrow_issues
from appliance.devices.found import Facts, Found, Node, Plugged, UsbDevice
from appliance.devices.issues import driver_missing, refused, second, unusable
from appliance.devices.quirks import Quirk, quirk_for


@dataclass(frozen=True)
class Census:
    found: tuple[Found, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Verdict:
    role: Role | None
    reason: str


def role_of(facts: Facts, node: Node, quirk: Quirk, config: DevicesConfig) -> Verdict:
    """By what was configured, what the driver can do, what is known of the model; in this order."""
    for role, wanted in ((Role.TAPE, config.tape), (Role.CAMERA, config.camera)):
        if wanted and is_meant(wanted, node):
            return Verdict(role, f"configured as the {role.value}'s device")
    if quirk.role == "refused":
        return Verdict(None, quirk.note)
    if facts.standards:
        return Verdict(Role.TAPE, "its driver takes television standards")
    if quirk.role:
        return Verdict(Role(quirk.role), f"a known model ({quirk.name}); {quirk.source}")
    if node.usb is not None and facts.modes:
        return Verdict(Role.CAMERA, "a USB device with pictures that is no known tape dongle")
    return Verdict(None, "nothing tells what it is for")


def is_meant(wanted: str, node: Node) -> bool:
    """By port, USB id, or where udev says it sits."""
    names = {node.place, node.path}
    if node.usb is not None:
        names |= {node.usb.port, node.usb.usb}
    return wanted.strip().lower() in {name.lower() for name in names}


def one_node_each(nodes: Iterable[Node], facts: Mapping[Node, Facts | None]) -> Iterator[tuple[Node, Facts]]:
    """Of each device its first node that gives pictures; others carry metadata, or the same once more."""
    seen: set[str] = set()
    for node in sorted(nodes, key=lambda one: (one.index, one.path)):
        known = facts.get(node)
        device = node.usb.path if node.usb else node.sys_path
        if known is not None and device not in seen:
            seen.add(device)
            yield node, known


def sound_card(usb: UsbDevice | None, plugged: Plugged) -> int | None:
    """That of the same USB device. Some dongles are a hub with pictures and sound as two devices."""
    if usb is None:
        return None
    own = [card.number for card in plugged.cards if card.usb_path == usb.path]
    if own:
        return min(own)
    others = {node.usb.path for node in plugged.nodes if node.usb and node.usb.hub == usb.hub} - {usb.path}
    if others or not is_inner(usb.hub):
        return None
    return min((card.number for card in plugged.cards if card.hub == usb.hub), default=None)


def is_inner(hub: str) -> bool:
    """A hub other than a root hub, which all devices hang below."""
    return bool(hub) and not hub.rpartition("/")[2].startswith("usb")


def name_of(facts: Facts, usb: UsbDevice | None, quirk: Quirk) -> str:
    said = " ".join(part for part in (usb.maker, usb.product) if part) if usb else ""
    return quirk.name or said or facts.card


def take_census(
    plugged: Plugged,
    facts: Mapping[Node, Facts | None],
    config: DevicesConfig,
    liked: Callable[[Found], int] = lambda found: 0,
) -> Census:
    """``facts`` holds None for a node without pictures. Devices are in the order in which to use them:
    the configured one, then what is ``liked`` more (a port where a tape was before), then by port."""
    found: list[Found] = []
    useless: list[str] = []
    for node, known in one_node_each(plugged.nodes, facts):
        quirk = quirk_for(node.usb.usb) if node.usb else quirk_for("")
        verdict = role_of(known, node, quirk, config)
        if verdict.role is not None and known.modes:
            found.append(found_of(node, known, quirk, verdict, plugged, config))
        elif node.usb is not None and quirk.role != "refused":
            useless.append(name_of(known, node.usb, quirk))
    found.sort(key=lambda one: (not one.reason.startswith("configured"), -liked(one), one.info.port))
    issues = [*unusable(useless), *without_driver(plugged), *narrow_issues(found), *spares(found)]
    return Census(tuple(found), tuple(issues))


def found_of(
    node: Node, facts: Facts, quirk: Quirk, verdict: Verdict, plugged: Plugged, config: DevicesConfig
) -> Found:
    assert verdict.role is not None
    usb = node.usb
    model = usb.usb if usb else facts.driver
    info = DeviceInfo(
        id=f"{node.place} {model}",
        name=name_of(facts, usb, quirk),
        role=verdict.role,
        port=usb.port if usb else node.place,
        usb=usb.usb if usb else "",
    )
    return Found(
        info,
        node.path,
        facts,
        verdict.reason,
        quirk,
        card=sound_card(usb, plugged),
        usb=usb,
        standard=config.standard,
        input=config.input,
        plugged=node.plugged,
    )


def without_driver(plugged: Plugged) -> list[Issue]:
    """Known devices for which there is no node: refused ones, and those whose driver is missing."""
    served = {node.usb.path for node in plugged.nodes if node.usb}
    no_use: list[Quirk] = []
    unserved: list[Quirk] = []
    for usb in plugged.usb:
        quirk = quirk_for(usb.usb)
        if quirk.role == "refused":
            no_use.append(quirk)
        elif quirk.role and usb.path not in served:
            unserved.append(quirk)
    return refused(no_use) + driver_missing(unserved)


def spares(found: list[Found]) -> list[Issue]:
    """The box records one device of a role; which one, and which not."""
    return [
        second(role, [one.info for one in found if one.role is role])
        for role in Role
        if sum(one.role is role for one in found) > 1
    ]
