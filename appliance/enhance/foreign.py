"""A model of the user's own as a stage: pictures in, better, larger or more of them out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from appliance.core.types import BT601_625, Colour, Picture, Plane
from appliance.enhance.foreign_colour import (
    Codes,
    Floats,
    as_bytes,
    codes_of,
    enlarged_part,
    lost_of,
    planes_of,
    to_planes,
    to_rgb,
)
from appliance.enhance.foreign_net import Net, open_net
from appliance.enhance.foreign_tiles import Tiling, padded_size, tile_size, tiles
from appliance.enhance.frames import Seen, is_cut
from appliance.enhance.own import OwnModel, checked_file


@dataclass(frozen=True)
class Opened:
    """A model of one's own, ready to be asked; ``identity`` changes with everything that changes the film."""

    model: OwnModel
    net: Net
    tiling: Tiling

    @property
    def identity(self) -> list[str]:
        model, tiling = self.model, self.tiling
        return [model.sha256, model.levels, str(tiling.overlap), str(tiling.most_px)]

    @property
    def words(self) -> str:
        """How the report names it."""
        kind = ", INT8" if self.model.quantised else ""
        return f"{self.model.name} ({self.model.licence}{kind}; {self.net.provider_reason})"


@dataclass(frozen=True)
class Looked:
    """A picture as the net sees it, and what of its planes the net does not see."""

    picture: Picture
    seen: Floats
    lost: tuple[Floats | Plane, ...]


def tiling_of(model: OwnModel) -> Tiling:
    return Tiling(model.scale, model.align, model.overlap, model.most_px, model.rows, model.columns)


def opened(model: OwnModel, folder: Path, provider: str = "auto", threads: int = 0) -> Opened:
    """Raises Problem for a file that is missing or was changed, and a provider that cannot be had."""
    path = checked_file(model, folder)
    net = open_net(path, model.task, provider, threads, model.levels)
    return Opened(model, net, tiling_of(model))


def check_fits(model: OwnModel, width: int, height: int) -> None:
    """Raises Problem "own-model-memory" for pictures that its memory does not hold; before the first one."""
    tiling = tiling_of(model)
    tile_size(*padded_size(height, width, tiling), tiling)


def run_own(
    pictures: Iterable[Picture], opened: Opened, colour: Colour = BT601_625, times: int = 2
) -> Iterator[Picture]:
    """Whatever the model's task is; ``times`` is of a model that makes pictures between pictures alone."""
    if opened.model.task == "interpolate":
        return between(pictures, opened, colour, times)
    return foreign(pictures, opened, colour)


def foreign(pictures: Iterable[Picture], opened: Opened, colour: Colour = BT601_625) -> Iterator[Picture]:
    """Each picture, as the net makes it, at its scale; sampling of colour and times stay."""
    codes = codes_of(colour)
    for picture in pictures:
        yield made([look(picture, opened, codes)], opened, codes, picture.time_s)


def between(
    pictures: Iterable[Picture], opened: Opened, colour: Colour = BT601_625, times: int = 2
) -> Iterator[Picture]:
    """``times`` pictures for every one, at even distances in time: itself and those between it and the next.

    Before a cut, and at the end, it stands still instead.
    """
    codes = codes_of(colour)
    last: tuple[Looked, Seen] | None = None
    step_s = 0.0
    for picture in pictures:
        now = look(picture, opened, codes), Seen(picture, 1)
        if last is not None:
            step_s = picture.time_s - last[0].picture.time_s
            yield last[0].picture
            yield from moments(last, now, opened, codes, times, step_s)
        last = now
    if last is not None:
        yield last[0].picture
        yield from still(last[0].picture, times, step_s)


def moments(
    last: tuple[Looked, Seen],
    now: tuple[Looked, Seen],
    opened: Opened,
    codes: Codes,
    times: int,
    step_s: float,
) -> Iterator[Picture]:
    """Between two pictures; a net that is not told the moment halves, and halves again."""
    if is_cut(last[1], now[1]):
        yield from still(last[0].picture, times, step_s)
        return
    one, other = last[0], now[0]
    told = opened.net.port.layout not in ("two", "joined6")
    start_s = one.picture.time_s
    if told or times == 2:
        for number in range(1, times):
            share = number / times
            yield made([one, other], opened, codes, start_s + share * step_s, share)
        return
    middle = made([one, other], opened, codes, start_s + step_s / 2)
    halfway = look(middle, opened, codes), Seen(middle, 1)
    yield from moments(last, halfway, opened, codes, times // 2, step_s / 2)
    yield middle
    yield from moments(halfway, now, opened, codes, times // 2, step_s / 2)


def still(picture: Picture, times: int, step_s: float) -> Iterator[Picture]:
    for number in range(1, times):
        yield replace(picture, time_s=picture.time_s + step_s * number / times)


def look(picture: Picture, opened: Opened, codes: Codes) -> Looked:
    planes = planes_of(picture)
    if opened.model.channels == 1:
        light = (planes[0].astype(np.float32) - codes.black) / codes.span
        seen = np.clip(light, 0, 1).astype(np.float32)[:, :, None]
        lost = planes[0].astype(np.float32) - (seen[:, :, 0] * codes.span + codes.black)
        return Looked(picture, seen, (lost, planes[1], planes[2]))
    seen = to_rgb(planes, codes)
    return Looked(picture, seen, lost_of(planes, seen, codes))


def made(looks: list[Looked], opened: Opened, codes: Codes, time_s: float, share: float = 0.5) -> Picture:
    """The answer to one picture, or to two, as planes; tile by tile, which bounds the memory."""
    scale = opened.tiling.scale
    first = looks[0]
    lost = [blend([one.lost[place] for one in looks], share) for place in range(3)]
    shapes = [plane.shape for plane in planes_of(first.picture)]
    planes = [np.empty(shape, np.uint8) for shape in enlarged_shapes(shapes, scale)]
    ask = partial(opened.net.ask, time=share)
    for tile in tiles([one.seen for one in looks], ask, opened.tiling):
        parts = tile_planes(tile.answer, shapes, codes)
        for place, part in enumerate(parts):
            rows, columns = (
                (ends[0] // fold, -(-ends[1] // fold))
                for ends, fold in zip((tile.rows, tile.columns), folds(shapes, place), strict=True)
            )
            target = planes[place][slice(*(scale * r for r in rows)), slice(*(scale * c for c in columns))]
            back = enlarged_part(lost[place], rows, columns, scale)
            target[:] = as_bytes(back[: target.shape[0], : target.shape[1]] + part)
    return Picture(planes[0], planes[1], planes[2], time_s)


def folds(shapes: list[tuple[int, ...]], place: int) -> tuple[int, int]:
    """How many pixels of light share one of this plane, down and across."""
    down, across = (1 if own == light else 2 for own, light in zip(shapes[place], shapes[0], strict=True))
    return down, across


def tile_planes(
    answer: Floats, shapes: list[tuple[int, ...]], codes: Codes
) -> tuple[Floats | float, Floats | float, Floats | float]:
    """What the net says of the three planes; one that sees light alone leaves the colours as they are."""
    if answer.shape[2] == 1:
        return answer[:, :, 0] * np.float32(codes.span) + np.float32(codes.black), 0.0, 0.0
    down, across = folds(shapes, 1)
    return to_planes(answer, (-(-answer.shape[0] // down), -(-answer.shape[1] // across)), codes)


def enlarged_shapes(shapes: list[tuple[int, ...]], scale: int) -> list[tuple[int, ...]]:
    """Of the film: colour has half of the light's rows or columns wherever it had."""
    whole = [scale * side for side in shapes[0]]
    return [
        tuple(-(-side // fold) for side, fold in zip(whole, folds(shapes, place), strict=True))
        for place in range(len(shapes))
    ]


def blend(parts: list[Floats | Plane], share: float) -> Floats | Plane:
    if len(parts) == 1:
        return parts[0]
    return np.asarray((1 - share) * parts[0] + share * parts[1], np.float32)
