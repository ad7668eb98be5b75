"""A film is finished only when it was opened again and is what it should be."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from appliance.core.media import MediaInfo, probe, read_sound
from appliance.core.problems import Problem

SOUND_TOLERANCE_S = 0.040
CHECK_RATE_HZ = 8000


@dataclass(frozen=True)
class TrackLengths:
    """What the packets of a file add up to."""

    frames: int
    pictures_s: float
    sound_s: float  # 0: no sound


def verify_film(
    path: Path, frames: int, duration_s: float, sound: bool = True, square_pixels: bool = False
) -> None:
    """Raises Problem "film-wrong" unless the file opens, decodes at both ends and is as long as it should be.

    An MP4 must have its index first. ``square_pixels`` is for the access copy and the comparison.
    """
    info = probe(path)
    lengths = measure(path)
    tolerance_s = 1.5 / float(info.rate)
    if lengths.frames != frames:
        raise wrong(path, f"It has {lengths.frames} pictures instead of {frames}.")
    if abs(lengths.pictures_s - duration_s) > tolerance_s:
        raise wrong(path, f"It lasts {lengths.pictures_s:.2f} s instead of {duration_s:.2f} s.")
    if sound:
        check_sound(path, lengths, duration_s)
    if square_pixels and info.sample_aspect != 1:
        raise wrong(path, f"Its pixels are {info.sample_aspect} wide instead of square.")
    if path.suffix.lower() == ".mp4" and not index_first(path):
        raise wrong(path, "Its index is not at the beginning.")
    check_last_picture(path, info)


def check_sound(path: Path, lengths: TrackLengths, duration_s: float) -> None:
    if not lengths.sound_s:
        raise wrong(path, "It has no sound.")
    if abs(lengths.sound_s - duration_s) > SOUND_TOLERANCE_S:
        raise wrong(path, f"Its sound lasts {lengths.sound_s:.3f} s and its pictures {duration_s:.3f} s.")
    if next(read_sound(path, CHECK_RATE_HZ), None) is None:
        raise wrong(path, "Its sound cannot be decoded.")


def check_last_picture(path: Path, info: MediaInfo) -> None:
    """From the last key frame to the end, through the decoder: a file that was cut off fails here."""
    last_s = -1.0
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            container.seek(int(info.duration_s * av.time_base), backward=True)
            for frame in container.decode(stream):
                last_s = max(last_s, float(frame.time or 0.0))
    except av.FFmpegError as error:
        raise wrong(path, f"Its last pictures cannot be decoded ({error.strerror}).") from error
    if last_s < info.duration_s - 2.5 / float(info.rate):
        raise wrong(path, f"It can be decoded only up to {last_s:.2f} s of {info.duration_s:.2f} s.")


def measure(path: Path) -> TrackLengths:
    """Read every packet; nothing is decoded."""
    try:
        with av.open(str(path)) as container:
            picture, sound = container.streams.video[0], next(iter(container.streams.audio), None)
            frames, first_s, last_s, sound_s = 0, 0.0, 0.0, 0.0
            for packet in container.demux(*(stream for stream in (picture, sound) if stream is not None)):
                if packet.pts is None:
                    continue
                begin_s, end_s = span_s(packet)
                if packet.stream.type == "audio":
                    sound_s = max(sound_s, end_s)
                else:
                    frames += 1
                    first_s, last_s = min(first_s, begin_s), max(last_s, end_s)
            trimmed_s = shown_s(sound) if sound is not None else 0.0
    except av.FFmpegError as error:
        raise wrong(path, f"It cannot be read to its end ({error.strerror}).") from error
    return TrackLengths(frames, last_s - first_s, min(sound_s, trimmed_s) if trimmed_s else sound_s)


def span_s(packet: Any) -> tuple[float, float]:
    begin = packet.pts * packet.time_base
    return float(begin), float(begin + (packet.duration or 0) * packet.time_base)


def shown_s(stream: Any) -> float:
    """How much of a track the container says is heard, where it says so."""
    return float(stream.duration * stream.time_base) if stream.duration else 0.0


def index_first(path: Path) -> bool:
    """Whether an MP4's ``moov`` comes before its ``mdat``."""
    for kind in boxes(path):
        if kind in (b"moov", b"mdat"):
            return kind == b"moov"
    return False


def boxes(path: Path) -> Iterator[bytes]:
    """The kinds of an MP4's outermost boxes, in order."""
    with path.open("rb") as file:
        while len(header := file.read(8)) == 8:
            size, kind = struct.unpack(">I4s", header)
            yield kind
            taken = 8
            if size == 1:
                size, taken = struct.unpack(">Q", file.read(8))[0], 16
            if size < taken:
                return
            file.seek(size - taken, 1)


def wrong(path: Path, cause: str) -> Problem:
    return Problem(
        "film-wrong",
        f"The finished {path.name} is not as it should be",
        cause,
        "Press retry on the page: it is made again. The recording is not affected.",
    )
