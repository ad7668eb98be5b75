"""A net that looks at a picture several times, each time a little aside, and the mean of what it sees.

The nets fold 4 x 4 pixels into one place of theirs, so that what they make of an edge depends a little on
where in such a square it lies. Seen from four places these errors differ, and their mean is smaller.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from appliance.core.types import Picture, Plane
from appliance.enhance.pack import FOLD, Field, Planes


@dataclass(frozen=True)
class Aside:
    """How far the picture is moved down and to the right, in rows of a field and in columns of luma."""

    rows: int = 0
    columns: int = 0


STRAIGHT = Aside()
ASIDE = (STRAIGHT, Aside(columns=2), Aside(rows=1), Aside(1, 2))  # half of what is folded, each way


def moved_aside(field: Field, by: Aside) -> Field:
    """Padded with what stands at its edges to a size that folds."""
    if by == STRAIGHT:
        return field
    rows = (by.rows, -by.rows % (FOLD // 2))
    columns = (by.columns, -by.columns % FOLD)
    half = (by.columns // 2, -(by.columns // 2) % (FOLD // 2))
    y = np.pad(field.y, (rows, columns), mode="edge")
    u, v = (np.pad(plane, (rows, half), mode="edge") for plane in (field.u, field.v))
    return replace(field, y=y, u=u, v=v)


def moved_back(planes: Planes, by: Aside, size: tuple[int, int]) -> Planes:
    """The whole 4:2:0 picture of ``size`` where it belongs; a row of a field is two of it."""
    (rows, columns), half = size, by.columns // 2
    y, u, v = planes
    small = (slice(by.rows, by.rows + rows // 2), slice(half, half + columns // 2))
    return y[2 * by.rows : 2 * by.rows + rows, by.columns : by.columns + columns], u[small], v[small]


def means(pictures: Generator[Picture, None, None], looks: int) -> Iterator[Picture]:
    """One picture of each ``looks`` that follow one another; closing this closes ``pictures``."""
    with closing(pictures):
        yield from map(mean, zip(*[pictures] * looks, strict=True))


def mean(pictures: Sequence[Picture]) -> Picture:
    first = pictures[0]
    y, u, v = (mean_plane([getattr(picture, name) for picture in pictures]) for name in ("y", "u", "v"))
    return replace(first, y=y, u=u, v=v)


def mean_plane(planes: Sequence[Plane]) -> Plane:
    total = np.full(planes[0].shape, len(planes) // 2, np.uint16)
    for plane in planes:
        total += plane
    return np.asarray(total // len(planes), np.uint8)
