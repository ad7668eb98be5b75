"""The master of a tape: FFV1 level 3, every frame a key frame with a checksum a slice, PCM, Matroska."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from appliance.capture.matroska import MatroskaFile
from appliance.core.config import CaptureConfig
from appliance.core.types import Plane, StreamFormat, VideoFrame


def ffv1_options(config: CaptureConfig) -> dict[str, str]:
    """Golomb-Rice, small contexts: the range coder saves 5 % of the bytes and costs half the time again."""
    return {
        "level": "3",
        "coder": "rice",
        "context": "0",
        "slices": str(config.slices),
        "slicecrc": "1",
        "g": "1",
        "threads": str(config.threads),
        "thread_type": "slice",
    }


class TapeWriter:
    """Not thread-safe; raises av.FFmpegError or OSError when the disk does not take it."""

    def __init__(self, path: Path, format: StreamFormat, config: CaptureConfig, tags: dict[str, str]) -> None:
        self._format = format
        self.file = MatroskaFile(path, "ffv1", "yuv422p", format, ffv1_options(config), tags)
        self._marks = frame_marks(format)

    def write_picture(self, frame: VideoFrame, index: int) -> int:
        """Encode the frame into its place; returns the bytes it took."""
        self._marks.push(self._to_av(frame.planes, index))
        marked: Any = self._marks.pull()
        marked.pts, marked.time_base = index, 1 / self._format.rate
        size = 0
        for packet in self.file.pictures.encode(marked):
            size += packet.size
            self.file.mux_picture(packet)
        return size

    def write_sound(self, samples: NDArray[np.int16], first_sample: int) -> None:
        self.file.mux_sound(samples, first_sample)

    def _to_av(self, planes: tuple[Plane, ...], index: int) -> av.VideoFrame:
        picture = av.VideoFrame(self._format.width, self._format.height, "yuv422p")
        target: Any
        for target, plane in zip(picture.planes, planes, strict=True):
            lines = np.frombuffer(target, np.uint8).reshape(target.height, target.line_size)
            lines[:, : plane.shape[1]] = plane
        picture.pts, picture.time_base = index, 1 / self._format.rate
        return picture


def frame_marks(format: StreamFormat) -> Graph:
    """Marks frames with field order and pixel shape; FFV1 stores both in every slice."""
    mode = {"tff": "tff", "bff": "bff", "progressive": "prog"}[format.field_order]
    graph = Graph()
    source = graph.add(
        "buffer",
        f"video_size={format.width}x{format.height}:pix_fmt=yuv422p:time_base={1 / format.rate}"
        f":colorspace={format.colour.matrix}:range={format.colour.range}",
    )
    aspect = graph.add("setsar", f"{format.sample_aspect.numerator}/{format.sample_aspect.denominator}")
    graph.link_nodes(source, graph.add("setfield", mode), aspect, graph.add("buffersink")).configure()
    return graph
