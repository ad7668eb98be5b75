"""The look of a film: one number between the tape's own texture and the camera's detail.

At ``TAPE`` the film has the tape's grain and softness back, and only its faults are gone. At ``RESTORED`` it
is the film as it was made, byte for byte. At ``TWIN`` all fine detail is the camera's where the camera is
believed, under the tape's own colour and light. Between two of them a picture is a mixture of both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.problems import Problem
from appliance.core.types import Issue, Picture, Plane, Severity
from appliance.enhance.guide import SEEN
from appliance.enhance.guided import believed, of_one_size, resized
from appliance.enhance.pack import FOLD

Floats = NDArray[np.floating[Any]]

TAPE, RESTORED, TWIN = 0.0, 0.5, 1.0
MARKS = {"tape": TAPE, "restored": RESTORED, "twin": TWIN}

SOFT = np.array([[1, 4, 6, 4, 1]], np.float32) / 16  # along the lines: a tape has lost nothing down them
BROAD_PX = 6.0  # what varies more slowly is light, and no texture
AROUND_PX = (9, 3)  # a dropout is long and low
GRAIN, FAULT = 3.0, 8.0  # times the usual power of the grain: up to here it is one, from there on it is none
PEAK = 4.0  # deviations that one pixel of grain may have
LEAST_GRAIN = 0.5  # levels; a tape with less is clean
OFTEN = 4  # every so manieth pixel and line tells how loud the grain is
LIGHT_PX, COLOUR_PX = 8.0, 10.0  # finer than this is the camera's in a twin; each on its own plane
FREE = 2.0  # a twin is wholly the camera's where the rule believes half


def place_of(look: str | float) -> float:
    """0..1 for the name of a mark or a number as text. Raises Problem for anything else."""
    if look in MARKS:
        return MARKS[str(look)]
    try:
        place = float(look)
    except ValueError:
        raise unknown(look) from None
    if not TAPE <= place <= TWIN:
        raise unknown(look)
    return place


def name_of(place: float) -> str:
    """As a person says it."""
    for name, mark in MARKS.items():
        if place == mark:
            return name
    sides = ("tape", "restored") if place < RESTORED else ("restored", "twin")
    return f"{place:g}, between {sides[0]} and {sides[1]}"


def toward_tape(film: Picture, alone: Picture, plain: Picture, look: float) -> Picture:
    """``film`` itself at RESTORED, the tape's own texture on ``alone`` at TAPE.

    ``alone`` is the film that the tape gave without a camera's detail, ``plain`` the tape's own pixels of the
    same moment: every line in its place, deinterlaced, and nothing more. Its colour is taken for faulty.
    """
    share = (RESTORED - look) / (RESTORED - TAPE)
    if share <= 0:
        return film
    y, u, v = textured(alone.y, plain.y), alone.u, alone.v
    if share < 1:
        y, u, v = (
            np.asarray(cv2.addWeighted(one, share, other, 1 - share, 0), np.uint8)
            for one, other in ((y, film.y), (u, film.u), (v, film.v))
        )
    return replace(film, y=y, u=u, v=v)


def textured(alone: Plane, plain: Plane) -> Plane:
    """The restored light as soft as the tape is, with the tape's grain on it and without its faults."""
    missing = np.asarray(cv2.subtract(plain, alone, dtype=cv2.CV_32F), np.float32)
    soft = cv2.filter2D(alone, cv2.CV_32F, SOFT)
    detail = np.asarray(cv2.subtract(alone, soft, dtype=cv2.CV_32F), np.float32)
    grain_on_soft = missing + softness(missing, detail) * detail
    grain = finer(grain_on_soft)
    level = loudness(grain)
    power = cv2.blur(np.asarray(cv2.multiply(grain, grain)), AROUND_PX)
    kept = np.clip((FAULT - power / level**2) / (FAULT - GRAIN), 0, 1)
    kept *= np.clip(grain, -PEAK * level, PEAK * level)
    change = kept - (grain_on_soft - missing)
    return np.asarray(cv2.add(alone, change, dtype=cv2.CV_8U), np.uint8)


def softness(missing: Floats, detail: Floats) -> float:
    """0..1: how much of the restored picture's finest detail the tape has lost, by least squares.

    Where the tape is far off it has a fault, which would say nothing of its softness.
    """
    some = (slice(None, None, OFTEN), slice(None, None, OFTEN // 2))
    lost, fine = missing[some], detail[some]
    sound = np.abs(lost) <= PEAK * max(LEAST_GRAIN, loudness(missing)) + np.abs(fine)
    power = float((fine * fine)[sound].sum())
    return float(np.clip(-(lost * fine)[sound].sum() / (power + 1e-3), 0, 1))


def finer(plane: Floats) -> Floats:
    rows, columns = plane.shape
    small = cv2.resize(plane, (max(1, columns // 4), max(1, rows // 4)), interpolation=cv2.INTER_AREA)
    broad = cv2.resize(cv2.GaussianBlur(small, (0, 0), BROAD_PX / 4), (columns, rows))
    return np.asarray(cv2.subtract(plane, broad), np.float32)


def loudness(grain: Floats) -> float:
    """The deviation of the grain in levels, whatever faults there are."""
    return max(LEAST_GRAIN, 1.4826 * float(np.median(np.abs(grain[::OFTEN, ::OFTEN]))))


def toward_twin(
    film: Picture, alone: Picture, camera: Picture, coverage: Plane, strength: float, look: float
) -> Picture:
    """``film`` itself at RESTORED, the camera's detail wherever it is believed at TWIN.

    ``alone`` and ``camera`` (registered, in the tape's colours) decide that as they did for ``film``: where
    nothing is believed, and at ``strength`` 0, no byte changes.
    """
    share = strength * (look - RESTORED) / (TWIN - RESTORED)
    camera = of_one_size(camera, film)
    if share <= 0 or not (coverage == SEEN).any():
        return film
    trust, _ = believed(alone.y, camera.y, coverage)
    weight = np.asarray(np.minimum(1, FREE * trust) * share, np.float32)
    if not weight.any():
        return film
    y, u, v = (
        detailed(mine, its, weight, fine_px)
        for mine, its, fine_px in (
            (film.y, camera.y, LIGHT_PX),
            (film.u, camera.u, COLOUR_PX),
            (film.v, camera.v, COLOUR_PX),
        )
    )
    return replace(film, y=y, u=u, v=v)


def detailed(film: Plane, camera: Plane, weight: Floats, fine_px: float) -> Plane:
    """As much of the camera's detail as ``weight`` (at a quarter of the light's size) says."""
    rows, columns = film.shape
    detail = np.asarray(cv2.subtract(resized(camera, film), film, dtype=cv2.CV_32F), np.float32)
    small = cv2.resize(detail, (max(1, columns // 4), max(1, rows // 4)), interpolation=cv2.INTER_AREA)
    broad = cv2.GaussianBlur(small, (0, 0), fine_px / 4)
    cv2.subtract(detail, cv2.resize(broad, (columns, rows)), dst=detail)
    large = cv2.resize(weight, (columns + -columns % FOLD, rows + -rows % FOLD))[:rows, :columns]
    cv2.multiply(detail, np.ascontiguousarray(large), dst=detail)
    return np.asarray(cv2.add(film, detail, dtype=cv2.CV_8U), np.uint8)


def twin_alone(name: str, look: float) -> Problem:
    return Problem(
        "look-needs-camera",
        f"{name} cannot be made with the look {name_of(look)}",
        "Beyond restored the detail is the camera's, and no film of a camera was given, or its share is 0.",
        "Give the camera's film with --camera, or choose the look restored or tape.",
    )


def no_camera_helped(look: float) -> Issue:
    return Problem(
        "look-alone",
        f"The film has the look restored, not {name_of(look)}",
        "Beyond restored the detail is the camera's, and none helped with this tape.",
        "Nothing needs to be done; the look restored is the nearest to it that the tape alone can give.",
        Severity.NOTICE,
    ).issue


def unknown(look: object) -> Problem:
    return Problem(
        "look-unknown",
        f"There is no look {look!r}",
        "The looks are tape, restored and twin; a number from 0 (tape) over 0.5 (restored) to 1 (twin) is one"
        " between them.",
        "Choose one of these.",
    )
