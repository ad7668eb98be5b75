"""The sticks that are plugged in: found, mounted, told about and let go of, by way of udisks2."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.core.problems import Problem
from appliance.core.types import Issue, Severity
from appliance.deliver import complaints, mounts
from appliance.deliver.choose import Stick, Volume, reserved_in, sticks_in
from appliance.deliver.disks import DRIVE, FILE_SYSTEM, Disks, DisksError, Objects
from appliance.deliver.drives import Drive, MountedDrive, best_first, home_on, name_of
from appliance.deliver.troubles import named_troubles, stick_busy

MOUNT_OPTIONS = "nosuid,nodev,noexec,noatime"
MOUNT_TIMEOUT_S, UNMOUNT_TIMEOUT_S, POWER_TIMEOUT_S = 60.0, 120.0, 30.0
AGAIN_S = 5.0  # after a refusal that may pass
SURE_S = 3.0  # so long udisks2 may still show a stick that is gone
PASSING = ("DeviceBusy", "Timedout", "NotAuthorized", "")
SHOWN_S = 120.0  # a stick without power cannot be seen leaving: so long "remove" is shown
QUIET = {"auth.no_user_interaction": True}
log = logging.getLogger(__name__)

Identity = tuple[str, ...]


@dataclass
class Released:
    """A stick that was let go of; ``visible``: that it is pulled out can be seen."""

    stick: Stick
    drives: tuple[MountedDrive, ...]
    visible: bool
    until_s: float
    beside: frozenset[Identity]  # the other sticks that were there then


@dataclass
class Refusal:
    issue: Issue
    again_s: float = float("inf")
    told_from_s: float = 0.0


class PluggedDrives:
    """``ask_for_folder`` has a folder of ours made on a stick whose top we may not write; may be slow."""

    def __init__(
        self,
        disks: Disks,
        media: Sequence[Path] = (),
        ask_for_folder: Callable[[Path], None] = lambda point: None,
        own: Callable[[Sequence[Path]], frozenset[int]] = mounts.own_devices,
        is_mount: Callable[[Path], bool] = os.path.ismount,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._disks, self._media = disks, tuple(media) or mounts.media_folders()
        self._ask_for_folder, self._own, self._is_mount, self._now = ask_for_folder, own, is_mount, now
        self._lock = threading.RLock()
        self._seen: Objects | None = None
        self._sticks: tuple[Stick, ...] = ()
        self._reserved: tuple[Stick, ...] = ()
        self._known: dict[Identity, MountedDrive] = {}
        self._refused: dict[Identity, Refusal] = {}
        self._left_open: dict[Identity, Issue] = {}
        self._released: dict[str, Released] = {}
        self._deaf: Issue | None = None
        self._deaf_until_s = 0.0

    def drives(self) -> tuple[Drive, ...]:
        """Mounts what has come since the last call, which may take long. From any thread."""
        with self._lock:
            if self._look():
                self._forget()
                for stick in self._sticks:
                    for volume in stick.volumes if stick.path not in self._released else ():
                        self._use(stick, volume)
            released = [drive for one in self._released.values() for drive in one.drives]
            return (*self._known.values(), *released)

    def issues(self) -> tuple[Issue, ...]:
        """What is wrong with what is plugged in, as the last call of ``drives`` found it."""
        with self._lock:
            refusals = [one for one in self._refused.values() if one.told_from_s <= self._now()]
            found = [self._deaf] if self._deaf else [refusal.issue for refusal in refusals]
            found += self._left_open.values()
            found += [complaints.unreadable(s.name, s.contents) for s in self._sticks if self._is_blank(s)]
            best = best_first(drive for drive in self._known.values() if not drive.is_card)[:1]
            if any(not drive.status().read_only for drive in best):  # films have where to go
                found = [replace(issue, severity=Severity.NOTICE) for issue in found]
            found += [complaints.reserved(stick.name) for stick in self._reserved]
            found += [complaints.small_files(d.name) for d in best if d.file_limit_bytes is not None]
            return tuple(found)

    def _is_blank(self, stick: Stick) -> bool:
        return not stick.volumes and stick.path not in self._released

    def _look(self) -> bool:
        """Ask udisks2 what is there; False where it does not answer, which is told."""
        if self._now() < self._deaf_until_s:
            return False
        try:
            objects = self._disks.objects()
        except DisksError as error:
            log.warning("udisks2 does not answer: %s", error)
            self._deaf, self._deaf_until_s = complaints.no_answer(str(error)), self._now() + AGAIN_S
            self._known.clear()
            return False
        self._deaf = None
        if objects is not self._seen:
            own = self._own(self._media)
            self._seen, self._sticks = objects, sticks_in(objects, own, self._media)
            self._reserved = reserved_in(objects, own, self._media)
        return True

    def _forget(self) -> None:
        """Everything about what is no longer there, or was exchanged."""
        there = {volume.identity for stick in self._sticks for volume in stick.volumes}
        self._refused = {i: one for i, one in self._refused.items() if i in there}
        self._known = {i: drive for i, drive in self._known.items() if i in there and drive.present}
        self._left_open = {i: issue for i, issue in self._left_open.items() if i in self._known}
        self._released = {path: one for path, one in self._released.items() if self._still_shown(one)}

    def _still_shown(self, released: Released) -> bool:
        now = next((stick for stick in self._sticks if stick.path == released.stick.path), None)
        if now is not None:
            return now.identity == released.stick.identity
        came = any(stick.identity not in released.beside for stick in self._sticks)
        return not released.visible and not came and self._now() < released.until_s

    def _use(self, stick: Stick, volume: Volume) -> None:
        refusal = self._refused.get(volume.identity)
        if volume.identity in self._known or (refusal is not None and self._now() < refusal.again_s):
            return
        name = name_of(volume.label)
        try:
            point = volume.mounted_at[0] if volume.mounted_at else self._mount(volume)
            if not self._is_mount(point):
                return  # udisks2 has not noticed yet that it was pulled; below that folder is our own disk
            home = self._home(point, name)
            if home is None:
                self._refused[volume.identity] = Refusal(complaints.not_ours(name))
                return
            drive = MountedDrive(home, name, lambda: self._let_go(stick.path))
            if volume.kind == "ntfs" and not volume.locked and drive.status().read_only:
                self._left_open[volume.identity] = complaints.left_open(name)  # ntfs-3g lets it be read only
            self._known[volume.identity] = drive
            self._refused.pop(volume.identity, None)
            log.info("%s (%s, %s) is at %s", name, volume.device, volume.kind, home)
        except DisksError as error:
            log.warning("%s (%s, %s) was refused: %s %s", name, volume.device, volume.kind, error.name, error)
            self._refused[volume.identity] = self._refusal(volume, error)
        except Problem as problem:  # it cannot even be looked at, or it is being pulled at this moment
            self._refused[volume.identity] = Refusal(problem.issue, told_from_s=self._now() + SURE_S)

    def _refusal(self, volume: Volume, error: DisksError) -> Refusal:
        """What may pass by itself is told when it lasts."""
        issue = complaints.refused(name_of(volume.label), volume.kind, error)
        if error.name == "AlreadyMounted":  # a desktop was quicker; where, udisks2 says at the next look
            return Refusal(issue, self._now() + SURE_S, told_from_s=self._now() + AGAIN_S)
        if error.name not in PASSING:
            return Refusal(issue)
        before = self._refused.get(volume.identity)
        told_from_s = before.told_from_s if before is not None else self._now() + AGAIN_S
        return Refusal(issue, self._now() + AGAIN_S, told_from_s)

    def _mount(self, volume: Volume) -> Path:
        options = QUIET | {"options": MOUNT_OPTIONS}
        return Path(self._disks.call(volume.path, FILE_SYSTEM, "Mount", options, MOUNT_TIMEOUT_S))

    def _home(self, point: Path, name: str) -> Path | None:
        with named_troubles(name):
            home = home_on(point)
            if home is None:
                self._ask_for_folder(point)
                home = home_on(point)
            return home

    def _let_go(self, path: str) -> None:
        """The whole stick with all its file systems. Raises Problem when one of them is in use."""
        with self._lock:
            self._look()
            stick = next((stick for stick in self._sticks if stick.path == path), None)
            if stick is None:
                return
            gone = {v.identity: self._known[v.identity] for v in stick.volumes if v.identity in self._known}
            for volume in stick.volumes:
                if volume.mounted_at or volume.identity in gone:
                    self._unmount(volume)
            visible = not self._cut_off(stick)
            for identity, drive in gone.items():
                drive.released()
                self._known.pop(identity)
            until_s = self._now() + SHOWN_S
            beside = frozenset(one.identity for one in self._sticks)
            self._released[path] = Released(stick, tuple(gone.values()), visible, until_s, beside)

    def _unmount(self, volume: Volume) -> None:
        """Returns when everything is on the stick."""
        try:
            self._disks.call(volume.path, FILE_SYSTEM, "Unmount", QUIET, UNMOUNT_TIMEOUT_S)
        except DisksError as error:
            if error.name != "NotMounted":
                raise stick_busy(name_of(volume.label), complaints.why_busy(error)) from error

    def _cut_off(self, stick: Stick) -> bool:
        """Take its power, or eject it where others hang on the same plug; everything is on it already."""
        ways = [("PowerOff", stick.can_power_off and not stick.shares_plug), ("Eject", stick.can_eject)]
        for method, possible in ways:
            with suppress(DisksError):
                if possible:
                    self._disks.call(stick.path, DRIVE, method, QUIET, POWER_TIMEOUT_S)
                    return True
        log.info("%s was unmounted; it keeps its power", stick.name)
        return False
