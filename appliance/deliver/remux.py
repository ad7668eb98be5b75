"""A film cut into parts that each play, at its key frames, without encoding anything again.

A stick takes a file from its first byte to its last; a muxer goes back to correct its beginning. So each part
is made twice: once for nobody, to learn its length and the corrections, and once as the stream to copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
PACKET_BYTES, FILE_BYTES = 64, 1 << 16  # more than a container adds to a packet and to a file
BEHIND_S = 1.0  # by so much sound may lie behind the picture that it belongs to
OPTIONS = {"fflags": "+bitexact"}  # the same film gives the same parts


def nothing() -> None:
    """Nobody waits."""


@dataclass(frozen=True)
class Part:
    """``groups``: key frames with all that follows each; ``corrections``: what the muxer writes over."""

    groups: int
    size_bytes: int
    corrections: tuple[tuple[int, bytes], ...]


@dataclass
class Group:
    """From one key frame to the next, in the order of the file."""

    start: Fraction  # seconds
    packets: list[Any]

    @property
    def size_bytes(self) -> int:
        return sum(packet.size + PACKET_BYTES for packet in self.packets)


class Sink:
    """A muxer's output as a stream: the bytes that follow each other, and its corrections apart."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self.corrections: list[tuple[int, bytes]] = []
        self._at = 0
        self._fresh = bytearray()

    def write(self, data: Any) -> int:
        written = bytes(data)
        old = written[: max(0, self.size_bytes - self._at)]
        if old:
            self.corrections.append((self._at, old))
        self._fresh += written[len(old) :]
        self.size_bytes += len(written) - len(old)
        self._at += len(written)
        return len(written)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self.size_bytes)[whence]
        if self._at > self.size_bytes:
            raise ValueError("a muxer left a hole")
        return self._at

    def tell(self) -> int:
        return self._at

    def take(self) -> bytes:
        """What has come since the last call."""
        fresh, self._fresh = bytes(self._fresh), bytearray()
        return fresh


def plan_parts(path: Path, limit_bytes: int, alive: Callable[[], None] = nothing) -> tuple[Part, ...] | None:
    """None where it is no film that can be cut: then it is parted like any other file.

    The film is read twice, a long one for many minutes: ``alive`` is called meanwhile.
    """
    if path.suffix.lower() not in FORMATS:
        return None
    try:
        with av.open(str(path)) as film:
            counts = fitting(watched(groups_of(film), alive), limit_bytes)
        with av.open(str(path)) as film:
            groups = watched(groups_of(film), alive)
            parts = tuple(
                measured(film, take(groups, count), FORMATS[path.suffix.lower()]) for count in counts
            )
    except (av.FFmpegError, ValueError, IndexError):
        return None
    return parts if parts and all(part.size_bytes <= limit_bytes for part in parts) else None


def watched(groups: Iterator[Group], alive: Callable[[], None]) -> Iterator[Group]:
    for group in groups:
        alive()
        yield group


def fitting(groups: Iterator[Group], limit_bytes: int) -> list[int]:
    """How many groups go into each part."""
    counts: list[int] = []
    filled = limit_bytes
    for group in groups:
        if filled + group.size_bytes > limit_bytes:
            counts.append(0)
            filled = FILE_BYTES
        counts[-1] += 1
        filled += group.size_bytes
    return counts


def take(groups: Iterator[Group], count: int) -> Iterator[Group]:
    for _ in range(count):
        yield next(groups)


def measured(film: Any, groups: Iterator[Group], kind: str) -> Part:
    sink = Sink()
    count = 0
    with Muxer(film, sink, kind) as muxer:
        for group in groups:
            muxer.add(group)
            sink.take()
            count += 1
    return Part(count, sink.size_bytes, tuple(sink.corrections))


class Muxer:
    """Writes groups as a film of its own that begins at time 0, with the codecs and notes of the old one."""

    def __init__(self, film: Any, sink: Sink, kind: str) -> None:
        self._out: Any = av.open(sink, "w", format=kind, options=OPTIONS)
        self._out.metadata.update(film.metadata)
        self._streams = {}
        for old in copied_streams(film):
            new = self._out.add_stream_from_template(old)
            new.time_base = old.time_base
            new.metadata.update(old.metadata)
            self._streams[old.index] = new
        self._start: Fraction | None = None

    def add(self, group: Group) -> None:
        if self._start is None:
            self._start = group.start
        for packet in group.packets:
            shift = round(self._start / packet.time_base)
            packet.pts = packet.pts - shift
            packet.dts = packet.dts - shift
            packet.stream = self._streams[packet.stream_index]
            self._out.mux_one(packet)

    def __enter__(self) -> Muxer:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()


def copied_streams(film: Any) -> list[Any]:
    pictures = [s for s in film.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    return [*pictures[:1], *film.streams.audio]


def groups_of(film: Any) -> Iterator[Group]:
    """Sound that comes late in the file is put to the pictures that it belongs to."""
    streams = copied_streams(film)
    if not streams or streams[0].type != "video":
        raise ValueError("no pictures")
    waiting: list[Group] = []
    for packet in film.demux(streams):
        if packet.size == 0 or packet.pts is None or packet.dts is None:
            continue
        start = packet.pts * packet.time_base
        if packet.stream_index == streams[0].index and packet.is_keyframe:
            waiting.append(Group(start, []))
        if not waiting:
            raise ValueError("it does not begin with a key frame")
        late = packet.stream_index != streams[0].index
        home = next((g for g in reversed(waiting) if not late or g.start <= start), waiting[0])
        home.packets.append(packet)
        while len(waiting) > 1 and waiting[1].start + BEHIND_S < start:
            yield waiting.pop(0)
    yield from waiting


class FilmParts:
    """The bytes of the parts, one part after the other: each is asked for once, in its order."""

    def __init__(self, path: Path, parts: Sequence[Part]) -> None:
        self._path, self._parts = path, parts
        self._open = ExitStack()
        self._film: Any = None
        self._groups: Iterator[Group] = iter(())

    def read(self, number: int, chunk_bytes: int) -> Iterator[bytes]:
        """Raises OSError when the film on the box is not the one that was planned for."""
        if number == 0:
            self._film = self._open.enter_context(av.open(str(self._path)))
            self._groups = groups_of(self._film)
        part = self._parts[number]
        try:
            yield from corrected(self._muxed(part, chunk_bytes), part.corrections)
        finally:
            if number == len(self._parts) - 1:
                self._open.close()

    def _muxed(self, part: Part, chunk_bytes: int) -> Iterator[bytes]:
        sink = Sink()
        waiting = bytearray()
        with Muxer(self._film, sink, FORMATS[self._path.suffix.lower()]) as muxer:
            for group in take(self._groups, part.groups):
                muxer.add(group)
                waiting += sink.take()
                if len(waiting) >= chunk_bytes:
                    yield bytes(waiting)
                    waiting.clear()
        yield bytes(waiting) + sink.take()
        if (sink.size_bytes, tuple(sink.corrections)) != (part.size_bytes, part.corrections):
            raise OSError("it was read differently a second time")


def corrected(stream: Iterator[bytes], corrections: Sequence[tuple[int, bytes]]) -> Iterator[bytes]:
    """The stream with the corrections, which were made later, in their places."""
    at = 0
    for block in stream:
        data = bytearray(block)
        for place, new in corrections:
            first, stop = max(place, at), min(place + len(new), at + len(data))
            if first < stop:
                data[first - at : stop - at] = new[first - place : stop - place]
        yield bytes(data)
        at += len(data)
