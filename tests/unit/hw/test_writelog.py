"""A drive that lost its cache keeps what was flushed, some of the rest, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from hw.bench.writelog import DISCARD, ENTRY, FLUSH, FUA, HEAD, MAGIC, read_log, replay, survivors

SECTOR = 512


def write_log(path: Path, *writes: tuple[int, int, bytes]) -> Path:
    """(sector, flags, data) of each; data of 0 sectors is a flush alone."""
    blob = HEAD.pack(MAGIC, 1, len(writes), SECTOR).ljust(SECTOR, b"\0")
    for sector, flags, data in writes:
        blob += ENTRY.pack(sector, len(data) // SECTOR, flags, 0).ljust(SECTOR, b"\0")
        blob += b"" if flags & DISCARD else data
    path.write_bytes(blob)
    return path


def block(letter: str) -> bytes:
    return letter.encode() * SECTOR


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "before"
    path.write_bytes(block("-") * 8)
    return path


def sectors(path: Path) -> str:
    data = path.read_bytes()
    return "".join(chr(data[at] or ord("0")) for at in range(0, len(data), SECTOR))


def test_all_writes_make_the_disk_as_it_was(tmp_path: Path, disk: Path) -> None:
    log = read_log(write_log(tmp_path / "log", (1, 0, block("a")), (2, 0, block("b") * 2), (0, FLUSH, b"")))
    assert sectors(replay(log, log.writes, disk, tmp_path / "after")) == "-abb----"
    assert log.last_flush == 3


def test_what_was_flushed_survives_every_cut(tmp_path: Path, disk: Path) -> None:
    writes = [
        (1, 0, block("a")),
        (0, FLUSH, b""),
        (2, 0, block("b")),
        (3, FUA, block("c")),
        (4, 0, block("d")),
    ]
    log = read_log(write_log(tmp_path / "log", *writes))
    kept = {sectors(replay(log, survivors(log, seed), disk, tmp_path / "after")) for seed in range(20)}
    assert {result[1] for result in kept} == {"a"}
    assert {result[3] for result in kept} == {"c"}, "this very write was to be kept"
    assert {result[2] for result in kept} == {"-", "b"}, "sometimes lost, sometimes not"
    assert {result[4] for result in kept} == {"-", "d"}


def test_a_torn_last_entry_is_left_out(tmp_path: Path, disk: Path) -> None:
    path = write_log(tmp_path / "log", (1, 0, block("a")), (2, 0, block("b")))
    path.write_bytes(path.read_bytes()[:-10])
    assert len(read_log(path).writes) == 1


def test_discarded_sectors_are_empty(tmp_path: Path, disk: Path) -> None:
    log = read_log(write_log(tmp_path / "log", (1, DISCARD, block("x")), (2, 0, block("a"))))
    assert sectors(replay(log, log.writes, disk, tmp_path / "after")) == "-0a-----"


def test_another_file_is_refused(disk: Path) -> None:
    with pytest.raises(ValueError, match="no log"):
        read_log(disk)
