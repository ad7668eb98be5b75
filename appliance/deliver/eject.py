"""Letting go of a stick."""

from __future__ import annotations

from appliance.deliver.drives import Drive


def eject(drive: Drive) -> None:
    """Returns when everything is on the stick and it may be pulled out; raises Problem when it is in use."""
    if not drive.status().safe_to_remove:
        drive.release()
