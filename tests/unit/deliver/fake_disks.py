"""udisks2 in a folder: answers as the real one, from what it answered once in a virtual machine.

``udisks.json`` is what udisks2 2.9.4 answered with four sticks plugged into it: sda with two partitions
(KEYA, KEYB), sdb formatted as FAT32 (KEYFAT), sdc as it was made, sdd formatted as exFAT (KEYEX).
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.deliver.disks import BLOCK, DRIVE, FILE_SYSTEM, DisksError, Objects

RECORDED = Path(__file__).with_name("udisks.json")
ROOT = "/org/freedesktop/UDisks2"
TWO, FAT, RAW, EXFAT = "sda", "sdb", "sdc", "sdd"


def block(name: str) -> str:
    return f"{ROOT}/block_devices/{name}"


class FakeDisks:
    """Mount points are folders below ``media``; each operation may be made to fail once or for ever."""

    def __init__(self, media: Path) -> None:
        self.media = media
        self.table: dict[str, Any] = json.loads(RECORDED.read_text())
        self.asked: list[tuple[str, str]] = []
        self.options: list[Mapping[str, Any]] = []
        self.refusals: dict[str, DisksError] = {}  # by method
        self.silent = False
        self._changed = True
        self._last: Objects = {}

    def objects(self) -> Objects:
        if self.silent:
            raise DisksError("", "no answer")
        if self._changed:
            self._last, self._changed = copy.deepcopy(self.table), False
        return self._last

    def call(
        self, path: str, interface: str, method: str, options: Mapping[str, Any], timeout_s: float
    ) -> Any:
        self.asked.append((method, path.rpartition("/")[2]))
        self.options.append(options)
        if method in self.refusals:
            raise self.refusals[method]
        self._changed = True
        faces = self.table[path][interface]
        if method == "Mount":
            point = self.media / (self.table[path][BLOCK]["IdLabel"] or self.table[path][BLOCK]["IdUUID"])
            if faces["MountPoints"]:
                raise DisksError("AlreadyMounted", "it is mounted")
            point.mkdir(parents=True, exist_ok=True)
            faces["MountPoints"] = [str(point)]
            return str(point)
        if method == "Unmount":
            self._unmount(faces)
        elif method == "PowerOff":
            self.pull(path)
        elif method == "Eject":
            faces["MediaAvailable"] = False
        return None

    def _unmount(self, faces: dict[str, Any]) -> None:
        if not faces["MountPoints"]:
            raise DisksError("NotMounted", "it is not mounted")
        for point in faces["MountPoints"]:
            shutil.rmtree(point)
        faces["MountPoints"] = []

    def is_mount(self, point: Path) -> bool:
        return any(
            str(point) in faces.get(FILE_SYSTEM, {}).get("MountPoints", ()) for faces in self.table.values()
        )

    def drive_of(self, name: str) -> str:
        return str(self.table[block(name)][BLOCK]["Drive"])

    def change(self, path: str, interface: str, **properties: Any) -> None:
        self.table[path].setdefault(interface, {}).update(properties)
        self._changed = True

    def pull(self, drive: str) -> None:
        """The whole stick, whatever is going on."""
        for path, faces in list(self.table.items()):
            if faces.get(BLOCK, {}).get("Drive") == drive:
                if faces.get(FILE_SYSTEM, {}).get("MountPoints"):
                    self._unmount(faces[FILE_SYSTEM])
                del self.table[path]
        del self.table[drive]
        self._changed = True

    def put_back(self, drive: str, detected: int) -> None:
        """The stick as it was recorded, plugged in at another time."""
        recorded = json.loads(RECORDED.read_text())
        for path, faces in recorded.items():
            if path == drive or faces.get(BLOCK, {}).get("Drive") == drive:
                self.table[path] = faces
        self.table[drive][DRIVE].update(TimeDetected=detected, TimeMediaDetected=detected)
        self._changed = True


def only(disks: FakeDisks, *names: str) -> None:
    """Pull all sticks but these."""
    for name in {TWO, FAT, RAW, EXFAT} - set(names):
        disks.pull(disks.drive_of(name))
