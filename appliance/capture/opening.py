"""Opens a plugged-in device as the recorder wants it."""

from __future__ import annotations

from appliance.capture.paired import with_sound
from appliance.capture.v4l2_source import V4l2Source
from appliance.devices.base import MediaSource
from appliance.devices.found import Found


def open_device(found: Found) -> MediaSource:
    """Its pictures, with the sound that belongs to them. Raises Problem when it cannot be used."""
    return with_sound(V4l2Source(found), found.card, found.quirk.sound)
