"""Which of the disks are sticks that a visitor has plugged in, and what is on them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.deliver.disks import BLOCK, DRIVE, FILE_SYSTEM, Objects

OURS = "twinreel"  # the box's own disks carry labels that begin so
Faces = Mapping[str, Mapping[str, Any]]  # of one object: its properties by interface


@dataclass(frozen=True)
class Volume:
    """A file system on a stick, mounted or not."""

    path: str  # of the udisks2 object
    device: str  # such as /dev/sda1
    kind: str  # such as vfat
    label: str
    identity: tuple[str, ...]  # differs when anything else was plugged in at the same place
    size_bytes: int
    mounted_at: tuple[Path, ...] = ()
    locked: bool = False  # by a switch on it


@dataclass(frozen=True)
class Stick:
    """What hangs on one plug: a USB stick, a card in a reader. The largest file system comes first."""

    path: str
    name: str
    volumes: tuple[Volume, ...]
    contents: str  # where there is no file system: what there is instead, such as "crypto_LUKS", or nothing
    can_power_off: bool
    can_eject: bool
    shares_plug: bool  # a reader with several slots: without power, all of them go
    identity: tuple[str, ...] = ()


def sticks_in(objects: Objects, own_devices: Collection[int], media: Iterable[Path]) -> tuple[Stick, ...]:
    """Never a disk that the box itself uses: by ``own_devices``, fstab, its label, or how it is built in.

    ``own_devices`` are the numbers of devices that hold something mounted elsewhere than below ``media``.
    """
    return tuple(s for s, labels in labelled_sticks(objects, own_devices, media) if not any_ours(labels))


def reserved_in(objects: Objects, own_devices: Collection[int], media: Iterable[Path]) -> tuple[Stick, ...]:
    """Those that nothing but their label keeps from being used: somebody may have named his own so."""
    return tuple(s for s, labels in labelled_sticks(objects, own_devices, media) if any_ours(labels))


def any_ours(labels: Iterable[str]) -> bool:
    return any(label.lower().startswith(OURS) for label in labels)


def labelled_sticks(
    objects: Objects, own_devices: Collection[int], media: Iterable[Path]
) -> Iterator[tuple[Stick, list[str]]]:
    """What is plugged in and not in use by the box, with the labels of all that is on it."""
    folders = tuple(media)
    drives = {path: faces[DRIVE] for path, faces in objects.items() if DRIVE in faces}
    plugs = [drive.get("SiblingId") for drive in drives.values()]
    for path, drive in sorted(drives.items(), key=lambda pair: str(pair[1].get("SortKey", ""))):
        blocks = {p: f for p, f in objects.items() if BLOCK in f and f[BLOCK].get("Drive") == path}
        if blocks and pluggable(drive) and not any(in_use(f, own_devices, folders) for f in blocks.values()):
            shared = bool(drive.get("SiblingId")) and plugs.count(drive["SiblingId"]) > 1
            labels = [str(faces[BLOCK].get("IdLabel", "")) for faces in blocks.values()]
            yield stick_of(path, drive, blocks, shared), labels


def pluggable(drive: Mapping[str, Any]) -> bool:
    """On USB, or a card in a slot; with something in it."""
    if drive.get("Optical") or any("optical" in kind for kind in drive.get("MediaCompatibility", ())):
        return False
    removable = drive.get("Removable") or drive.get("MediaRemovable")
    return bool(drive.get("MediaAvailable")) and (drive.get("ConnectionBus") == "usb" or bool(removable))


def in_use(faces: Faces, own_devices: Collection[int], media: tuple[Path, ...]) -> bool:
    """Whether this block device, and with it its whole disk, belongs to the box or to somebody else."""
    block = faces[BLOCK]
    elsewhere = [p for p in mount_points(faces) if not any(p.is_relative_to(folder) for folder in media)]
    return bool(
        block.get("HintSystem")
        or block.get("Configuration")
        or block.get("DeviceNumber") in own_devices
        or elsewhere
    )


def mount_points(faces: Faces) -> tuple[Path, ...]:
    return tuple(Path(point) for point in faces.get(FILE_SYSTEM, {}).get("MountPoints", ()))


def stick_of(path: str, drive: Mapping[str, Any], blocks: Mapping[str, Faces], shared: bool) -> Stick:
    seen = {p: f for p, f in blocks.items() if not f[BLOCK].get("HintIgnore")}
    volumes = [volume_of(p, f, drive) for p, f in seen.items() if is_volume(f)]
    contents = sorted({str(f[BLOCK].get("IdType") or "") for f in seen.values() if not is_volume(f)} - {""})
    return Stick(
        path,
        " ".join(word for word in (str(drive.get(k, "")).strip() for k in ("Vendor", "Model")) if word),
        tuple(sorted(volumes, key=lambda volume: (-volume.size_bytes, volume.device))),
        ", ".join(contents),
        bool(drive.get("CanPowerOff")),
        bool(drive.get("Ejectable")),
        shared,
        when(drive),
    )


def when(drive: Mapping[str, Any]) -> tuple[str, ...]:
    return (str(drive.get("Id")), str(drive.get("TimeDetected")), str(drive.get("TimeMediaDetected")))


def is_volume(faces: Faces) -> bool:
    return FILE_SYSTEM in faces and faces[BLOCK].get("IdUsage") == "filesystem"


def volume_of(path: str, faces: Faces, drive: Mapping[str, Any]) -> Volume:
    block = faces[BLOCK]
    return Volume(
        path,
        str(block.get("Device", "")),
        str(block.get("IdType", "")),
        str(block.get("IdLabel", "")),
        (path, str(block.get("IdUUID")), *when(drive)),
        int(block.get("Size", 0)),
        mount_points(faces),
        bool(block.get("ReadOnly")),
    )
