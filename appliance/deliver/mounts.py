"""What the kernel has mounted where, and how to unmount it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

UNMOUNT_TIMEOUT_S = 60


@dataclass(frozen=True)
class Mount:
    source: str  # such as /dev/sda1
    kind: str  # such as vfat


def mount_of_device(device: int, table: Path = Path("/proc/self/mountinfo")) -> Mount | None:
    """The mount whose files have this ``st_dev``; None for a file system that the table does not name."""
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in table.read_text().splitlines():
        before, _, after = line.partition(" - ")
        if before.split()[2] == number:
            kind, source = after.split()[:2]
            return Mount(source, kind)
    return None


def unmount(folder: Path) -> str:
    """Unmount; returns why it was refused, or nothing."""
    try:
        done = subprocess.run(
            ["umount", str(folder)], capture_output=True, text=True, timeout=UNMOUNT_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"It could not be unmounted: {error}."
    return "" if done.returncode == 0 else f"It could not be unmounted: {done.stderr.strip()}."
