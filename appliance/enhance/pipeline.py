"""Interlaced pictures of the tape in, restored progressive ones out: one a field, the first field first."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Generic, TypeVar

import numpy as np

from appliance.core.flow import ahead
from appliance.core.types import FieldOrder, Picture, Plane
from appliance.enhance.guide import carry, inject
from appliance.enhance.guided import add_guided, believed, freedom, match_low, of_one_size, pack_guide
from appliance.enhance.looks import ASIDE, STRAIGHT, Aside, means, moved_aside, moved_back
from appliance.enhance.pack import Planes, baseline, crop, finish, guess_between, join, pack_field, turned
from appliance.enhance.placed import Tell, placed
from appliance.enhance.runtime import Runtime
from appliance.enhance.steady import steadied
from appliance.enhance.tape import REACH, TapeField, read_fields, windows

T = TypeVar("T")
See = Callable[[Picture], None]
DEPTH = 2  # questions or answers that wait between two stages: a few megabytes each
CONTEXT_FRAMES = 3  # on each side of a piece, for it to be the same as in the whole
NO_ANSWER = np.empty(0, np.uint8)


@dataclass(frozen=True)
class Question(Generic[T]):
    """What a net is asked (None: nothing), and what its answer makes."""

    fields: Plane | None
    finish: Callable[[Plane], T]


def answered(questions: Iterable[Question[T]], runtime: Runtime | None) -> Generator[T, None, None]:
    """What the answers make, in order; packing, net and finishing work at the same time.

    Each has a thread of its own, the last one the caller's, with a bounded queue between them. An error of
    any of them is raised here; closing this ends all of them and closes ``questions``.
    """
    if runtime is None:
        yield from (question.finish(NO_ANSWER) for question in questions)
        return
    with closing(ahead(ask(ahead(questions, DEPTH), runtime), DEPTH)) as answers:
        for question, answer in answers:
            yield question.finish(answer)


def ask(questions: Iterator[Question[T]], runtime: Runtime) -> Iterator[tuple[Question[T], Plane]]:
    with closing(questions):  # type: ignore[type-var]
        for question in questions:
            asks = question.fields is not None
            yield question, runtime.answer(question.fields) if asks else NO_ANSWER  # type: ignore[arg-type]


def restore(
    pictures: Iterable[Picture],
    order: FieldOrder,
    runtime: Runtime,
    first: int = 0,
    count: int | None = None,
    tell: Tell | None = None,
    see_plain: See | None = None,
) -> Iterator[Picture]:
    """Two 4:2:0 pictures for every tape frame, of the tape's size, at the times of its two fields.

    Frames ``first`` to ``first + count`` of ``pictures`` are given out; the others only give context.
    CONTEXT_FRAMES of it on each side make any piece the same, byte for byte, as when the whole tape is
    restored at once. No window looks across a cut or an end of the tape: fields are repeated instead. With
    order "progressive" each picture is looked at alone, as something still, and given out twice, once from
    each of its fields, so that the rate is that of an interlaced tape. ``tell`` is asked where the lines of
    every field of ``pictures`` lie, by whoever has a camera's picture of the same moment. ``see_plain`` is
    shown what each picture was before the net: the tape's own pixels, deinterlaced, each line in its place.
    """
    asides = ASIDE[: runtime.model.looks]
    films = answered(field_questions(pictures, order, first, count, asides, tell, see_plain), runtime)
    return means(films, len(asides)) if len(asides) > 1 else films


def field_questions(
    pictures: Iterable[Picture],
    order: FieldOrder,
    first: int,
    count: int | None,
    asides: Sequence[Aside] = (STRAIGHT,),
    tell: Tell | None = None,
    see_plain: See | None = None,
) -> Iterator[Question[Picture]]:
    """As many questions for a field, one after the other, as there are ``asides``."""
    last = None if count is None else first + count
    needed = islice(pictures, None if last is None else last + CONTEXT_FRAMES)
    for window in windows(steady_fields(needed, order, tell), order):
        middle = window[REACH]
        if last is not None and middle.frame >= last:
            return
        if middle.frame >= first:
            yield from (field_question(window, aside, see_plain) for aside in asides)


def steady_fields(
    pictures: Iterable[Picture], order: FieldOrder, tell: Tell | None = None
) -> Iterator[TapeField]:
    fields = read_fields(pictures, order)
    if tell is not None:
        fields = placed(fields, tell)
    return fields if order == "progressive" else steadied(fields)


def field_question(
    window: list[TapeField], aside: Aside = STRAIGHT, see_plain: See | None = None
) -> Question[Picture]:
    middle = window[REACH]
    upside_down = middle.field.bottom
    looks = [f.upside_down if upside_down else f.upright for f in window]
    fields = [moved_aside(look.field, aside) for look in looks]
    between = guess_between(fields)
    rows, columns = middle.field.y.shape
    straight = aside == STRAIGHT

    def picture(planes: Planes) -> Picture:
        planes = moved_back(planes, aside, (2 * rows, columns))
        return Picture(*crop(turned(planes) if upside_down else planes, *middle.size), middle.time_s)

    def whole(residual: Plane) -> Picture:
        if see_plain is not None and straight:
            see_plain(picture(baseline(fields[REACH], between)))
        return picture(finish(residual, fields[REACH], between))

    packed = [look.packed for look in looks] if straight else [pack_field(field) for field in fields]
    return Question(join(packed, between), whole)


def guide_question(
    film: Picture, guide: Picture, coverage: Plane, strength: float, by_net: bool
) -> Question[Picture]:
    """The film with the camera's detail where the camera is believed; elsewhere its bytes stay.

    ``guide`` is registered; ``coverage`` is 255 where it sees the scene at all; ``strength`` is 0..1.
    """
    guide = of_one_size(guide, film)
    if not by_net:
        return Question(None, lambda _: inject(film, guide, coverage, strength))
    trust, worth = believed(film.y, guide.y, coverage)
    conf = freedom(trust, strength)
    if not conf.any():
        return Question(None, lambda _: film)
    by_rule = carry(film, guide, strength * worth * trust)
    fields = pack_guide(by_rule, match_low(by_rule, guide), conf)
    return Question(fields, partial(add_guided, by_rule, conf=conf))
