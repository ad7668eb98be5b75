"""A compressed stream as the device sent it: the bytes go into Matroska untouched."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.packet import Packet
from numpy.typing import NDArray

from appliance.capture.matroska import MatroskaFile
from appliance.core.config import CaptureConfig
from appliance.core.types import StreamFormat, VideoFrame

SEQUENCE_PARAMETERS = re.compile(rb"\x00\x00\x01[\x07\x27\x47\x67]")  # H.264 begins with them


class CameraWriter:
    """Not thread-safe; raises av.FFmpegError or OSError when the disk does not take it.

    The ``first`` picture must be one that a player can begin with.
    """

    def __init__(
        self,
        path: Path,
        format: StreamFormat,
        config: CaptureConfig,
        tags: dict[str, str],
        first: bytes = b"",
    ) -> None:
        self._kind, self._period = format.pixel_format, 1 / format.rate
        if self._kind == "h264":
            with av.open(BytesIO(first), format="h264") as stream:  # its own words describe the track
                self.file = MatroskaFile(path, "h264", "", format, {}, tags, stream.streams.video[0])
            return
        # The encoder only describes the track; it never gets a picture.
        self.file = MatroskaFile(path, "mjpeg", "yuvj422p", format, {"threads": "1"}, tags)

    def write_picture(self, frame: VideoFrame, index: int) -> int:
        packet: Packet[Any] = Packet(frame.data)
        packet.pts = packet.dts = index
        packet.duration = 1
        packet.time_base = self._period
        packet.is_keyframe = can_begin_with(self._kind, frame)
        self.file.mux_picture(packet)
        return len(frame.data)

    def write_sound(self, samples: NDArray[np.int16], first_sample: int) -> None:
        self.file.mux_sound(samples, first_sample)


def can_begin_with(pixel_format: str, frame: VideoFrame) -> bool:
    """Whether a player needs nothing before this frame; most of H.264 only tells what has changed."""
    return pixel_format != "h264" or SEQUENCE_PARAMETERS.search(frame.data) is not None
