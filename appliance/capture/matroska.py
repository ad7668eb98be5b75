"""A Matroska file that grows: whatever kills it, all but the last moment is readable."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.packet import Packet
from numpy.typing import NDArray

from appliance.core.types import StreamFormat

GROWING = {
    "cluster_time_limit": "500",  # ms; a cluster reaches the disk when it is complete
    "flush_packets": "1",
    "max_interleave_delta": "500000",  # µs; pictures do not wait longer for sound that does not come
}
# Lines of both fields lie interleaved: "top coded first, bottom displayed first" is how FFmpeg tags that.
FIELD_ORDER = {"tff": "tb", "bff": "bt", "progressive": "progressive"}


class MatroskaFile:
    """One picture track, and a PCM track where the device has sound. The header is written at once."""

    def __init__(
        self,
        path: Path,
        codec: str,
        pixel_format: str,
        format: StreamFormat,
        options: dict[str, str],
        tags: dict[str, str],
        described_as: Any = None,  # a stream to copy from, instead of codec, format and options
    ) -> None:
        self.path = path
        self.size_bytes = 0  # of the packets
        self._container = av.open(str(path), "w", format="matroska", container_options=GROWING)
        self._container.metadata.update(tags)
        self.pictures: Any
        if described_as is not None:
            self.pictures = self._container.add_stream_from_template(described_as)
        else:
            self.pictures = self._container.add_stream(codec, rate=format.rate)
            self._describe(pixel_format, format, options)
        self._sound: Any = self._add_sound(format)
        self._container.start_encoding()
        self._descriptor = os.open(path, os.O_RDONLY)

    def _describe(self, pixel_format: str, format: StreamFormat, options: dict[str, str]) -> None:
        """Tags go through FFmpeg's own option names, which older PyAV knows as well."""
        context = self.pictures.codec_context
        context.width, context.height, context.pix_fmt = format.width, format.height, pixel_format
        context.time_base = 1 / format.rate
        context.options = options | {
            "field_order": FIELD_ORDER[format.field_order],
            "color_primaries": str(format.colour.primaries),
            "color_trc": str(format.colour.transfer),
            "colorspace": str(format.colour.matrix),
            "color_range": str(format.colour.range),
        }
        context.sample_aspect_ratio = format.sample_aspect

    def _add_sound(self, format: StreamFormat) -> Any:
        if not format.audio_channels:
            return None
        stream = self._container.add_stream("pcm_s16le", rate=format.audio_rate_hz)
        stream.layout = "mono" if format.audio_channels == 1 else "stereo"
        return stream

    def mux_picture(self, packet: Packet[Any]) -> None:
        packet.stream = self.pictures
        self._mux(packet)

    def mux_sound(self, samples: NDArray[np.int16], first_sample: int) -> None:
        packet: Packet[Any] = Packet(np.ascontiguousarray(samples, "<i2").tobytes())
        packet.pts = packet.dts = first_sample
        packet.duration = len(samples)
        packet.time_base = Fraction(1, self._sound.rate)
        packet.stream = self._sound
        self._mux(packet)

    def _mux(self, packet: Packet[Any]) -> None:
        self.size_bytes += packet.size
        self._container.mux_one(packet)

    def sync(self) -> None:
        """What was written so far survives a power cut after this."""
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Write index and duration; on the disk when this returns."""
        try:
            self._container.close()
            os.fsync(self._descriptor)
        finally:
            os.close(self._descriptor)
