"""Rendered reels on disk: found by their recipe, or made; a half-made one is never seen."""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from appliance.core.problems import Problem
from appliance.sim import render
from appliance.sim.optics import Planes
from appliance.sim.recipe import Recipe

KEPT_BYTES = 4_000_000_000  # reels beyond this make room for new ones; in use, they stay readable
JPEG_GUESS = 0.25  # bytes a pixel, when asking whether the disk has room
LOCK_LOOK_S = 0.1
PREFIX, HALF = "reel-", "half-"


class Reel:
    """What tape and camera hold; every picture is a view into a mapped file."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.recipe = recipe
        self.tape = np.memmap(folder / render.TAPE, np.uint8, "r").reshape(-1, recipe.frame_bytes)
        self.tape_sound = load_sound(folder / render.TAPE_SOUND)
        has_camera = recipe.camera_frames > 0
        self.index = np.load(folder / render.CAMERA_INDEX) if has_camera else np.zeros(1, np.int64)
        self.camera = (
            np.memmap(folder / render.CAMERA, np.uint8, "r") if has_camera else np.zeros(0, np.uint8)
        )
        self.camera_sound = load_sound(folder / render.CAMERA_SOUND) if has_camera else self.tape_sound[:0]

    def tape_frame(self, number: int) -> Planes:
        return planes_of(self.tape[number], self.recipe.tape_size)

    def camera_frame(self, number: int) -> bytes:
        return bytes(self.camera[self.index[number] : self.index[number + 1]])


def load_sound(path: Path) -> NDArray[np.int16]:
    return np.memmap(path, np.int16, "r").reshape(-1, 2)


def planes_of(frame: NDArray[np.uint8], size: tuple[int, int]) -> Planes:
    """Y, U, V as views of one 4:2:2 frame's bytes."""
    width, height = size
    luma, half = width * height, width * height // 2
    return (
        frame[:luma].reshape(height, width),
        frame[luma : luma + half].reshape(height, width // 2),
        frame[luma + half :].reshape(height, width // 2),
    )


def fetch_reel(recipe: Recipe, cache: Path, progress: Callable[[float], None]) -> Reel:
    """The reel from the cache, rendered first if need be; other processes that want it wait for it.

    ``progress`` gets 0..1 now and then, while waiting as well; what it raises ends the work.
    """
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{PREFIX}{recipe.key()}"
    with locked(cache / "reels.lock", lambda: progress(0.0)):
        if not folder.exists():
            make_room(recipe, cache)
            render_into(folder, recipe, progress)
        folder.touch()
        reel = Reel(folder, recipe)
    progress(1.0)
    return reel


def render_into(folder: Path, recipe: Recipe, progress: Callable[[float], None]) -> None:
    """Under another name first, so that a folder with the final name is always complete."""
    half = folder.with_name(HALF + folder.name)
    half.mkdir()
    try:
        render.render(recipe, half, progress)
        (half / "recipe.json").write_text(json.dumps(asdict(recipe), indent=2), encoding="utf-8")
        half.rename(folder)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise


def make_room(recipe: Recipe, cache: Path) -> None:
    """Drop what a killed process left and the oldest reels; refuse if the disk is still too full."""
    width, height = recipe.camera_size
    needed = recipe.frame_bytes * recipe.tape_frames + int(JPEG_GUESS * width * height) * recipe.camera_frames
    for stale in [*cache.glob(f"{HALF}*"), *superfluous(cache, KEPT_BYTES - needed)]:
        shutil.rmtree(stale)
    free = shutil.disk_usage(cache).free
    if needed > free:
        raise Problem(
            "simulation-no-space",
            "The simulated tape does not fit on this disk",
            f"It needs {needed >> 20} MB in {cache}, and {free >> 20} MB are free.",
            "Make room, or choose a shorter tape: sim.seconds in the configuration.",
        )


def superfluous(cache: Path, room: int) -> list[Path]:
    """The reels that were used longest ago, beyond those that fit into so many bytes."""
    latest_first = sorted(cache.glob(f"{PREFIX}*"), key=lambda path: path.stat().st_mtime, reverse=True)
    dropped = []
    for reel in latest_first:
        room -= sum(file.stat().st_size for file in reel.iterdir())
        if room < 0:
            dropped.append(reel)
    return dropped


@contextmanager
def locked(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Held by one process at a time; the kernel lets go of it when that process dies."""
    with path.open("w") as file:
        while not try_lock(file):
            waiting()
            time.sleep(LOCK_LOOK_S)
        yield


def try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
