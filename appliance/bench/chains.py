"""What people use today: FFmpeg's deinterlacer, alone and before each of its three denoisers."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import imageio_ffmpeg
import numpy as np

from appliance.bench.clips import Standard
from appliance.core.types import FieldOrder, Picture, Plane

DENOISERS = {
    "bwdif": "",
    "bwdif+hqdn3d": "hqdn3d",
    "bwdif+atadenoise": "atadenoise",
    "bwdif+nlmeans": "nlmeans=s=4",  # its default leaves the luma of a worn tape as it is
}


def filters(chain: str, order: FieldOrder) -> str:
    """The chain as FFmpeg takes it: a picture for every field; denoisers at their defaults but for one."""
    deinterlacer = f"bwdif=mode=send_field:parity={order}:deint=all"
    return ",".join(part for part in (deinterlacer, DENOISERS[chain]) if part)


def run_chain(chain: str, tape: Sequence[Picture], standard: Standard) -> list[Picture]:
    """4:2:0 pictures, one a field, the first field's first."""
    height, width = tape[0].y.shape
    size = ["-s", f"{width}x{height}", "-f", "rawvideo"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *size, "-pix_fmt", "yuv422p", "-r", "25"]
    chosen = f"{filters(chain, standard.order)},scale=flags=area:interl=0,format=yuv420p"
    command += ["-i", "-", "-vf", chosen, "-f", "rawvideo", "-"]
    raw = b"".join(plane.tobytes() for picture in tape for plane in (picture.y, picture.u, picture.v))
    done = subprocess.run(command, input=raw, stdout=subprocess.PIPE, check=True).stdout
    frames = np.frombuffer(done, np.uint8).reshape(-1, height * width * 3 // 2)
    return [split(frame, height, width) for frame in frames]


def split(frame: Plane, height: int, width: int) -> Picture:
    small = (height // 2, width // 2)
    y, u, v = np.split(frame, [height * width, height * width * 5 // 4])
    return Picture(y.reshape(height, width), u.reshape(small), v.reshape(small), 0.0)
