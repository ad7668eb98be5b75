"""A picture through a net in tiles that overlap, so that memory is bounded and no border can be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, isqrt

import numpy as np

from appliance.core.problems import Problem
from appliance.enhance.foreign_colour import Floats, Range

Ask = Callable[[Sequence[Floats]], Floats]
LEAST_CORE_PX = 16  # of a tile, beside what overlaps


@dataclass(frozen=True)
class Tiling:
    """How a net may be asked. ``most_px``: at once; ``rows`` 0: any size; ``overlap`` -1: only a whole."""

    scale: int = 1
    align: int = 1
    overlap: int = 0
    most_px: int = 1 << 62
    rows: int = 0
    columns: int = 0


@dataclass(frozen=True)
class Span:
    """From ``start`` to ``end`` the net is asked; ``first`` to ``last`` of its answer is used."""

    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True)
class Tile:
    """What the net makes of these rows and columns of the picture."""

    rows: Range
    columns: Range
    answer: Floats


def up(number: int, align: int) -> int:
    return -(-number // align) * align


def waste(tiling: Tiling) -> int:
    """What two neighbours at least have in common: steps are aligned, and borders even."""
    return 2 * max(0, tiling.overlap) + tiling.align + 2


def padded_size(rows: int, columns: int, tiling: Tiling) -> tuple[int, int]:
    return max(tiling.rows, up(rows, tiling.align)), max(tiling.columns, up(columns, tiling.align))


def tile_size(rows: int, columns: int, tiling: Tiling) -> tuple[int, int]:
    """For a padded picture; the picture's own where all of it may be asked at once. Raises Problem."""
    if tiling.rows:
        return tiling.rows, tiling.columns
    if rows * columns <= tiling.most_px:
        return rows, columns
    if tiling.overlap < 0:
        raise too_large(rows, columns, tiling, "it looks at the whole picture at once")
    side = isqrt(tiling.most_px) // tiling.align * tiling.align
    high = min(rows, side)
    wide = min(columns, tiling.most_px // max(1, high) // tiling.align * tiling.align)
    high = min(rows, tiling.most_px // max(1, wide) // tiling.align * tiling.align)
    if min(high, wide) < min(rows, columns, waste(tiling) + LEAST_CORE_PX):
        raise too_large(rows, columns, tiling, f"it looks {tiling.overlap} pixels far")
    return high, wide


def spans(length: int, tile: int, tiling: Tiling) -> list[Span]:
    """Tiles of one size, or smaller ones where the net takes any size, that together see ``length``."""
    if length <= tile:
        return [Span(0, length, 0, length)]
    count = ceil((length - waste(tiling)) / (tile - waste(tiling)))
    if not tiling.rows:
        tile = min(tile, up(ceil((length + (count - 1) * waste(tiling)) / count), tiling.align))
    starts = [(length - tile) * k // (count - 1) // tiling.align * tiling.align for k in range(count)]
    edges = [(after + before + tile) // 4 * 2 for before, after in pairwise(starts)]
    borders = [0, *edges, length]
    return [
        Span(start, start + tile, first, last)
        for start, first, last in zip(starts, borders, borders[1:], strict=False)
    ]


def tiles(pictures: Sequence[Floats], ask: Ask, tiling: Tiling) -> Iterator[Tile]:
    """The answer tile by tile, from top to bottom; a picture that may be asked at once is one tile."""
    rows, columns = pictures[0].shape[:2]
    high, wide = padded_size(rows, columns, tiling)
    whole = [padded(picture, high, wide) for picture in pictures]
    tile = tile_size(high, wide, tiling)
    for down in spans(high, tile[0], tiling):
        for across in spans(wide, tile[1], tiling):
            if down.first < rows and across.first < columns:
                used = (down.first, min(down.last, rows)), (across.first, min(across.last, columns))
                yield Tile(*used, one_tile(whole, ask, down, across, used, tiling.scale))


def one_tile(
    pictures: Sequence[Floats], ask: Ask, down: Span, across: Span, used: tuple[Range, Range], scale: int
) -> Floats:
    answer = ask([picture[down.start : down.end, across.start : across.end] for picture in pictures])
    wanted = (scale * (down.end - down.start), scale * (across.end - across.start))
    if answer.shape[:2] != wanted:
        raise Problem(
            "own-model-answer",
            "A model of your own answers with another size than before",
            f"It answered {answer.shape[1]} × {answer.shape[0]}, not {wanted[1]} × {wanted[0]}.",
            "Remove it and add it again: twinreel models add.",
        )
    rows, columns = (
        slice(scale * (first - span.start), scale * (last - span.start))
        for span, (first, last) in zip((down, across), used, strict=True)
    )
    return answer[rows, columns]


def padded(picture: Floats, rows: int, columns: int) -> Floats:
    """To the right and below with its own mirror image."""
    more = (0, rows - picture.shape[0]), (0, columns - picture.shape[1]), (0, 0)
    return np.pad(picture, more, "symmetric") if more[0][1] or more[1][1] else picture


def too_large(rows: int, columns: int, tiling: Tiling, why: str) -> Problem:
    return Problem(
        "own-model-memory",
        "A model of your own cannot hold this picture",
        f"The picture has {columns} × {rows} pixels, {why}, and {tiling.most_px} fit its memory.",
        "Use a smaller picture, or add the model again with more --memory.",
    )
