"""Writing a film, or a chunk of one: pictures in, a video-only Matroska file out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import av
from av.codec.context import Flags, ThreadType

from appliance.core.types import BT601_625, Colour, Picture
from appliance.encode.files import whole_file
from appliance.encode.planes import pixel_format_of, to_420, video_frame

FFV1_SLICES = 4


@dataclass(frozen=True)
class FilmSpec:
    """How a film is encoded. Pictures are made 4:2:0 unless ``pixel_format`` says otherwise.

    ``threads`` is part of the result: the same pictures give the same bytes only with the same number.
    """

    width: int
    height: int
    rate: Fraction
    sample_aspect: Fraction = Fraction(1)
    colour: Colour = BT601_625
    codec: Literal["h264", "ffv1"] = "h264"
    crf: int = 18
    preset: str = "veryfast"
    keyframe_interval: int = 100
    threads: int = 2
    pixel_format: str = "yuv420p"


class FilmWriter:
    """Context manager; the file appears under its name, whole, when the context ends without an error.

    Every file begins with a key frame that nothing before it is needed for, so that files of one spec can
    be joined by copying packets.
    """

    def __init__(self, path: Path, spec: FilmSpec) -> None:
        self.frames = 0
        self._path = path
        self._spec = spec
        self._stack = ExitStack()
        self._container: Any = None
        self._stream: Any = None

    def __enter__(self) -> FilmWriter:
        with ExitStack() as stack:
            part = stack.enter_context(whole_file(self._path))
            self._container = stack.enter_context(
                av.open(str(part), "w", format="matroska", container_options={"fflags": "+bitexact"})
            )
            self._stream = add_video(self._container, self._spec)
            self._stack = stack.pop_all()
        return self

    def write(self, picture: Picture) -> None:
        spec = self._spec
        planar = to_420(picture) if spec.pixel_format == "yuv420p" else picture
        if planar.y.shape != (spec.height, spec.width) or pixel_format_of(planar) != spec.pixel_format:
            raise ValueError(f"a picture of {picture.y.shape} does not fit {spec}")
        frame = video_frame(planar, spec.pixel_format, spec.colour)
        frame.pts, frame.time_base = self.frames, 1 / spec.rate
        self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._stack.__exit__(kind, error, trace)
            return
        with self._stack:
            self._container.mux(self._stream.encode(None))


def add_video(container: Any, spec: FilmSpec) -> Any:
    """The encoder, with everything fixed that would make two runs differ."""
    name = "libx264" if spec.codec == "h264" else "ffv1"
    stream = container.add_stream(name, rate=spec.rate, options=encoder_options(spec))
    stream.width, stream.height, stream.pix_fmt = spec.width, spec.height, spec.pixel_format
    context = stream.codec_context
    context.time_base = 1 / spec.rate
    context.sample_aspect_ratio = spec.sample_aspect
    context.gop_size = spec.keyframe_interval if spec.codec == "h264" else 1
    context.flags |= Flags.bitexact | Flags.closed_gop
    context.thread_count = spec.threads
    context.thread_type = ThreadType.FRAME if spec.codec == "h264" else ThreadType.SLICE
    colour = spec.colour
    context.color_primaries, context.color_trc = colour.primaries, colour.transfer
    context.colorspace, context.color_range = colour.matrix, colour.range
    return stream


def encoder_options(spec: FilmSpec) -> dict[str, str]:
    if spec.codec == "ffv1":
        return {"level": "3", "slices": str(FFV1_SLICES), "slicecrc": "1", "coder": "1", "context": "0"}
    # x264's macroblock tree gives other bytes from run to run where the width is no multiple of 128; choosing
    # the number of B-frames takes a tenth of its time and saves nothing on tapes.
    x264 = "mbtree=0:b-adapt=0"
    return {"crf": str(spec.crf), "preset": spec.preset, "profile": "high", "x264-params": x264}
