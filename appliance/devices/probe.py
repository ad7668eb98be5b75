"""Asks a node what it can do, and changes nothing of it."""

from __future__ import annotations

from appliance.devices.found import USABLE, Facts, Mode
from appliance.devices.kernel import LINUX, Kernel
from appliance.devices.v4l2 import VideoNode


def probe(path: str, kernel: Kernel = LINUX) -> Facts | None:
    """None for a node that gives no pictures, such as a camera's second one. Raises OSError."""
    node = VideoNode(path, kernel)
    try:
        capabilities = node.capabilities()
        if not capabilities.captures:
            return None
        inputs = node.inputs()
        return Facts(
            capabilities.driver,
            capabilities.card,
            modes_of(node),
            inputs,
            detects=any(one.standards for one in inputs) and node.query_standard() is not None,
        )
    finally:
        node.close()


def modes_of(node: VideoNode) -> tuple[Mode, ...]:
    """Those that can be recorded. A format whose sizes the driver does not list has the size 0."""
    modes: list[Mode] = []
    for fourcc in dict.fromkeys(node.fourccs()):
        if fourcc not in USABLE:
            continue
        for width, height in node.sizes(fourcc) or ((0, 0),):
            modes.append(Mode(fourcc, width, height, node.rates(fourcc, width, height) if width else ()))
    return tuple(modes)
