"""Rebuild a torn Matroska file: every packet that can be read, in a new file with an index and a duration."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from zlib import crc32

import av

from appliance.takes.store import sync_folder

REBUILT = ".rebuilt"
TAIL = 5  # pictures at the torn end that are tried: a power cut leaves the last one half written, or zeros
ALONE = ("ffv1", "mjpeg")  # every picture of these can be tried without the others


@dataclass(frozen=True)
class Content:
    """What can be read of a segment; ``check`` is the same for the same packets."""

    frames: int = 0
    places: int = 0  # frames and gaps, up to the last frame
    rate: Fraction = Fraction(25)
    check: int = 0
    packets: int = 0
    tags: tuple[tuple[str, str], ...] = ()
    torn_pts: int | None = None  # pictures from here on cannot be decoded

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


@dataclass(frozen=True)
class Tally:
    """What was counted of one track until a packet."""

    packets: int = 0
    places: int = 0
    check: int = 0

    def with_packet(self, packet: Any, rate: Fraction) -> Tally:
        places = self.places
        if packet.pts is not None:
            places = max(places, round(packet.pts * packet.time_base * rate) + 1)
        return Tally(self.packets + 1, places, crc32(packet, self.check))


def read_content(path: Path) -> Content:
    """Raises av.FFmpegError when not even the beginning can be read."""
    with av.open(str(path), metadata_errors="replace") as container:
        video = container.streams.video[0] if container.streams.video else None
        rate = Fraction(video.average_rate or 25) if video else Fraction(25)
        pictures, others = Tally(), Tally()
        tail: deque[tuple[Tally, Any]] = deque(maxlen=TAIL)
        for packet in packets_of(container):
            if packet.stream is not video:
                others = others.with_packet(packet, rate)
            elif packet.pts is not None:
                tail.append((pictures, packet))
                pictures = pictures.with_packet(packet, rate)
        torn_pts = None
        if video is not None and video.codec_context.name in ALONE:
            while tail and not decodes(tail[-1][1]):
                pictures, packet = tail.pop()
                torn_pts = packet.pts
        check, packets = crc32(b"%d" % others.check, pictures.check), pictures.packets + others.packets
        tags = tuple(container.metadata.items())
        return Content(pictures.packets, pictures.places, rate, check, packets, tags, torn_pts)


def decodes(packet: Any) -> bool:
    try:
        return bool(packet.decode())
    except av.FFmpegError:
        return False


def rebuild(path: Path, content: Content) -> None:
    """Put a clean file in the place of the torn one, only when all that was readable is in it.

    Raises OSError or av.FFmpegError when it cannot be written; the original is then as it was.
    """
    fresh = path.with_name(f".{path.name}{REBUILT}")
    try:
        copy_packets(path, fresh, content.torn_pts)
        copied = read_content(fresh)
        if (copied.packets, copied.check) != (content.packets, content.check):
            raise OSError(f"{path.name} did not survive its copy")
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_folder(path.parent)
    finally:
        fresh.unlink(missing_ok=True)


def copy_packets(path: Path, fresh: Path, torn_pts: int | None = None) -> None:
    """Pictures from ``torn_pts`` on are left out; sound is kept to its end."""
    with (
        av.open(str(path), metadata_errors="replace") as source,
        av.open(str(fresh), "w", format="matroska") as target,
    ):
        target.metadata.update(source.metadata)
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in packets_of(source):
            picture = packet.stream.type == "video"
            if picture and (packet.pts is None or (torn_pts is not None and packet.pts >= torn_pts)):
                continue
            packet.stream = streams[packet.stream.index]
            target.mux(packet)
