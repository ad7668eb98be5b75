"""What delivery asks of a stick, and the real one: plain system calls below a mount point."""

from __future__ import annotations

import errno
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol

from appliance.core.problems import Problem
from appliance.core.snapshot import StickStatus
from appliance.deliver import mounts
from appliance.deliver.troubles import named_troubles, stick_busy

READ_BYTES = 1 << 20
CAMERAS_FOLDER = "DCIM"  # at the top of every camera's card, by the rule of their makers
VFAT_LIMIT_BYTES = (1 << 32) - 1


class DriveFile(Protocol):
    """A file that is being written."""

    def write(self, data: bytes) -> None: ...

    def sync(self) -> None:
        """Returns when everything written so far is on the stick itself."""

    def close(self) -> None: ...


class Drive(Protocol):
    """A stick. Paths are relative to ``root``; every operation raises Problem "stick-..." when it fails."""

    @property
    def name(self) -> str: ...

    @property
    def root(self) -> Path: ...

    @property
    def is_card(self) -> bool:
        """A camera's card: its films may be read, and nothing is ever written to it."""

    @property
    def file_limit_bytes(self) -> int | None:
        """The largest file that its file system can hold; None where there is no limit that matters."""

    def status(self) -> StickStatus: ...

    def folders(self) -> tuple[str, ...]:
        """The names of the folders at the top."""

    def exists(self, path: str) -> bool: ...

    def make_folder(self, path: str) -> None: ...

    def create(self, path: str) -> DriveFile: ...

    def read(self, path: str) -> Iterator[bytes]:
        """The file's bytes as the stick itself has them, not as the box remembers them."""

    def sync_folder(self, path: str) -> None: ...

    def rename(self, old: str, new: str) -> None: ...

    def remove(self, path: str) -> None:
        """A folder and all in it; nothing happens where there is none."""

    def release(self) -> None:
        """Write back everything and let go of the stick, so that it may be pulled out."""


class DriveWatcher(Protocol):
    """Knows which sticks are plugged in."""

    def drives(self) -> tuple[Drive, ...]: ...


def sticks(watcher: DriveWatcher) -> tuple[Drive, ...]:
    """What films may be delivered to."""
    return tuple(drive for drive in watcher.drives() if not drive.is_card)


def cards(watcher: DriveWatcher) -> tuple[Drive, ...]:
    return tuple(drive for drive in watcher.drives() if drive.is_card)


class FolderDrive(ABC):
    """A stick whose files are those below a folder; what sets a kind of stick apart is in ``check``."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._name = name
        with named_troubles(name):
            self._is_card = (root / CAMERAS_FOLDER).is_dir()

    @property
    def is_card(self) -> bool:
        return self._is_card

    @property
    def name(self) -> str:
        return self._name

    @property
    def root(self) -> Path:
        return self._root

    @abstractmethod
    def check(self, writing: bool) -> None:
        """Called before every operation; raises OSError when it cannot be done."""

    @contextmanager
    def doing(self, writing: bool) -> Iterator[None]:
        with named_troubles(self._name):
            if writing and self.is_card:
                raise OSError(errno.EROFS, os.strerror(errno.EROFS))
            self.check(writing)
            yield

    def folders(self) -> tuple[str, ...]:
        with self.doing(writing=False):
            return tuple(sorted(entry.name for entry in self._root.iterdir() if entry.is_dir()))

    def exists(self, path: str) -> bool:
        with self.doing(writing=False):
            return (self._root / path).exists()

    def make_folder(self, path: str) -> None:
        with self.doing(writing=True):
            (self._root / path).mkdir(parents=True, exist_ok=True)

    def create(self, path: str) -> DriveFile:
        with self.doing(writing=True):
            return PlainFile(self, self._root / path)

    def read(self, path: str) -> Iterator[bytes]:
        with self.doing(writing=False), (self._root / path).open("rb", buffering=0) as file:
            forget_cached(file.fileno())
            while block := file.read(READ_BYTES):
                yield block
                self.check(writing=False)

    def sync_folder(self, path: str) -> None:
        with self.doing(writing=True):
            sync_path(self._root / path)

    def rename(self, old: str, new: str) -> None:
        with self.doing(writing=True):
            (self._root / old).rename(self._root / new)

    def remove(self, path: str) -> None:
        with self.doing(writing=True):
            target = self._root / path
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)


class PlainFile:
    """A new file on a FolderDrive. Unbuffered, so that an error belongs to the write that caused it."""

    def __init__(self, drive: FolderDrive, path: Path) -> None:
        self._drive = drive
        self._file = path.open("wb", buffering=0)

    def write(self, data: bytes) -> None:
        with self._drive.doing(writing=True):
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) :]

    def sync(self) -> None:
        with self._drive.doing(writing=True):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        with named_troubles(self._drive.name):
            self._file.close()

    def __enter__(self) -> PlainFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class MountedDrive(FolderDrive):
    """A stick that is mounted at a folder."""

    def __init__(self, root: Path, name: str) -> None:
        super().__init__(root, name)
        with named_troubles(name):
            self._device = root.stat().st_dev
        self._mount = mounts.mount_of_device(self._device)
        self._released = False

    @property
    def file_limit_bytes(self) -> int | None:
        is_fat = self._mount is not None and self._mount.kind in ("vfat", "msdos")
        return VFAT_LIMIT_BYTES if is_fat else None

    @property
    def present(self) -> bool:
        """Mounted, or released and not yet pulled out."""
        if self._released:
            return self._mount is not None and Path(self._mount.source).exists()
        with suppress(OSError):
            return self._root.stat().st_dev == self._device
        return False

    def check(self, writing: bool) -> None:
        """An unmounted folder is an empty one on the box's own disk: never write there."""
        if self._released or self._root.stat().st_dev != self._device:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        if writing and os.statvfs(self._root).f_flag & os.ST_RDONLY:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    def status(self) -> StickStatus:
        if self._released:
            return StickStatus(self._name, 0, 0, safe_to_remove=True)
        with self.doing(writing=False):
            facts = os.statvfs(self._root)
        return StickStatus(
            self._name,
            free_bytes=facts.f_bavail * facts.f_frsize,
            size_bytes=facts.f_blocks * facts.f_frsize,
            read_only=bool(facts.f_flag & os.ST_RDONLY),
        )

    def release(self) -> None:
        if self._released:
            return
        with self.doing(writing=False):
            os.sync()
        refusal = mounts.unmount(self._root)
        if refusal:
            raise stick_busy(self._name, refusal)
        self._released = True


class MountedDrives:
    """Every stick that is mounted below a folder, and those that were released but not pulled out yet."""

    def __init__(self, media: Path) -> None:
        self._media = media
        self._known: dict[Path, MountedDrive] = {}

    def drives(self) -> tuple[Drive, ...]:
        self._known = {path: drive for path, drive in self._known.items() if drive.present}
        for path in sorted(self._media.iterdir()) if self._media.is_dir() else ():
            if path not in self._known and path.is_mount():
                with suppress(Problem):
                    self._known[path] = MountedDrive(path, path.name)
        return tuple(self._known.values())


def sync_path(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def forget_cached(handle: int) -> None:
    """Drop the file from the page cache, so that the next read asks the stick."""
    os.fsync(handle)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
