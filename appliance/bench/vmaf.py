"""VMAF and VMAF NEG by the libvmaf in FFmpeg."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg

from appliance.core.types import Picture

MODELS = r"version=vmaf_v0.6.1\:name=vmaf|version=vmaf_v0.6.1neg\:name=neg"


def vmaf(made: Sequence[Picture], truth: Sequence[Picture]) -> tuple[float, float]:
    """The means over the pictures: VMAF, and VMAF NEG, which does not reward what only sharpens."""
    height, width = truth[0].y.shape
    with tempfile.TemporaryDirectory(prefix="twinreel-vmaf-") as temporary:
        folder = Path(temporary)
        inputs: list[str] = []
        for name, pictures in (("made", made), ("truth", truth)):
            write_raw(folder / name, pictures)
            inputs += [
                "-f",
                "rawvideo",
                "-pix_fmt",
                "yuv420p",
                "-s",
                f"{width}x{height}",
                "-r",
                "50",
                "-i",
                name,
            ]
        chosen = f"[0:v][1:v]libvmaf=model='{MODELS}':log_fmt=json:log_path=log.json:n_threads=2"
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-v",
            "error",
            *inputs,
            "-lavfi",
            chosen,
            "-f",
            "null",
            "-",
        ]
        subprocess.run(command, check=True, cwd=folder)
        pooled = json.loads((folder / "log.json").read_text())["pooled_metrics"]
    return float(pooled["vmaf"]["mean"]), float(pooled["neg"]["mean"])


def write_raw(path: Path, pictures: Sequence[Picture]) -> None:
    with path.open("wb") as file:
        for picture in pictures:
            for plane in (picture.y, picture.u, picture.v):
                file.write(plane.tobytes())
