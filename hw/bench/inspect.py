"""What lies on a stick after all: looked at by another machine than the one that wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hw.bench.guest import Guest
from hw.bench.product import SERVICES, Image
from hw.bench.sticks import Stick

CHECKS = {"vfat": "fsck.vfat {0} {1}", "exfat": "fsck.exfat {0} {1}", "ext4": "e2fsck -f {0} {1}"}
LOOK, REPAIR = {"exfat": "-n"}, {"vfat": "-a", "exfat": "-y", "ext4": "-p"}
FIND_BAGS = "cd /mnt && find . -name bag-info.txt -not -path '*.part/*'"
FILES_S = 240.0


@dataclass(frozen=True)
class Bag:
    """A delivered folder. ``whole``: its manifests name every file, and every file is as they say."""

    folder: str
    take_id: str
    whole: bool
    said: str


@dataclass(frozen=True)
class Inspection:
    """``clean``: the file system needed no repair."""

    clean: bool
    said: str
    bags: tuple[Bag, ...]
    leftovers: tuple[str, ...]  # what is not part of a bag

    def whole_takes(self) -> set[str]:
        return {bag.take_id for bag in self.bags if bag.whole}


def inspect(image: Image, path: Path, kind: str) -> Inspection:
    """Repair the stick's file system where it needs it, and check every bag by its own manifests."""
    guest = Guest(image)
    try:
        guest.try_run(f"systemctl stop --no-block {SERVICES}; systemctl kill -s KILL {SERVICES}")
        stick = Stick("looked-at", path)
        stick.insert(guest.qmp)
        device = stick.partition(guest)
        first = guest.try_run(CHECKS[kind].format(LOOK.get(kind, "-n"), device), timeout_s=120)
        repair = guest.try_run(CHECKS[kind].format(REPAIR[kind], device), timeout_s=120)
        guest.run(f"mount -o ro {device} /mnt")
        bags = tuple(look_at(guest, line) for line in guest.run(FIND_BAGS).splitlines())
        left = tuple(line for line in guest.run("cd /mnt && ls -A").splitlines() if line != "lost+found")
        return Inspection(first.code == 0, first.text + repair.text, bags, left)
    finally:
        guest.close()


def look_at(guest: Guest, info: str) -> Bag:
    folder = f"/mnt/{info.rpartition('/')[0]}"
    sums = "sha256sum --strict --quiet -c tagmanifest-sha256.txt manifest-sha256.txt"
    ran = guest.try_run(f"cd '{folder}' && {sums}", timeout_s=FILES_S)
    named = guest.run(f"sed -n 's/^External-Identifier: *//p' '{folder}/bag-info.txt'").strip()
    return Bag(folder, named, ran.code == 0, ran.text)
