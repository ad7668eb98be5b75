"""A stream of JPEG pictures as the device sent it: the bytes go into Matroska untouched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from av.packet import Packet
from numpy.typing import NDArray

from appliance.capture.matroska import MatroskaFile
from appliance.core.config import CaptureConfig
from appliance.core.types import StreamFormat, VideoFrame


class CameraWriter:
    """Not thread-safe; raises av.FFmpegError or OSError when the disk does not take it."""

    def __init__(self, path: Path, format: StreamFormat, config: CaptureConfig, tags: dict[str, str]) -> None:
        self._period = 1 / format.rate
        # The encoder only describes the track; it never gets a picture.
        self.file = MatroskaFile(path, "mjpeg", "yuvj422p", format, {"threads": "1"}, tags)

    def write_picture(self, frame: VideoFrame, index: int) -> int:
        packet: Packet[Any] = Packet(frame.data)
        packet.pts = packet.dts = index
        packet.duration = 1
        packet.time_base = self._period
        packet.is_keyframe = True
        self.file.mux_picture(packet)
        return len(frame.data)

    def write_sound(self, samples: NDArray[np.int16], first_sample: int) -> None:
        self.file.mux_sound(samples, first_sample)
