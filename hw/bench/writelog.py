"""QEMU's log of every write to a disk (blklogwrites), and what a drive that loses its cache would keep.

The format is that of Linux's dm-log-writes: a head, then for each write an entry of one sector and its data.
"""

from __future__ import annotations

import random
import shutil
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD = 1, 2, 4
HEAD, ENTRY = struct.Struct("<QQQI"), struct.Struct("<QQQQ")


@dataclass(frozen=True)
class Write:
    """``flags`` say whether the drive was asked to keep what came before (FLUSH) or this very write (FUA)."""

    sector: int
    sectors: int
    flags: int
    data_at: int  # in the log; 0 without data


@dataclass(frozen=True)
class Log:
    path: Path
    sector_bytes: int
    writes: tuple[Write, ...]

    @property
    def last_flush(self) -> int:
        """How many entries came until the last flush ended."""
        places = [place for place, write in enumerate(self.writes) if write.flags & FLUSH]
        return places[-1] + 1 if places else 0


def read_log(path: Path) -> Log:
    """All whole entries; the count in the head may be old when QEMU was killed."""
    with path.open("rb") as file:
        magic, _, _, sector_bytes = HEAD.unpack(file.read(HEAD.size))
        if magic != MAGIC:
            raise ValueError(f"{path} is no log of writes")
    return Log(path, sector_bytes, tuple(entries(path, sector_bytes)))


def entries(path: Path, sector_bytes: int) -> Iterator[Write]:
    size, at = path.stat().st_size, sector_bytes
    with path.open("rb") as file:
        while at + sector_bytes <= size:
            file.seek(at)
            sector, sectors, flags, _ = ENTRY.unpack(file.read(ENTRY.size))
            if not sectors and not flags:
                return
            length = 0 if flags & DISCARD else sectors * sector_bytes
            if at + sector_bytes + length > size:
                return
            yield Write(sector, sectors, flags, at + sector_bytes if length else 0)
            at += sector_bytes + length


def survivors(log: Log, seed: int) -> list[Write]:
    """What was flushed, and about half of what was not: a drive keeps what it happened to have written."""
    chance, sure = random.Random(seed), log.last_flush
    return [write for place, write in enumerate(log.writes) if keeps(write, place < sure, chance)]


def keeps(write: Write, flushed: bool, chance: random.Random) -> bool:
    return flushed or bool(write.flags & FUA) or chance.random() < 0.5


def replay(log: Log, writes: Sequence[Write], before: Path, target: Path) -> Path:
    """The disk ``before`` with these writes on it, as a new file."""
    shutil.copy(before, target)
    with log.path.open("rb") as source, target.open("r+b") as disk:
        for write in writes:
            disk.seek(write.sector * log.sector_bytes)
            length = write.sectors * log.sector_bytes
            if write.flags & DISCARD:
                disk.write(bytes(length))
            elif write.data_at:
                source.seek(write.data_at)
                disk.write(source.read(length))
    return target
