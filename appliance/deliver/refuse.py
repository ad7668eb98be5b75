"""What is checked before the first byte is copied."""

from __future__ import annotations

from appliance.deliver.drives import Drive
from appliance.deliver.troubles import stick_absent, stick_full, stick_read_only

OVERHEAD_BYTES = 1_000_000  # folders and small files take more room than they are long


def check_drive(drive: Drive) -> None:
    """Raises Problem where the stick is absent, released or read-only."""
    status = drive.status()
    if status.safe_to_remove:
        raise stick_absent(f"{drive.name} was released so that it can be pulled out.")
    if status.read_only:
        raise stick_read_only(drive.name)


def check_room(drive: Drive, needed_bytes: int, spare_bytes: int) -> None:
    """Raises Problem that says how much is missing."""
    missing = needed_bytes + OVERHEAD_BYTES + spare_bytes - drive.status().free_bytes
    if missing > 0:
        raise stick_full(drive.name, f"{megabytes(missing)} more are needed.")


def megabytes(size_bytes: int) -> str:
    return f"{-(-size_bytes // 1_000_000):,} MB"
