"""A folder of stills through the stages of a recipe: PNG or JPEG in, PNG out under the same names."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from appliance import __version__
from appliance.core.config import Config
from appliance.core.media import plane_array
from appliance.core.paths import check_writable
from appliance.core.problems import Problem
from appliance.core.types import JPEG_FULL, Picture
from appliance.encode.files import DISK_ERRORS, disk_problem, whole_file
from appliance.encode.join import join
from appliance.encode.squeeze import LEAST_PX, SqueezeSpec
from appliance.encode.stills import encoded, to_rgb
from appliance.enhance.course import Course
from appliance.worker.files import work_beside
from appliance.worker.later import Later, LaterStage, Where, chunk_file, stem
from appliance.worker.outputs import ENCODER_THREADS
from appliance.worker.room import check_disk
from appliance.worker.stages import open_stages

SUFFIXES = (".png", ".jpg", ".jpeg")
STILL_RATE = Fraction(25)  # where a stage has to know one
KEY = "key"
LOOKING = 0.02  # of the work
Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Stills:
    """All of one size, in the order that a person would put them in."""

    paths: tuple[Path, ...]
    width: int
    height: int
    rate: Fraction = STILL_RATE


def read_stills(folder: Path) -> Stills:
    """Raises Problem for a folder without any, and for two that would get the same name."""
    found = (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    paths = sorted((path for path in found if not path.name.startswith(".")), key=natural)
    if not paths:
        raise unfit_still(folder.name, "There is no PNG or JPEG in this folder.", "Choose another folder.")
    names = [path.stem for path in paths]
    twice = next((path for n, path in enumerate(paths) if path.stem in names[:n]), None)
    if twice is not None:
        cause = "Another still differs from it in its ending only, and both would become the same PNG."
        raise unfit_still(twice.name, cause, "Rename one of them.")
    height, width = rgb_of(paths[0]).shape[:2]
    return Stills(tuple(paths), width, height)


def natural(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Still 9 comes before still 10."""
    parts = re.split(r"(\d+)", path.name.lower())
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)


def rgb_of(path: Path) -> NDArray[np.uint8]:
    """(height, width, 3), upright. Raises Problem, in words, for a still that would lose something."""
    data = np.frombuffer(path.read_bytes(), np.uint8)
    stored = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    if stored is None:
        raise unfit_still(path.name, "It is damaged, or no PNG or JPEG at all.", "Take it out of the folder.")
    if stored.dtype != np.uint8:
        cause = "It has 16 bits a colour, and the models work with 8: its finest steps would be lost."
        raise unfit_still(path.name, cause, "Save it with 8 bits a colour.")
    if stored.ndim == 3 and stored.shape[2] == 4 and stored[:, :, 3].min() < 255:
        cause = "Parts of it are transparent, and no model knows what to make of that."
        raise unfit_still(path.name, cause, "Save it on a background, without transparency.")
    shown = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(np.asarray(shown, np.uint8)[:, :, ::-1])


def check_still(path: Path, stills: Stills) -> None:
    rgb = rgb_of(path)
    if rgb.shape[:2] != (stills.height, stills.width):
        like = f"{stills.paths[0].name} has {stills.width} × {stills.height}"
        cause = f"It has {rgb.shape[1]} × {rgb.shape[0]} pixels, and {like}."
        raise unfit_still(path.name, cause, "Put the stills of each size into a folder of their own.")


def pictures_of(stills: Stills, first: int) -> Iterator[Picture]:
    for number, path in enumerate(stills.paths[first:], first):
        yield planar(rgb_of(path), number / float(stills.rate))


def planar(rgb: NDArray[np.uint8], time_s: float) -> Picture:
    """4:2:0 in full range, as JPEG has it."""
    frame = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(
        format="yuv420p",
        dst_colorspace=JPEG_FULL.matrix,
        src_color_range=JPEG_FULL.range,
        dst_color_range=JPEG_FULL.range,
        interpolation="BICUBIC",
    )
    return Picture(plane_array(frame, 0), plane_array(frame, 1), plane_array(frame, 2), time_s)


def make_stills(
    stills: Stills, out: Path, course: Course, config: Config, force: bool, tell: Tell
) -> tuple[LaterStage, ...]:
    """Write them, and give the stages that did it. An interrupted run goes on with the same command."""
    check_out(stills, out, force)
    for number, path in enumerate(stills.paths):
        tell(LOOKING * number / len(stills.paths), f"Looking at {path.name}")
        check_still(path, stills)
    work = work_beside(out)
    check_disk(course, out.with_suffix(".png"), work)
    like = SqueezeSpec(LEAST_PX, LEAST_PX, stills.rate, colour=JPEG_FULL, threads=ENCODER_THREADS)
    stages = open_stages(course, config.enhance, like)
    with whole_or_kept(work):
        begin(work, stills, stages)
        shoot(stills, work, stages, tell)
        keep(stills, work, out, stages)
    shutil.rmtree(work, ignore_errors=True)
    return stages


def check_out(stills: Stills, out: Path, force: bool) -> None:
    if out.suffix or (out.exists() and not out.is_dir()):
        raise Problem(
            "output-kind",
            f"{out.name} is no folder",
            "What stills become are stills again.",
            "Name a folder for them with -o.",
        )
    if out.resolve() == stills.paths[0].parent.resolve():
        raise Problem(
            "output-is-input",
            "The stills would replace their own sources",
            f"{out} is the folder that they lie in.",
            "Choose another folder.",
        )
    there = next((path for path in stills.paths if (out / f"{path.stem}.png").exists()), None)
    if there is not None and not force:
        raise Problem(
            "output-exists",
            f"{out / there.stem}.png is there already",
            "A still of that name was made before, and nothing is written over unasked.",
            "Choose another folder, or add --force.",
        )
    check_writable(out.resolve().parent)


@contextmanager
def whole_or_kept(work: Path) -> Iterator[None]:
    """After a trouble the stills that are done stay for the next run."""
    try:
        yield
    except BaseException as error:
        if not any(work.glob("*.png")):
            shutil.rmtree(work, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            raise disk_problem(Path(str(error.filename or work)), error) from error
        raise


def begin(work: Path, stills: Stills, stages: Sequence[LaterStage]) -> None:
    """Work on other stills, or by other stages, is thrown away."""
    files = [(str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in stills.paths]
    facts = [__version__, files, Later(tuple(stages)).identity]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    if (work / KEY).is_file() and (work / KEY).read_text() == key:
        return
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / KEY).write_text(key)


def shoot(stills: Stills, work: Path, stages: Sequence[LaterStage], tell: Tell) -> None:
    names = [f"{path.stem}.png" for path in stills.paths]
    whole = any(stage.keeps for stage in stages)  # a small film is made at once or not at all
    first = (
        0 if whole else next((n for n, name in enumerate(names) if not (work / name).is_file()), len(names))
    )
    lead = min(first, sum(stage.reach for stage in stages))
    where = Where(work, 0, lead, len(names))
    pictures: Iterator[Picture] = pictures_of(stills, first - lead)
    for stage in stages:
        pictures = stage.work(pictures, where)
    for number, picture in enumerate(pictures, first - lead):
        if number >= first:
            tell(LOOKING + (1 - LOOKING) * number / len(names), f"Making {names[number]}")
            with whole_file(work / names[number]) as part:
                part.write_bytes(encoded(".png", to_rgb(picture, JPEG_FULL), []))


def keep(stills: Stills, work: Path, out: Path, stages: Sequence[LaterStage]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for path in stills.paths:
        (work / f"{path.stem}.png").replace(out / f"{path.stem}.png")
    for stage in stages:
        if stage.keeps:
            join([chunk_file(work / stem(0), stage.keeps)], out / f"{stage.keeps}.mp4", stage.rate)


def unfit_still(name: str, cause: str, remedy: str) -> Problem:
    return Problem("still-unfit", f"{name} cannot be used as a still", cause, remedy)
