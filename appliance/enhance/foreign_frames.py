"""Frames of the user's own, to measure by: out of a film, or a folder of stills."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from appliance.core.media import probe, read_pictures
from appliance.core.problems import Problem
from appliance.enhance.foreign_colour import Floats, codes_of, planes_of, to_rgb

STILLS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
LEAST = 4  # half to calibrate by, half to measure by
LIGHT = np.array([[0.299, 0.587, 0.114]])


def frames_of(path: Path, count: int, pictures: int, channels: int) -> list[list[Floats]]:
    """``count`` moments spread over a film or folder, each of so many frames that follow one another.

    Raises Problem "own-model-frames" where there are too few.
    """
    found = list(stills_of(path, count, pictures) if path.is_dir() else film_moments(path, count, pictures))
    if len(found) < LEAST:
        raise Problem(
            "own-model-frames",
            f"There are too few frames in {path.name}",
            f"Quantising is measured on frames of your own; {len(found)} were found, {LEAST} are needed.",
            "Give a film, or a folder of stills (PNG or JPEG), of what the model is going to work on.",
        )
    return [[as_light(frame) if channels == 1 else frame for frame in moment] for moment in found]


def film_moments(path: Path, count: int, pictures: int) -> Iterator[list[Floats]]:
    info = probe(path)
    codes = codes_of(info.colour)
    step_s = max(1, info.frames - pictures) / float(info.rate) / count
    for number in range(count):
        film = read_pictures(path, step_s * number)
        moment = [
            to_rgb(planes_of(picture), codes) for picture, _ in zip(film, range(pictures), strict=False)
        ]
        film.close()  # type: ignore[attr-defined]
        if len(moment) == pictures:
            yield moment


def stills_of(folder: Path, count: int, pictures: int) -> Iterator[list[Floats]]:
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in STILLS)
    last = len(files) - pictures
    for start in spread(last + 1, count):
        read = [still(path) for path in files[start : start + pictures]]
        moment = [frame for frame in read if frame is not None]
        if len(moment) == pictures and len({frame.shape for frame in moment}) == 1:
            yield moment


def spread(places: int, count: int) -> list[int]:
    """At most ``count`` of so many places, from the first to the last."""
    number = max(0, min(count, places))
    return [round(k * (places - 1) / max(1, number - 1)) for k in range(number)]


def still(path: Path) -> Floats | None:
    """None for what is no picture."""
    blue_first = cv2.imread(str(path), cv2.IMREAD_COLOR)
    return None if blue_first is None else blue_first[:, :, ::-1].astype(np.float32) / np.float32(255)


def as_light(rgb: Floats) -> Floats:
    return np.asarray(cv2.transform(rgb, LIGHT), np.float32).reshape(*rgb.shape[:2], 1)


def piece(moment: list[Floats], rows: int, columns: int, number: int) -> list[Floats]:
    """The same part of each frame, at another place for every number; mirrored where a frame is smaller."""
    rng = np.random.default_rng(number)
    high, wide = moment[0].shape[:2]
    top, left = (
        int(rng.integers(0, max(1, side - want + 1))) for side, want in ((high, rows), (wide, columns))
    )
    more = (0, max(0, rows - high)), (0, max(0, columns - wide)), (0, 0)
    return [np.pad(f, more, "symmetric")[top : top + rows, left : left + columns] for f in moment]
