"""What the kernel has mounted where, and on which disks that lies."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TABLE = Path("/proc/self/mountinfo")
DISKS = Path("/sys/dev/block")
OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    source: str  # such as /dev/sda1
    kind: str  # such as vfat
    folder: Path = Path()
    device: int = 0


def mounts(table: Path = TABLE) -> tuple[Mount, ...]:
    """All, in the order in which they were mounted."""
    return tuple(mount_in(line) for line in table.read_text(errors="surrogateescape").splitlines())


def mount_in(line: str) -> Mount:
    before, _, after = line.partition(" - ")
    major, _, minor = before.split()[2].partition(":")
    kind, source = after.split()[:2]
    return Mount(
        unescaped(source), kind, Path(unescaped(before.split()[4])), os.makedev(int(major), int(minor))
    )


def unescaped(text: str) -> str:
    """The table writes a space as \\040; a letter that is not ASCII as its bytes."""
    return OCTAL.sub(lambda match: chr(int(match[1], 8)), text)


def mount_of_device(device: int, table: Path = TABLE) -> Mount | None:
    """The mount whose files have this ``st_dev``; None for a file system that the table does not name."""
    return next((mount for mount in mounts(table) if mount.device == device), None)


def media_folders() -> tuple[Path, ...]:
    """Where udisks2 mounts what this user asks for: which of the two depends on how it was built."""
    user = pwd.getpwuid(os.getuid()).pw_name
    return (Path("/media", user), Path("/run/media", user))


def is_below(folder: Path, media: Iterable[Path]) -> bool:
    return any(root in folder.parents for root in media)


def own_devices(media: Iterable[Path], table: Path = TABLE, disks: Path = DISKS) -> frozenset[int]:
    """The disks, with all their partitions, that hold anything mounted elsewhere than below ``media``."""
    folders = tuple(media)
    used = {mount.device for mount in mounts(table) if not is_below(mount.folder, folders)}
    bottoms = {disk for device in used for disk in disks_below(disks / number(device))}
    return frozenset(part for disk in bottoms for part in parts_of(disk))


def number(device: int) -> str:
    return f"{os.major(device)}:{os.minor(device)}"


def disks_below(device: Path) -> list[Path]:
    """The disks that a device lies on at the end: its own one, or those below a mapped or mirrored one."""
    if not device.exists():
        return []  # no disk at all, as tmpfs
    place = device.resolve()
    slaves = sorted((place / "slaves").glob("*"))
    if slaves:
        return [disk for slave in slaves for disk in disks_below(slave)]
    return [place.parent if (place / "partition").exists() else place]


def parts_of(disk: Path) -> set[int]:
    found = set()
    for file in (disk / "dev", *disk.glob("*/dev")):
        with suppress(OSError, ValueError):
            major, _, minor = file.read_text().strip().partition(":")
            found.add(os.makedev(int(major), int(minor)))
    return found


def plugging(device: int, disks: Path = DISKS) -> str:
    """A number that the kernel gives to one disk that comes and to no other after it; "" in old kernels."""
    for name in ("diskseq", "../diskseq"):  # of a disk, of a partition
        with suppress(OSError):
            return (disks / number(device) / name).read_text().strip()
    return ""
