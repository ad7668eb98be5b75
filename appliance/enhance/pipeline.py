"""Interlaced pictures of the tape in, restored progressive ones out: one a field, the first field first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from appliance.core.types import FieldOrder, Picture
from appliance.enhance.pack import crop, finish, guess_between, join
from appliance.enhance.runtime import Runtime
from appliance.enhance.tape import REACH, TapeField, read_fields, windows


def restore(
    pictures: Iterable[Picture], order: FieldOrder, runtime: Runtime, first: int = 0, count: int | None = None
) -> Iterator[Picture]:
    """Two 4:2:0 pictures for every tape frame, of the tape's size, at the times of its two fields.

    Frames ``first`` to ``first + count`` of ``pictures`` are given out; the others only give context. One
    frame of it on each side makes any piece the same, byte for byte, as when the whole tape is restored
    at once. No window looks across a cut or an end of the tape: fields are repeated instead. With order
    "progressive" each picture is looked at alone, as something still, and given out twice, once from each of
    its fields, so that the rate is that of an interlaced tape.
    """
    last = None if count is None else first + count
    needed = islice(pictures, None if last is None else last + 1)
    for window in windows(read_fields(needed, order), order):
        middle = window[REACH]
        if last is not None and middle.frame >= last:
            return
        if middle.frame >= first:
            yield restore_field(window, runtime)


def restore_field(window: list[TapeField], runtime: Runtime) -> Picture:
    middle = window[REACH]
    upside_down = middle.field.bottom
    looks = [f.upside_down if upside_down else f.upright for f in window]
    between = guess_between([look.field for look in looks])
    residual = runtime.answer(join([look.packed for look in looks], between))
    whole = finish(residual, looks[REACH].field, between, upside_down)
    return Picture(*crop(whole, *middle.size), middle.time_s)
