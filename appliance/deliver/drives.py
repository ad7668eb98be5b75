"""What delivery asks of a stick, and the mounted one: plain system calls below a mount point."""

from __future__ import annotations

import errno
import os
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol

from appliance.core.problems import Problem
from appliance.core.snapshot import StickStatus
from appliance.core.types import Issue
from appliance.deliver import mounts
from appliance.deliver.troubles import named_troubles, stick_busy

READ_BYTES = 1 << 20
CAMERAS_FOLDERS = ("DCIM", "AVCHD", "PRIVATE/AVCHD", "PRIVATE/M4ROOT", "MP_ROOT")  # by their makers' rules
VFAT_LIMIT_BYTES = (1 << 32) - 1
OUR_FOLDER = "Twinreel"  # on a stick whose top only its owner may write
FOLDER_MODE, FILE_MODE = 0o777, 0o666  # whoever holds the stick may read the films, and delete them
NUMBER = re.compile(
    r"[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}|[0-9A-F]{16}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\d*"
)


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

    def issues(self) -> tuple[Issue, ...]:
        """What is wrong with what is plugged in, as the last call of ``drives`` found it."""


def sticks(watcher: DriveWatcher) -> tuple[Drive, ...]:
    """What films may be delivered to."""
    return tuple(drive for drive in watcher.drives() if not drive.is_card)


def best_first(drives: Iterable[Drive]) -> tuple[Drive, ...]:
    """Those that can be written first, and of these the one with the most room; without those just pulled."""
    known: list[tuple[StickStatus, Drive]] = []
    for drive in drives:
        with suppress(Problem):
            known.append((drive.status(), drive))
    known.sort(key=lambda pair: (pair[0].safe_to_remove, pair[0].read_only, -pair[0].free_bytes))
    return tuple(drive for _, drive in known)


def cards(watcher: DriveWatcher) -> tuple[Drive, ...]:
    return tuple(drive for drive in watcher.drives() if drive.is_card)


class FolderDrive(ABC):
    """A stick whose files are those below a folder; what sets a kind of stick apart is in ``check``."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._name = name
        with named_troubles(name):
            self._is_card = any((root / folder).is_dir() for folder in CAMERAS_FOLDERS)

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
        """What lies in a folder that only others may enter, such as lost+found, is not there for us."""
        with self.doing(writing=False), suppress(PermissionError):
            return (self._root / path).exists()
        return False

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
    """A stick that is mounted; ``let_go`` belongs to whoever mounted it."""

    def __init__(self, root: Path, name: str, let_go: Callable[[], None] | None = None) -> None:
        super().__init__(root, name)
        with named_troubles(name):
            self._identity = identity_of(root)
            self._mount = mounts.mount_of_device(self._identity[0])
        self._let_go = let_go
        self._released = False

    @property
    def file_limit_bytes(self) -> int | None:
        is_fat = self._mount is not None and self._mount.kind in ("vfat", "msdos")
        return VFAT_LIMIT_BYTES if is_fat else None

    @property
    def present(self) -> bool:
        """Mounted, and the same one as at first."""
        with suppress(OSError):
            return not self._released and identity_of(self._root) == self._identity
        return False

    def check(self, writing: bool) -> None:
        """Below an unmounted folder is the box's own disk; below an equal one may be another stick."""
        if self._released or identity_of(self._root) != self._identity:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        if writing and os.statvfs(self._root).f_flag & os.ST_RDONLY:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    def make_folder(self, path: str) -> None:
        super().make_folder(path)
        with suppress(OSError):  # FAT knows no owners
            (self._root / path).chmod(FOLDER_MODE)

    def create(self, path: str) -> DriveFile:
        file = super().create(path)
        with suppress(OSError):
            (self._root / path).chmod(FILE_MODE)
        return file

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
        if self._let_go is None:
            raise stick_busy(self._name, "Only the process that mounted it can let go of it.")
        self._let_go()

    def released(self) -> None:
        """It was let go of: nothing can be done with it but to pull it out."""
        self._released = True


class MountedDrives:
    """What another process has mounted below ``media``: seen, used, never mounted or let go of."""

    def __init__(self, media: Sequence[Path], table: Path = mounts.TABLE) -> None:
        self._media, self._table = media, table
        self._known: dict[Path, MountedDrive] = {}

    def drives(self) -> tuple[Drive, ...]:
        points = [m.folder for m in mounts.mounts(self._table) if mounts.is_below(m.folder, self._media)]
        self._known = {p: drive for p, drive in self._known.items() if p in points and drive.present}
        for point in points:
            with suppress(Problem, OSError):
                home = home_on(point) if point not in self._known else None
                if home is not None:
                    self._known[point] = MountedDrive(home, name_of(point.name))
        return tuple(self._known.values())

    def issues(self) -> tuple[Issue, ...]:
        return ()


def name_of(label: str) -> str:
    """Without a label udisks2 names the folder by the file system's number, which tells a visitor nothing."""
    return "Stick" if not label or NUMBER.fullmatch(label) else label


def identity_of(root: Path) -> tuple[int, str]:
    device = root.stat().st_dev
    return device, mounts.plugging(device)


def home_on(point: Path) -> Path | None:
    """Where on a stick we may write: at its top, or else in a folder of ours; None where in neither.

    What cannot be written at all is looked at, and read, at its top. Raises OSError when it is gone.
    """
    if os.statvfs(point).f_flag & os.ST_RDONLY or os.access(point, os.W_OK | os.X_OK):
        return point
    ours = point / OUR_FOLDER
    fit = ours.is_dir() and not ours.is_symlink() and os.access(ours, os.W_OK | os.X_OK)
    return ours if fit else None


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
