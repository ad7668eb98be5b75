"""Through x265 and back: a small file is written, and what it shows is given back as it will be seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray

from appliance.core.types import BT601_625, Colour, Picture, Plane
from appliance.encode.files import whole_file
from appliance.encode.planes import to_420, video_frame

LEAST_PX = 64  # either way: of pictures smaller than its largest block x265 writes beyond its memory
SOFT_PX = 0.35  # before a picture is shrunk: a little less to be squeezed, and no stairs


@dataclass(frozen=True)
class SqueezeSpec:
    """``width`` and ``height``, both even, are those of the file: larger pictures are shrunk to them.

    ``threads`` is part of the result, as it is of any x265 file.
    """

    width: int
    height: int
    rate: Fraction
    crf: int = 28
    preset: str = "medium"
    sample_aspect: Fraction = Fraction(1)
    colour: Colour = BT601_625
    threads: int = 2

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < LEAST_PX:
            raise ValueError(f"x265 makes no 4:2:0 pictures of {self.width}x{self.height}")


def quarter_of(width: int, height: int) -> tuple[int, int]:
    """Half of both sides, in even numbers of pixels; at least what x265 takes."""
    return max(LEAST_PX, width // 4 * 2), max(LEAST_PX, height // 4 * 2)


def squeezed(pictures: Iterable[Picture], spec: SqueezeSpec, path: Path) -> Generator[Picture, None, None]:
    """The pictures as the file shows them, of its size, with the times that they had.

    They come as soon as the encoder has made them, a second or two behind. The file is there, whole, when
    the last one was taken; without that, and without pictures, there is none.
    """
    waiting: deque[float] = deque()
    coming = iter(pictures)
    first = next(coming, None)
    if first is None:
        return
    with ExitStack() as stack:
        part = stack.enter_context(whole_file(path))
        container = stack.enter_context(av.open(str(part), "w", format="matroska"))
        stream = add_stream(container, spec)
        decoder: Any = None
        for frame in frames_of(chain([first], coming), spec, waiting):
            for packet in stream.encode(frame):
                decoder = decoder or decoder_of(stream)
                shown = decoder.decode(packet)  # before it is written, which empties the packet
                container.mux(packet)
                yield from (picture_of(one, waiting.popleft()) for one in shown)
        if decoder is not None:
            yield from (picture_of(one, waiting.popleft()) for one in decoder.decode(None))


def frames_of(pictures: Iterable[Picture], spec: SqueezeSpec, waiting: deque[float]) -> Iterator[Any]:
    """For the encoder, and None as its end; the times are put into ``waiting``."""
    for number, picture in enumerate(pictures):
        waiting.append(picture.time_s)
        frame = video_frame(shrunk_to(picture, spec.width, spec.height), "yuv420p", spec.colour)
        frame.pts, frame.time_base = number, 1 / spec.rate
        yield frame
    yield None


def shrunk_to(picture: Picture, width: int, height: int) -> Picture:
    """4:2:0 of this size."""
    picture = to_420(picture)
    if picture.y.shape == (height, width):
        return picture
    y = shrunk(picture.y, (width, height))
    u, v = (shrunk(plane, (width // 2, height // 2)) for plane in (picture.u, picture.v))
    return replace(picture, y=y, u=u, v=v)


def shrunk(plane: Plane, size: tuple[int, int]) -> Plane:
    soft = cv2.GaussianBlur(plane.astype(np.float32), (0, 0), SOFT_PX)
    small = cv2.resize(soft, size, interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(np.rint(small), 0, 255), np.uint8)


def add_stream(container: Any, spec: SqueezeSpec) -> Any:
    x265 = f"log-level=none:info=0:pools={spec.threads}:frame-threads=1"
    options = {"crf": str(spec.crf), "preset": spec.preset, "x265-params": x265}
    stream = container.add_stream("libx265", rate=spec.rate, options=options)
    stream.width, stream.height, stream.pix_fmt = spec.width, spec.height, "yuv420p"
    context = stream.codec_context
    context.time_base = 1 / spec.rate
    context.sample_aspect_ratio = spec.sample_aspect
    context.flags |= Flags.bitexact
    colour = spec.colour
    context.color_primaries, context.color_trc = colour.primaries, colour.transfer
    context.colorspace, context.color_range = colour.matrix, colour.range
    return stream


def decoder_of(stream: Any) -> Any:
    """Reads what this encoder writes; with one thread it keeps back no more than the order asks for."""
    decoder: Any = av.CodecContext.create("hevc", "r")
    decoder.extradata = stream.codec_context.extradata
    decoder.thread_count = 1
    return decoder


def picture_of(frame: Any, time_s: float) -> Picture:
    y, u, v = (plane_of(plane) for plane in frame.planes)
    return Picture(y, u, v, time_s)


def plane_of(plane: Any) -> NDArray[np.uint8]:
    lines = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return np.array(lines[: plane.height, : plane.width])
