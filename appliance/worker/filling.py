"""Frames that capture lost, shown by what lies between their neighbours.

The tape's grid repeats a frame where one was lost (see reel.py). Between interlaced frames there is nothing
to find; so the gap is filled afterwards, between the restored pictures of the fields before and after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from appliance.core.types import Picture
from appliance.enhance.interpolate import TIER, fill
from appliance.enhance.manifest import has_model, load_model
from appliance.enhance.runtime import Runtime, open_session

LONGEST_FRAMES = 4  # a longer gap stays as it is: nobody knows what was in it
LEAD_FRAMES = LONGEST_FRAMES + 1  # before a piece, so that a gap at its beginning is seen whole


@dataclass(frozen=True)
class Shown:
    """A field's moment: the tape's frame, and the restored picture."""

    tape: Picture
    film: Picture
    plain: Picture | None = None  # the tape's own pixels, where a look wants them
    filled: bool = False


def filled_in(shown: Iterable[Shown]) -> Iterator[Shown]:
    """The same, with films of their own for frames that only repeat the one before.

    A longer gap, one with a cut in it and one at the tape's end stay as they are. Holds one gap's pictures.
    """
    last: Shown | None = None
    gap: list[Shown] = []
    long = False
    for item in shown:
        if last is not None and repeats(item, last):
            gap.append(item)
            if len(gap) > 2 * LONGEST_FRAMES or long:
                yield from gap
                gap, long = [], True
            continue
        if last is not None and gap:
            yield from closed(last, gap, item)
        gap, last, long = [], item, False
        yield item
    yield from gap


def repeats(item: Shown, last: Shown) -> bool:
    return item.tape is not last.tape and item.tape.y is last.tape.y


def closed(last: Shown, gap: list[Shown], item: Shown) -> list[Shown]:
    films = fill(last.film, item.film, len(gap), filler())
    if films is None:
        return gap
    return [
        replace(lost, film=replace(film, time_s=lost.film.time_s), filled=True)
        for lost, film in zip(gap, films, strict=True)
    ]


@lru_cache(maxsize=1)
def filler() -> Runtime | None:
    """Opened when the first gap is met; on the processor, for it is a handful of pictures."""
    return open_session(load_model(TIER), "cpu") if has_model(TIER) else None
