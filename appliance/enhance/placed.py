"""Lines put in their places by what a camera has told; after that only the others are steadied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.enhance.pack import Field
from appliance.enhance.steady import moved
from appliance.enhance.tape import TapeField

Reals = NDArray[np.floating[Any]]
Told = tuple[Reals, Reals]  # pixels to the right of their places, and variance, of a field's lines
Tell = Callable[[TapeField], Told | None]

SURE_PX = 0.35  # a camera this sure of a line knows its place about as well as the tape's own fields


def placed(fields: Iterable[TapeField], tell: Tell) -> Iterator[TapeField]:
    """``tell`` is asked for every field, in order; a field of which it says nothing stays as it is."""
    for field in fields:
        told = tell(field)
        yield field if told is None else in_place(field, *told)


def in_place(given: TapeField, px: Reals, variance: Reals) -> TapeField:
    y, u, v = given.field.y, given.field.u, given.field.v
    if px.any():
        y, u, v = moved(y, px), moved(u, px / 2), moved(v, px / 2)
    settled = 1 / (1 + variance / SURE_PX**2)
    return replace(given, field=Field(y, u, v, given.field.bottom), settled=settled, moved_px=px)
