"""USB sticks: image files with a partition and a file system, plugged in with or without a fault."""

from __future__ import annotations

import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hw.bench.base import run
from hw.bench.guest import Guest
from hw.bench.qmp import Qmp

SECTOR = 512
FIRST = 2048  # sector of the partition, as everybody makes them
KINDS = {"vfat": 0x0C, "exfat": 0x07, "ntfs": 0x07, "ext4": 0x83}  # the partition's type
SLOW_BYTES_S = 2_000_000


@dataclass(frozen=True)
class Fault:
    """What is wrong with a stick. ``bad_sectors`` (from, to) cannot be written."""

    slow: bool = False
    read_only: bool = False
    bad_sectors: tuple[int, int] | None = None
    log: Path | None = None  # every write is recorded there (blklogwrites)


def make_stick(path: Path, kind: str, megabytes: int, label: str = "STICK") -> Path:
    """A new stick of this file system (vfat, exfat, ext4); for ntfs it is left empty."""
    partition = path.with_suffix(".partition")
    with partition.open("wb") as file:
        file.truncate(megabytes * 1_000_000 // SECTOR * SECTOR - FIRST * SECTOR)
    format_partition(partition, kind, label)
    with path.open("wb") as file:
        file.truncate(FIRST * SECTOR + partition.stat().st_size)
        file.write(partition_table(KINDS[kind], partition.stat().st_size // SECTOR))
    command = ["dd", f"if={partition}", f"of={path}", "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none"]
    subprocess.run(command, check=True)
    partition.unlink()
    return path


def format_partition(partition: Path, kind: str, label: str) -> None:
    if kind == "vfat":
        run("mkfs.vfat", "-F", "32", "-n", label, partition)
    elif kind == "exfat":
        run("mkfs.exfat", "-L", label, partition)
    elif kind == "ext4":
        run("mke2fs", "-q", "-t", "ext4", "-L", label, "-E", "root_owner=0:0", partition)


def partition_table(kind: int, sectors: int) -> bytes:
    """A master boot record with one partition."""
    entry = struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", FIRST, sectors)
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def broken(first: int, last: int) -> list[dict[str, object]]:
    """Every 8th sector of the range: QEMU compares the sectors of a request one by one, and each is long."""
    kind = {"event": "none", "iotype": "write", "errno": 5, "once": False, "immediately": True}
    return [{**kind, "sector": sector} for sector in range(first, last, 256)]


class Stick:
    """Plugged in from ``insert`` to ``pull``; the file keeps what was written."""

    def __init__(self, name: str, path: Path, kind: str = "") -> None:
        self.name, self.path, self.kind = name, path, kind
        self._nodes: list[str] = []

    @property
    def inserted(self) -> bool:
        return bool(self._nodes)

    def insert(self, qmp: Qmp, fault: Fault | None = None) -> None:
        fault = fault or Fault()
        self._nodes = [f"{self.name}-file"]
        file = {"driver": "file", "filename": str(self.path), "node-name": f"{self.name}-file"}
        if fault.read_only:
            file["read-only"] = True  # type: ignore[assignment]
        qmp.command("blockdev-add", **file)
        top = self._node(qmp, "raw", {"file": self._nodes[-1], "read-only": fault.read_only})
        if fault.bad_sectors is not None:
            top = self._node(qmp, "blkdebug", {"image": top, "inject-error": broken(*fault.bad_sectors)})
        if fault.slow:
            qmp.command(
                "object-add",
                qom_type="throttle-group",
                id=f"{self.name}-slow",
                limits={"bps-write": SLOW_BYTES_S},
            )
            top = self._node(qmp, "throttle", {"file": top, "throttle-group": f"{self.name}-slow"})
        if fault.log is not None:
            fault.log.touch()
            qmp.command("blockdev-add", driver="file", filename=str(fault.log), node_name=f"{self.name}-log")
            top = self._node(qmp, "blklogwrites", {"file": top, "log": f"{self.name}-log"})
            self._nodes.append(f"{self.name}-log")
        device = {"driver": "usb-storage", "bus": "xhci.0", "drive": top, "id": self.name, "removable": True}
        qmp.command("device_add", **device, serial=self.name.upper())

    def _node(self, qmp: Qmp, driver: str, options: dict[str, object]) -> str:
        name = f"{self.name}-{driver}"
        qmp.command("blockdev-add", driver=driver, node_name=name, **options)
        self._nodes.append(name)
        return name

    def partition(self, guest: Guest) -> str:
        """Its partition's device in the guest, once it is there."""
        pattern = f"/dev/disk/by-id/*{self.name.upper()}*-part1"
        guest.wait_for(lambda: guest.try_run(f"ls {pattern}").code == 0, f"the partition of {self.name}")
        return guest.run(f"readlink -f {pattern}").strip()

    def format_ntfs(self, guest: Guest) -> None:
        """With the guest's tools, because few hosts have them; pulls the stick afterwards."""
        guest.run(f"mkntfs --quick --force --label STICK {self.partition(guest)}", timeout_s=120)
        self.pull(guest.qmp)

    def pull(self, qmp: Qmp) -> None:
        """Out, in whatever it was doing; what it had not been sent is lost."""
        mark = len(qmp.events)
        qmp.command("device_del", id=self.name)
        qmp.wait_event("DEVICE_DELETED", 30.0, mark)
        for node in reversed([name for name in self._nodes if not name.endswith("-log")]):
            qmp.command("blockdev-del", node_name=node)
        for node in (name for name in self._nodes if name.endswith("-log")):
            qmp.command("blockdev-del", node_name=node)
        if f"{self.name}-throttle" in self._nodes:
            qmp.command("object-del", id=f"{self.name}-slow")
        self._nodes = []
