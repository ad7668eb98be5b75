from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from appliance.core.paths import Paths
from appliance.core.types import Role, Segment

ZERO = datetime(2026, 11, 21, 10, 15, tzinfo=timezone.utc)
Recorder = Callable[..., None]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(tmp_path / "box")
    made.make()
    return made


@pytest.fixture
def record() -> Recorder:
    """Writes a segment's file and log as capture does; the numbers left out of ``frames`` were lost."""

    def write(path: Path, frames: tuple[int, ...] = tuple(range(100)), started_s: float = 0.0) -> None:
        started = (ZERO + timedelta(seconds=started_s)).isoformat(timespec="milliseconds")
        options = {"cluster_time_limit": "500"}
        with av.open(str(path), "w", format="matroska", container_options=options) as container:
            container.metadata.update({"STARTED_AT": started, "CAPTURE_DEVICE": "Pattern VCR"})
            video = container.add_stream(
                "ffv1", rate=25, options={"level": "3", "g": "1", "field_order": "tb"}
            )
            video.width, video.height, video.pix_fmt = 96, 64, "yuv422p"
            sound = container.add_stream("pcm_s16le", rate=48000)
            sound.layout = "stereo"
            for index in frames:
                picture = av.VideoFrame.from_ndarray(noise(index), "gray").reformat(format="yuv422p")
                picture.pts, picture.time_base = index, Fraction(1, 25)
                container.mux(video.encode(picture))
                packet = av.Packet(bytes(1920 * 4))
                packet.pts = packet.dts = index * 1920
                packet.time_base, packet.stream = Fraction(1, 48000), sound
                container.mux(packet)
        lines = [f"{index},{index / 25:.6f},5000,0,\n" for index in frames]
        path.with_suffix(".csv").write_text("sequence,timestamp_s,bytes,lost_before,flags\n" + "".join(lines))

    return write


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (64, 96), np.uint8)


@pytest.fixture
def tape() -> Callable[..., Segment]:
    def make(index: int, start_s: float, duration_s: float, role: Role = Role.TAPE) -> Segment:
        frames = round(duration_s * 25)
        return Segment(role, index, f"{role.value}-{index:02d}.mkv", start_s, duration_s, frames, 0, True)

    return make
