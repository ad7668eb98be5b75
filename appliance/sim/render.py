"""Makes the simulated tape and camera once, on all cores, as files that play without any work.

``python -m appliance.sim.render --out DIR --seconds N`` writes an example pair with its truth.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from appliance.sim import sound
from appliance.sim.optics import PARALLAX, Planes, camera_jpeg, tape_picture
from appliance.sim.recipe import CAMERA_RATE, Recipe
from appliance.sim.scene import scene
from appliance.sim.tape.dongle import shown_frames
from appliance.sim.tape.parameters import TapeParameters, draw_tape
from appliance.sim.tape.play import degrade

PIECE_FRAMES = 10
SOUND_PIECE_S = 10
POOL_WORTH_FRAMES = 120  # starting processes takes longer than so few small pictures
LOOK_S = 0.2
TAPE, TAPE_SOUND = "tape.yuv", "tape.s16"
CAMERA, CAMERA_INDEX, CAMERA_SOUND = "camera.mjpeg", "camera.npy", "camera.s16"


@dataclass(frozen=True)
class Piece:
    """One errand for one process; the bytes it brings back are appended to ``file``."""

    file: str
    start: int
    stop: int


def clean_field(recipe: Recipe, number: int) -> Planes:
    """The scene at the time of one field, counted in fields from the tape's start: the truth."""
    time_s = number / float(2 * recipe.tape_rate)
    return tape_picture(scene(recipe.seed, recipe.scale).draw(time_s), recipe.tape_size)


def clean_batch(recipe: Recipe, number: int) -> Planes:
    y, u, v = (plane[None] for plane in clean_field(recipe, number))
    return y, u, v


def tape_parameters(recipe: Recipe) -> TapeParameters:
    rng = np.random.default_rng((recipe.seed, 41))
    return draw_tape(rng, recipe.wear, recipe.standard, *recipe.tape_size, order=recipe.field_order)


def tape_frames(recipe: Recipe, start: int, stop: int) -> list[bytes]:
    tape = tape_parameters(recipe)
    frames = []
    for index in shown_frames(tape, start, stop - start):
        first, second = (clean_batch(recipe, 2 * index + field) for field in (0, 1))
        planes = degrade(first, second, tape, index)
        frames.append(b"".join(plane.tobytes() for plane in planes))
    return frames


def camera_frames(recipe: Recipe, start: int, stop: int) -> list[bytes]:
    room = scene(recipe.camera_seed, recipe.scale)
    return [
        camera_jpeg(room.draw(camera_scene_time(recipe, index), PARALLAX), recipe.camera_size, index)
        for index in range(start, stop)
    ]


def camera_scene_time(recipe: Recipe, index: int) -> float:
    """What the clock rule makes of the camera's own clock."""
    return recipe.camera_offset_s + (1 + recipe.camera_ppm * 1e-6) * index / float(CAMERA_RATE)


def make(recipe: Recipe, piece: Piece) -> list[bytes]:
    """Runs in any process: the piece's frames, or its sound as one item."""
    span = (piece.start, piece.stop)
    if piece.file == TAPE:
        return tape_frames(recipe, *span)
    if piece.file == CAMERA:
        return camera_frames(recipe, *span)
    first, count = piece.start, piece.stop - piece.start
    if piece.file == TAPE_SOUND:
        return [sound.tape_sound(recipe.seed, first, count).tobytes()]
    seed, offset_s, ppm = recipe.camera_seed, recipe.camera_offset_s, recipe.camera_ppm
    return [sound.camera_sound(seed, offset_s, ppm, first, count).tobytes()]


def pieces(recipe: Recipe) -> list[Piece]:
    samples = round(recipe.tape_frames / recipe.tape_rate * sound.RATE_HZ)
    camera_samples = round(recipe.camera_frames / CAMERA_RATE * sound.RATE_HZ)
    sound_piece = SOUND_PIECE_S * sound.RATE_HZ
    return [
        *cut(TAPE, recipe.tape_frames, PIECE_FRAMES),
        *cut(CAMERA, recipe.camera_frames, PIECE_FRAMES),
        *cut(TAPE_SOUND, samples, sound_piece),
        *cut(CAMERA_SOUND, camera_samples, sound_piece),
    ]


def cut(file: str, length: int, step: int) -> list[Piece]:
    return [Piece(file, start, min(start + step, length)) for start in range(0, length, step)]


def render(recipe: Recipe, folder: Path, progress: Callable[[float], None]) -> None:
    """Fill ``folder`` with the reel's files; ``progress`` gets 0..1 every moment, and may raise to end it."""
    errands = pieces(recipe)
    sizes: list[int] = []
    done = 0
    with workers(recipe.tape_frames + recipe.camera_frames, recipe.size == "full") as pool:
        results = made(recipe, errands, pool, lambda: progress(done / len(errands)))
        for errand, items in zip(errands, results, strict=True):
            with (folder / errand.file).open("ab") as file:
                file.writelines(items)
            if errand.file == CAMERA:
                sizes += [len(item) for item in items]
            done += 1
            progress(done / len(errands))
    if sizes:
        np.save(folder / CAMERA_INDEX, np.concatenate([[0], np.cumsum(sizes)]))


def made(
    recipe: Recipe, errands: list[Piece], pool: Executor | None, waiting: Callable[[], None]
) -> Iterator[list[bytes]]:
    """What the errands bring back, in their order; ``waiting`` is called while that takes long."""
    if pool is None:
        yield from (make(recipe, errand) for errand in errands)
        return
    sent = deque(pool.submit(make, recipe, errand) for errand in errands)
    while sent:
        first = sent.popleft()
        while not wait([first], LOOK_S).done:
            waiting()
        yield first.result()


@contextmanager
def workers(frames: int, large: bool) -> Iterator[Executor | None]:
    """Processes on all cores, or none where they are not worth their start; gone at once after a failure."""
    cores = len(os.sched_getaffinity(0))
    if cores == 1 or (frames < POOL_WORTH_FRAMES and not large):
        yield None
        return
    context = multiprocessing.get_context("spawn")  # the recorder has threads: never fork it
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(cores, mp_context=context, initializer=prepare_worker)
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def prepare_worker() -> None:
    """One thread each, and no worker outlives the process that asked for it."""
    cv2.setNumThreads(1)
    threading.Thread(target=leave_with_parent, daemon=True).start()


def leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


if __name__ == "__main__":
    from appliance.sim.example import main

    main()
