"""``twinreel devices``: what is plugged in, what it is taken for, and why."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict
from queue import Queue
from typing import Annotated, Any

import typer

from appliance.app import watcher_of
from appliance.console import print_issue, print_json
from appliance.core.config import load_config
from appliance.core.paths import paths_from_environment
from appliance.core.types import Issue
from appliance.devices.base import DeviceChange
from appliance.devices.found import Found, Mode
from appliance.devices.standards import of_set

LOOK_S = 30.0  # for the first look: some devices answer slowly
NOTHING = (
    "No capture device is plugged in. Plug in the VCR's USB dongle or a camera; `lsusb` shows whether the "
    "system sees it, and `twinreel devices --watch` what changes when you plug it in."
)


def devices(
    watch: Annotated[
        bool, typer.Option("--watch", help="Tell what is plugged in and out, until Ctrl-C.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """List the capture devices: what each is taken for and why, its formats, its sound, its troubles."""
    paths = paths_from_environment()
    watcher = watcher_of(paths, load_config(paths))
    changes: Queue[DeviceChange] = Queue()
    try:
        watcher.wait_for_first_look(LOOK_S)
        watcher.subscribe(changes.put)
        show(watcher.found(), watcher.issues(), json_)
        while watch:
            print(news(changes.get()), file=sys.stderr, flush=True)
            if changes.empty():
                show(watcher.found(), watcher.issues(), json_)
    except KeyboardInterrupt:
        return
    finally:
        watcher.close()


def news(change: DeviceChange) -> str:
    return f"{'+' if change.present else '-'} {change.info.name}, port {change.info.port}"


def show(found: tuple[Found, ...], issues: tuple[Issue, ...], as_json: bool) -> None:
    if as_json:
        print_json(
            {"devices": [facts_of(one) for one in found], "issues": [asdict(issue) for issue in issues]}
        )
        return
    for one in found:
        print(block(one), flush=True)
    if not found:
        print(NOTHING, flush=True)
    for issue in issues:
        print_issue(issue)


def block(found: Found) -> str:
    """One fact a line: names of drivers and lists of formats are too long for columns."""
    facts = facts_of(found)
    head = f"{facts.pop('role')}: {facts.pop('name')}"
    return "\n".join([head, *(f"    {name:10} {value}" for name, value in facts.items()), ""])


def facts_of(found: Found) -> dict[str, Any]:
    return {
        "role": found.role.value,
        "port": found.info.port,
        "usb": found.info.usb or "-",
        "name": found.info.name,
        "node": found.node,
        "driver": f"{found.facts.driver} ({found.facts.kind})",
        "pictures": pictures(found.facts.modes),
        "standards": standards(found),
        "sound": f"card {found.card}" if found.card is not None else "none",
        "because": found.reason,
    }


def pictures(modes: tuple[Mode, ...]) -> str:
    """Of each pixel format the largest size and how many there are."""
    largest: dict[str, Mode] = {}
    for mode in modes:
        if mode.fourcc not in largest or mode.width > largest[mode.fourcc].width:
            largest[mode.fourcc] = mode
    sizes = Counter(mode.fourcc for mode in modes)
    return ", ".join(
        f"{one.fourcc} to {one.width}x{one.height}{rate_text(one)} ({sizes[one.fourcc]})"
        for one in largest.values()
    )


def rate_text(mode: Mode) -> str:
    return f"@{float(max(mode.rates)):.4g}" if mode.rates else ""


def standards(found: Found) -> str:
    if not found.facts.standards:
        return "-"
    only = of_set(found.facts.standards)
    return only.name if only else "PAL, NTSC"
