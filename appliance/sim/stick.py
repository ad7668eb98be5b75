"""A simulated stick: a folder with a size, the same for all processes, that may be pulled at any moment.

While it is plugged in, its files lie in ``media/stick``; pulled out, in ``media/.pulled``. What
was written but not synced is only in the memory of the writing process and is lost with the stick.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from appliance.core.paths import Paths
from appliance.core.snapshot import StickStatus
from appliance.deliver.drives import Drive, DriveFile, FolderDrive

NAME = "Stick"
BYTES_PER_MB = 1_000_000
DEFAULT_MB = 2000
BLOCK_BYTES = 4096  # files take whole blocks
WRITE_BACK_BYTES = 16 * BYTES_PER_MB  # the system writes by itself when so much waits


@dataclass(frozen=True)
class StickState:
    """What every process has to know; ``insertion`` counts how often it was plugged in."""

    plugged: bool = False
    size_bytes: int = 0
    read_only: bool = False
    other_bytes: int = 0  # somebody else's files
    released: bool = False
    forgetful: bool = False  # a worn stick: what it was given comes back changed
    insertion: int = 0


class SimStick:
    """The hand that plugs and pulls the stick, and the watcher that knows whether it is there."""

    def __init__(self, paths: Paths) -> None:
        self._media = paths.media
        self._media.mkdir(parents=True, exist_ok=True)
        self._state_file = self._media / ".stick.json"

    @property
    def folder(self) -> Path:
        return self._media / "stick"

    @property
    def _drawer(self) -> Path:
        return self._media / ".pulled"

    @property
    def state(self) -> StickState:
        if not self._state_file.is_file():
            return StickState()
        return StickState(**json.loads(self._state_file.read_text()))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One process at a time; readers see the state before or after, never half of it."""
        with (self._media / ".stick.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _keep(self, state: StickState) -> None:
        part = self._state_file.with_suffix(".part")
        part.write_text(json.dumps(asdict(state)))
        part.replace(self._state_file)

    def plug(self, size_mb: int | None = None, read_only: bool = False) -> None:
        """Plug in a stick of this size, or the last one again; another size is another, empty stick."""
        with self._changing():
            old = self.state
            new = chosen(old, size_mb, read_only)
            if old.plugged and new == old:
                return
            self._lay_out(fresh=new.size_bytes != old.size_bytes)
            self._keep(replace(new, plugged=True, released=False, insertion=old.insertion + 1))

    def _lay_out(self, fresh: bool) -> None:
        if fresh:
            shutil.rmtree(self._drawer, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._drawer.is_dir() and not self.folder.exists():
            self._drawer.rename(self.folder)
        self.folder.mkdir(exist_ok=True)

    def unplug(self) -> None:
        """Pull it out, whatever is going on."""
        with self._changing():
            self._keep(replace(self.state, plugged=False, released=False))
            if self.folder.is_dir():
                shutil.rmtree(self._drawer, ignore_errors=True)
                self.folder.rename(self._drawer)

    def fill(self) -> None:
        """Somebody's holiday pictures leave 1 MB."""
        with self._changing():
            state = self.state
            taken = state.size_bytes - used_bytes(self.folder) - BYTES_PER_MB
            self._keep(replace(state, other_bytes=max(0, taken)))

    def empty(self) -> None:
        """The holiday pictures go; what the box delivered stays."""
        with self._changing():
            self._keep(replace(self.state, other_bytes=0))

    def set_read_only(self, flag: bool) -> None:
        with self._changing():
            self._keep(replace(self.state, read_only=flag))

    def set_forgetful(self, flag: bool) -> None:
        """A worn stick: it takes everything and gives back something else."""
        with self._changing():
            self._keep(replace(self.state, forgetful=flag))

    def eject(self) -> None:
        with self._changing():
            self._keep(replace(self.state, released=True))

    def drives(self) -> tuple[Drive, ...]:
        state = self.state
        return (SimDrive(self, state.insertion),) if state.plugged else ()


def chosen(last: StickState, size_mb: int | None, read_only: bool) -> StickState:
    """The stick that somebody takes from the table."""
    if size_mb is None:
        return last if last.size_bytes else StickState(size_bytes=DEFAULT_MB * BYTES_PER_MB)
    size_bytes = size_mb * BYTES_PER_MB
    same = last if last.size_bytes == size_bytes else StickState(size_bytes=size_bytes)
    return replace(same, read_only=read_only)


class SimDrive(FolderDrive):
    """One insertion of the stick: pulled and plugged in again, it is another drive."""

    def __init__(self, stick: SimStick, insertion: int) -> None:
        super().__init__(stick.folder, NAME)
        self._stick = stick
        self._insertion = insertion

    @property
    def file_limit_bytes(self) -> int | None:
        return None

    @property
    def state(self) -> StickState:
        return self._stick.state

    @property
    def free_bytes(self) -> int:
        state = self.state
        return max(0, state.size_bytes - state.other_bytes - used_bytes(self.root))

    def check(self, writing: bool) -> None:
        state = self.state
        if not state.plugged or state.released or state.insertion != self._insertion:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        if writing and state.read_only:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    def status(self) -> StickStatus:
        state = self.state
        if not state.released:
            with self.doing(writing=False):
                return StickStatus(self.name, self.free_bytes, state.size_bytes, state.read_only)
        return StickStatus(self.name, 0, state.size_bytes, state.read_only, safe_to_remove=True)

    def create(self, path: str) -> DriveFile:
        with self.doing(writing=True):
            return SimFile(self, self.root / path)

    def release(self) -> None:
        with self.doing(writing=False):
            self._stick.eject()


class SimFile:
    """A file whose bytes wait in memory until they are synced, as they do in the page cache."""

    def __init__(self, drive: SimDrive, path: Path) -> None:
        self._drive = drive
        self._waiting = bytearray()
        self._file = path.open("wb", buffering=0)

    def write(self, data: bytes) -> None:
        with self._drive.doing(writing=True):
            room = max(0, self._drive.free_bytes - len(self._waiting))
            self._waiting += data[:room]
            if len(data) > room:
                self._write_back(len(self._waiting))
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if len(self._waiting) >= WRITE_BACK_BYTES:
                self._write_back(len(self._waiting))

    def sync(self) -> None:
        with self._drive.doing(writing=True):
            self._write_back(len(self._waiting))
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """As on a real stick, closing is no promise that anything was kept."""
        self._file.close()

    def _write_back(self, count: int) -> None:
        data = bytes(self._waiting[:count])
        if data and self._drive.state.forgetful:
            data = data[:-1] + bytes([data[-1] ^ 1])
        self._file.write(data)
        del self._waiting[:count]


def used_bytes(folder: Path) -> int:
    """What the files below take, in whole blocks; another process may be moving them at this moment."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size = (Path(parent) / name).stat().st_size
                total += -(-size // BLOCK_BYTES) * BLOCK_BYTES
    return total
