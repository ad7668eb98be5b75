"""Whole pictures in, better or larger ones out: nets that look at a few pictures at once.

A net of scale 1, 2 or 4 works where 4 x 4 pixels of its *answer* lie: what it is asked is folded by 4, 2 or
1, so that nets of any scale answer alike: with what to add to the middle picture after a bicubic enlargement,
in levels around 128. A net against noise adds to a picture that was softened: it would have to repeat each
grain of the noise otherwise, to take it out. Training uses these functions too.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.types import ModelInfo, Picture, Plane
from appliance.enhance.pack import FOLD, Planes, add_residual, crop, fold, pad, unfold
from appliance.enhance.pipeline import Question, answered
from appliance.enhance.runtime import Runtime
from appliance.enhance.tape import CUT_LEVELS, THUMB

SCALES = (1, 2, 4)
COLOUR_SOFTER = 1.5  # where a picture is softened: there is less in its colour that would be lost


@dataclass(frozen=True)
class Seen:
    """A picture in the stream; what is computed from it is computed once for all its windows."""

    picture: Picture
    scale: int

    @cached_property
    def packed(self) -> Plane:
        return pack_picture((self.picture.y, self.picture.u, self.picture.v), self.scale)

    @cached_property
    def thumb(self) -> NDArray[np.float32]:
        height, width = self.picture.y.shape
        shape = (max(1, width // THUMB), max(1, height // THUMB))
        return np.asarray(cv2.resize(self.picture.y, shape, interpolation=cv2.INTER_AREA), np.float32)


def channels(scale: int, window: int) -> int:
    """Of what a net of this scale is asked about so many pictures."""
    colour = max(1, FOLD // 2 // scale)
    return window * ((FOLD // scale) ** 2 + 2 * colour**2)


def improve(pictures: Iterable[Picture], runtime: Runtime) -> Generator[Picture, None, None]:
    """Each 4:2:0 picture, as the net makes it; times stay. Memory does not grow with the film."""
    model = runtime.model
    windows = picture_windows(pictures, model.window, model.scale)
    return answered((picture_question(window, model) for window in windows), runtime)


def picture_windows(pictures: Iterable[Picture], window: int, scale: int) -> Iterator[list[Seen]]:
    """For every picture those to look at, in the middle; beyond a cut or an end the nearest stands in.

    A flash is stepped over: what comes after it and looks like what was before it is no other shot.
    """
    reach = window // 2
    run: list[Seen | None] = [None] * reach
    stream = (Seen(picture, scale) for picture in pictures)
    for seen in chain_none(stream, reach):
        run.append(seen)
        if len(run) > 2 * reach:
            if run[reach] is not None:
                yield chosen(run, reach)
            run.pop(0)


def chain_none(stream: Iterable[Seen], count: int) -> Iterator[Seen | None]:
    yield from stream
    yield from [None] * count


def chosen(run: list[Seen | None], reach: int) -> list[Seen]:
    near: dict[int, Seen] = {}
    middle = run[reach]
    assert middle is not None
    near[0] = middle
    for side in (-1, 1):
        for distance in range(1, reach + 1):
            before, seen = near[side * (distance - 1)], run[reach + side * distance]
            torn = seen is None or is_cut(before, seen)
            near[side * distance] = before if torn or seen is None else seen
    return [near[place] for place in range(-reach, reach + 1)]


def is_cut(one: Seen, other: Seen) -> bool:
    if one.picture.y.shape != other.picture.y.shape:
        return True
    return float(np.abs(one.thumb - other.thumb).mean()) > CUT_LEVELS


def picture_question(window: list[Seen], model: ModelInfo) -> Question[Picture]:
    middle = window[len(window) // 2].picture
    fields = np.concatenate([seen.packed for seen in window])[None]
    return Question(fields, partial(finished, middle, model.scale, model.soft_px))


def pack_picture(planes: Planes, scale: int) -> Plane:
    """(channels, rows * scale / 4, columns * scale / 4), padded at the right and below where that is odd."""
    y, u, v = padded_planes(planes, scale)
    light = FOLD // scale
    colour = light // 2
    if not colour:
        size = y.shape[1], y.shape[0]
        return np.stack([y, *(cv2.resize(c, size, interpolation=cv2.INTER_LINEAR) for c in (u, v))])
    return np.concatenate([fold(y, light, light), *(fold(c, colour, colour) for c in (u, v))])


def padded_planes(planes: Planes, scale: int) -> Planes:
    """To whole squares of what is folded, and of colour."""
    side = max(2, FOLD // scale)
    y, u, v = planes
    y = pad(y, -y.shape[0] % side, -y.shape[1] % side)
    rows, columns = y.shape[0] // 2, y.shape[1] // 2
    u, v = (pad(c, rows - c.shape[0], columns - c.shape[1]) for c in (u, v))
    return y, u, v


def base_of(planes: Planes, scale: int, soft_px: float) -> Planes:
    """What the answer is added to."""
    if not soft_px:
        return enlarged(planes, scale)
    softened = (
        np.asarray(cv2.GaussianBlur(plane, (0, 0), px), np.uint8)
        for plane, px in zip(planes, (soft_px, *[COLOUR_SOFTER * soft_px] * 2), strict=True)
    )
    y, u, v = softened
    return enlarged((y, u, v), scale)


def enlarged(planes: Planes, scale: int) -> Planes:
    """By bicubic interpolation."""
    if scale == 1:
        return planes
    sizes = [(p.shape[1] * scale, p.shape[0] * scale) for p in planes]
    y, u, v = (
        np.asarray(cv2.resize(p, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        for p, size in zip(planes, sizes, strict=True)
    )
    return y, u, v


def finished(middle: Picture, scale: int, soft_px: float, answer: Plane) -> Picture:
    rows, columns = middle.y.shape
    base = base_of(padded_planes((middle.y, middle.u, middle.v), scale), scale, soft_px)
    parts = unfold(answer[:16], 4), unfold(answer[16:20], 2), unfold(answer[20:24], 2)
    y, u, v = (add_residual(b, r) for b, r in zip(base, parts, strict=True))
    return Picture(*crop((y, u, v), scale * rows, scale * columns), middle.time_s)
