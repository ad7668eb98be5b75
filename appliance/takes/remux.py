"""Rebuild a torn Matroska file: every packet that can be read, in a new file with an index and a duration."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from zlib import crc32

import av

from appliance.takes.store import sync_folder

REBUILT = ".rebuilt"


@dataclass(frozen=True)
class Content:
    """What can be read of a segment; ``check`` is the same for the same packets."""

    frames: int = 0
    places: int = 0  # frames and gaps, up to the last frame
    rate: Fraction = Fraction(25)
    check: int = 0
    packets: int = 0
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def lost_frames(self) -> int:
        return self.places - self.frames

    @property
    def duration_s(self) -> float:
        return self.places / float(self.rate)


def packets_of(container: Any) -> Iterator[Any]:
    """Whole packets in their order; the torn end is the end."""
    stream = container.demux()
    while True:
        try:
            packet = next(stream)
        except (StopIteration, av.FFmpegError):
            return
        if packet.size and not packet.is_corrupt:
            yield packet


def read_content(path: Path) -> Content:
    """Raises av.FFmpegError when not even the beginning can be read."""
    with av.open(str(path)) as container:
        video = container.streams.video[0] if container.streams.video else None
        rate = Fraction(video.average_rate or 25) if video else Fraction(25)
        frames = places = check = packets = 0
        for packet in packets_of(container):
            check = crc32(packet, check)
            packets += 1
            if packet.stream is video and packet.pts is not None:
                frames += 1
                places = max(places, round(packet.pts * packet.time_base * rate) + 1)
        return Content(frames, places, rate, check, packets, tuple(container.metadata.items()))


def rebuild(path: Path, content: Content) -> None:
    """Put a clean file in the place of the torn one, only when all that was readable is in it.

    Raises OSError or av.FFmpegError when it cannot be written; the original is then as it was.
    """
    fresh = path.with_name(f".{path.name}{REBUILT}")
    try:
        copy_packets(path, fresh)
        copied = read_content(fresh)
        if (copied.packets, copied.check) != (content.packets, content.check):
            raise OSError(f"{path.name} did not survive its copy")
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_folder(path.parent)
    finally:
        fresh.unlink(missing_ok=True)


def copy_packets(path: Path, fresh: Path) -> None:
    with av.open(str(path)) as source, av.open(str(fresh), "w", format="matroska") as target:
        target.metadata.update(source.metadata)
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in packets_of(source):
            packet.stream = streams[packet.stream.index]
            target.mux(packet)
