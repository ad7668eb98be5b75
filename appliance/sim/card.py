"""A simulated camera's card: what the camera filmed itself, for whoever brings it after the tape."""

from __future__ import annotations

import errno
import os
import shutil
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from appliance.core.paths import Paths
from appliance.core.snapshot import StickStatus
from appliance.core.types import Issue
from appliance.deliver.drives import Drive, DriveFile, FolderDrive
from appliance.sim.cache import Reel
from appliance.sim.recipe import CAMERA_RATE
from appliance.sim.sound import RATE_HZ
from appliance.sim.stick import SimStick

NAME = "Card"
SPLIT_S = 12.0  # a camera that filmed for so long has begun a second film in the middle
FOLDER = "DCIM/100TWIN"


class SimCard:
    """Plugged in, its files lie in ``media/card``; pulled out, in ``media/.card``; for all processes."""

    def __init__(self, paths: Paths) -> None:
        self.folder = paths.media / "card"
        self.drawer = paths.media / ".card"
        self.released = paths.media / ".card-released"

    def plug(self, reel: Reel) -> None:
        """The first time, the camera's films are written to it."""
        self.released.unlink(missing_ok=True)
        if self.folder.exists():
            return
        recipe = self.drawer / ".recipe"
        if not recipe.is_file() or recipe.read_text() != reel.recipe.key():
            half = self.drawer.with_name(".card-half")
            shutil.rmtree(half, ignore_errors=True)
            shoot(half / FOLDER, reel)
            (half / ".recipe").write_text(reel.recipe.key())
            shutil.rmtree(self.drawer, ignore_errors=True)
            half.rename(self.drawer)
        self.drawer.rename(self.folder)

    def unplug(self) -> None:
        """Pull it out, whatever is going on."""
        self.released.unlink(missing_ok=True)
        if self.folder.exists():
            self.folder.rename(self.drawer)

    def drives(self) -> tuple[Drive, ...]:
        return (CardDrive(self),) if self.folder.is_dir() else ()


class CardDrive(FolderDrive):
    def __init__(self, card: SimCard) -> None:
        super().__init__(card.folder, NAME)
        self._card = card

    @property
    def is_card(self) -> bool:
        return True

    @property
    def file_limit_bytes(self) -> int | None:
        return None

    def check(self, writing: bool) -> None:
        if self._card.released.exists() or not self.root.is_dir():
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))

    def status(self) -> StickStatus:
        return StickStatus(self.name, 0, 0, read_only=True, safe_to_remove=self._card.released.exists())

    def create(self, path: str) -> DriveFile:
        with self.doing(writing=True):
            raise AssertionError("a card is never written to")

    def release(self) -> None:
        with self.doing(writing=False):
            self._card.released.touch()


class SimDrives:
    """Everything that is plugged into the simulated box's sockets for sticks."""

    def __init__(self, paths: Paths) -> None:
        self._stick, self._card = SimStick(paths), SimCard(paths)

    def drives(self) -> tuple[Drive, ...]:
        return (*self._stick.drives(), *self._card.drives())

    def issues(self) -> tuple[Issue, ...]:
        return ()


def shoot(folder: Path, reel: Reel) -> None:
    """The camera's pictures as they are, in one film or two, and a photograph."""
    folder.mkdir(parents=True)
    count = reel.recipe.camera_frames
    halves = [0, count // 2, count] if count / CAMERA_RATE > SPLIT_S else [0, count]
    for number, (first, stop) in enumerate(pairwise(halves), 1):
        write_film(folder / f"MVI_{number:04d}.MOV", reel, first, stop)
    (folder / "IMG_0009.JPG").write_bytes(reel.camera_frame(0))


def write_film(path: Path, reel: Reel, first: int, stop: int) -> None:
    width, height = reel.recipe.camera_size
    with av.open(str(path), "w") as film:
        video = film.add_mux_stream("mjpeg", rate=CAMERA_RATE, width=width, height=height)
        sound = film.add_stream("pcm_s16le", rate=RATE_HZ)
        sound.codec_context.layout = "stereo"
        for number in range(first, stop):
            packet = av.Packet(reel.camera_frame(number))
            packet.stream, packet.time_base = video, 1 / CAMERA_RATE
            packet.pts = packet.dts = number - first
            packet.duration, packet.is_keyframe = 1, True
            film.mux(packet)
        heard = [round(frame / CAMERA_RATE * RATE_HZ) for frame in (first, stop)]
        for start in range(heard[0], heard[1], RATE_HZ):
            samples = reel.camera_sound[start : min(start + RATE_HZ, heard[1])]
            block = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), "s16", "stereo")
            block.sample_rate, block.pts, block.time_base = RATE_HZ, start - heard[0], Fraction(1, RATE_HZ)
            film.mux(sound.encode(block))
        film.mux(sound.encode(None))
