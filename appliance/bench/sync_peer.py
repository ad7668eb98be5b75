"""BBC audio-offset-finder, in an environment of its own, since it wants an older numpy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

PACKAGE = "audio-offset-finder==0.5.5"
BELIEVED = 10.0  # of its own score: "a good probability that the offset is accurate"


@dataclass(frozen=True)
class PeerAnswer:
    offset_s: float
    score: float
    seconds: float

    @property
    def accepted(self) -> bool:
        return self.score >= BELIEVED


def peer_there(cache: Path) -> Path | None:
    """Its command, installed at the first call; None where it cannot be had."""
    home = cache / "peers/audio-offset-finder"
    command = home / "bin/audio-offset-finder"
    if command.exists():
        return command
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    pip = [str(home / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", PACKAGE]
    if subprocess.run(pip, stderr=subprocess.DEVNULL).returncode:
        return None
    (home / "bin/ffmpeg").unlink(missing_ok=True)
    (home / "bin/ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    return command


def ask_peer(command: Path, tape: Path, camera: Path) -> PeerAnswer:
    begun_s = time.monotonic()
    asked = [str(command), "--find-offset-of", str(camera), "--within", str(tape), "--json"]
    path = f"{command.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(asked, capture_output=True, check=True, env={**os.environ, "PATH": path})
    answer = json.loads(done.stdout)
    seconds = time.monotonic() - begun_s
    return PeerAnswer(float(answer["time_offset"]), float(answer["standard_score"]), seconds)
