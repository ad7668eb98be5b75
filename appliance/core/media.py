"""Reading films: pictures as planar YUV, sound as mono blocks. Every decoder of the product is here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from appliance.core.problems import Problem
from appliance.core.types import Colour, FieldOrder, Picture, Plane

PLANAR = {"yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p"}
MATRIX_625, MATRIX_525, MATRIX_709, UNSPECIFIED = 5, 6, 1, 2
HD_HEIGHT = 720
KNOWN_RATES = [Fraction(n) for n in (24, 25, 30, 50, 60)]
KNOWN_RATES += [Fraction(n * 1000, 1001) for n in (24, 30, 60)]
TAPE_ASPECTS = {(w, h): Fraction(12, 11) for w, h in ((720, 576), (360, 288))}
TAPE_ASPECTS |= {(w, h): Fraction(10, 11) for w, h in ((720, 480), (360, 240))}
RATE_TOLERANCE = Fraction(1, 2500)


@dataclass(frozen=True)
class MediaInfo:
    """``frames`` is an estimate where the container does not count; ``field_order`` is what the file says.

    Width, height and aspect are those of the upright picture.
    """

    path: Path
    width: int
    height: int
    rate: Fraction
    frames: int
    duration_s: float
    field_order: FieldOrder
    pixel_format: str
    colour: Colour
    sample_aspect: Fraction
    has_audio: bool
    audio_rate_hz: int
    codec: str


def not_a_film(path: Path, cause: str) -> Problem:
    return Problem(
        "not-a-film",
        f"{path.name} cannot be read as a film",
        cause,
        "Choose a video file (MKV, MP4, MOV, AVI); if it is one, copy it again from where it came from.",
    )


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """The open container; a missing, empty or foreign file is a Problem with its name."""
    if not path.is_file():
        raise Problem(
            "file-missing",
            f"There is no file {path}",
            "The name is wrong, or the stick or disk it lies on is not plugged in.",
            "Check the name and try again.",
        )
    if path.stat().st_size == 0:
        raise not_a_film(path, "The file is empty.")
    try:
        container = av.open(str(path))
    except av.FFmpegError as error:
        raise not_a_film(path, f"It is damaged or no video at all ({error.strerror}).") from error
    with container:
        yield container


def video_stream(container: InputContainer, path: Path) -> Any:
    streams = [s for s in container.streams.video if not is_cover(s)]
    if not streams or not streams[0].width:
        raise not_a_film(path, "There are no moving pictures in it.")
    return streams[0]


def is_cover(stream: Any) -> bool:
    """A cover picture of a sound file is a video stream to the demuxer, but no film."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def probe(path: Path) -> MediaInfo:
    """What is in the file; decodes its first picture so that a file of broken pictures is found here."""
    with opened(path) as container:
        stream = video_stream(container, path)
        first = first_frame(container, stream, path)
        rate = nearest_rate(Fraction(stream.average_rate or stream.guessed_rate or stream.base_rate or 25))
        duration_s = duration_of(container, stream)
        sound = next(iter(container.streams.audio), None)
        aspect = Fraction(stream.sample_aspect_ratio or 0) or default_aspect(first.width, first.height)
        lying = quarter_turns(first) % 2 == 1
        return MediaInfo(
            path=path,
            width=first.height if lying else first.width,
            height=first.width if lying else first.height,
            rate=rate,
            frames=stream.frames or round(duration_s * rate),
            duration_s=duration_s,
            field_order=field_order_of(stream, first),
            pixel_format=first.format.name,
            colour=colour_of(first),
            sample_aspect=1 / aspect if lying else aspect,
            has_audio=sound is not None,
            audio_rate_hz=sound.rate if sound is not None else 0,
            codec=stream.codec_context.name,
        )


def nearest_rate(rate: Fraction) -> Fraction:
    """Matroska counts in milliseconds, which blurs a short film's rate: take the one that was meant."""
    nearest = min(KNOWN_RATES, key=lambda known: abs(known - rate))
    return nearest if abs(nearest - rate) < nearest * RATE_TOLERANCE else rate


def first_frame(container: InputContainer, stream: Any, path: Path) -> Any:
    try:
        for frame in container.decode(stream):
            return frame
    except av.FFmpegError as error:
        raise not_a_film(path, f"Its first picture is damaged ({error.strerror}).") from error
    raise not_a_film(path, "It ends before its first picture; it was probably cut off while it was written.")


def duration_of(container: InputContainer, stream: Any) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float(container.duration or 0) / av.time_base


def field_order_of(stream: Any, frame: Any) -> FieldOrder:
    """What the stream's tag says; where it says nothing, what the frame or the standard's size says.

    FFmpeg counts 1 progressive, 2 and 4 top field first, 3 and 5 bottom field first, 0 unknown.
    """
    tag = int(getattr(stream.codec_context, "field_order", 0) or 0)
    if tag:
        return "progressive" if tag == 1 else "tff" if tag in (2, 4) else "bff"
    sd_video = (frame.width, frame.height) in ((720, 576), (720, 480)) and (stream.average_rate or 0) < 31
    if frame.interlaced_frame or sd_video:
        return "bff" if frame.height == 480 else "tff"
    return "progressive"


def colour_of(frame: Any) -> Colour:
    """Untagged material is taken as its size suggests: BT.601 up to SD, BT.709 above."""
    guess = (
        MATRIX_709 if frame.height >= HD_HEIGHT else MATRIX_525 if frame.height in (480, 486) else MATRIX_625
    )
    full = frame.color_range == 2 or frame.format.name.startswith("yuvj")

    def known(value: Any) -> int:
        return guess if value in (None, 0, UNSPECIFIED) else int(value)

    transfer = int(frame.color_trc or 1)
    return Colour(
        primaries=known(frame.color_primaries),
        transfer=1 if transfer in (0, UNSPECIFIED) else transfer,
        matrix=known(frame.colorspace),
        range=2 if full else 1,
    )


def default_aspect(width: int, height: int) -> Fraction:
    """An untagged standard definition picture, or a quarter of one, is 4:3; else pixels are square."""
    return TAPE_ASPECTS.get((width, height), Fraction(1))


def read_pictures(path: Path, start_s: float = 0.0) -> Iterator[Picture]:
    """Every picture from ``start_s`` on, upright, as 8-bit planes; chroma keeps its subsampling as a rule.

    ``time_s`` counts from the start of the file. A torn end gives what is readable.
    """
    with opened(path) as container:
        stream = video_stream(container, path)
        stream.thread_type = "AUTO"
        zero_s = file_start_s(container)
        half_frame_s = 0.5 / float(stream.average_rate or 25)
        if start_s > 0:
            container.seek(int((start_s + zero_s) * av.time_base), backward=True)
        for frame in tolerant(container, stream):
            picture = to_picture(frame, zero_s)
            if picture.time_s >= start_s - half_frame_s:
                yield picture


def file_start_s(container: InputContainer) -> float:
    return float(container.start_time or 0) / av.time_base


def tolerant(container: InputContainer, stream: Any) -> Iterator[Any]:
    """The stream's frames; a damaged one is left out, a torn end is the end."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.EOFError):
            return
        except av.FFmpegError:
            return
        try:
            yield from packet.decode()
        except av.InvalidDataError:
            continue


def to_picture(frame: Any, zero_s: float) -> Picture:
    """A telephone films however it is held and writes down how to turn the picture: it is turned upright."""
    turns = quarter_turns(frame)
    if frame.format.name not in PLANAR:
        frame = frame.reformat(format=nearest_planar(frame.format))
    if turns % 2 and "422" in frame.format.name:  # lying, it would have its colour halved the other way
        frame = frame.reformat(format=frame.format.name.replace("422", "420"))
    y, u, v = (plane_array(frame, index) for index in range(3))
    if turns:
        y, u, v = (np.ascontiguousarray(np.rot90(plane, turns)) for plane in (y, u, v))
    return Picture(y, u, v, float(frame.time or 0.0) - zero_s)


def quarter_turns(frame: Any) -> int:
    """How often the picture has to be turned to the left by 90 degrees, by its display matrix."""
    return int(round(frame.rotation / 90) % 4)


def nearest_planar(pixel_format: Any) -> str:
    """The 8-bit planar format that keeps the most of this one's chroma."""
    if len(pixel_format.components) < 3 or pixel_format.is_rgb:
        return "yuv444p" if pixel_format.is_rgb else "yuv420p"
    chroma = pixel_format.components[1]
    full_width = chroma.width >= pixel_format.width if pixel_format.width else False
    full_height = chroma.height >= pixel_format.height if pixel_format.height else False
    return "yuv444p" if full_width else "yuv422p" if full_height else "yuv420p"


def plane_array(frame: Any, index: int) -> Plane:
    """A copy of one plane without the padding of its lines."""
    plane = frame.planes[index]
    lines = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return np.ascontiguousarray(lines[:, : plane.width])


def read_sound(path: Path, rate_hz: int) -> Iterator[NDArray[np.float32]]:
    """The first sound track as mono blocks, -1..1; sample 0 is at file time 0. Empty without a track."""
    for block in read_sound_channels(path, rate_hz, "mono"):
        yield block[:, 0]


def read_sound_channels(path: Path, rate_hz: int, layout: str = "stereo") -> Iterator[NDArray[np.float32]]:
    """The first sound track as blocks (n, channels), -1..1; a late start and gaps are filled with silence."""
    with opened(path) as container:
        if not container.streams.audio:
            return
        stream = container.streams.audio[0]
        zero_s = file_start_s(container)
        resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate_hz)
        written = 0
        for frame in tolerant(container, stream):
            due = round((float(frame.time or 0.0) - zero_s) * rate_hz)
            frame.pts = None
            for block in resample(resampler, frame):
                if due - written > rate_hz // 50:
                    yield np.zeros((due - written, block.shape[1]), np.float32)
                    written = due
                due += len(block)
                written += len(block)
                yield block
        for block in resample(resampler, None):
            yield block


def resample(resampler: Any, frame: Any) -> Iterator[NDArray[np.float32]]:
    for piece in resampler.resample(frame):
        yield np.ascontiguousarray(piece.to_ndarray().T, dtype=np.float32)
