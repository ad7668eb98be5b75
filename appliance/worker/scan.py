"""How a tape's pictures were scanned: what its file says, unless the pictures themselves show otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from appliance.core.media import MediaInfo, read_pictures
from appliance.core.problems import Problem
from appliance.core.types import FieldOrder, Issue, Picture, Severity
from appliance.enhance.order import detect_order
from appliance.worker.reel import Piece

PLACES, PICTURES = 6, 4  # so many following pictures at so many places of the tape
SHORT_S = 2.0  # a shorter tape is looked at from its beginning on
WORDS = {
    "tff": "interlaced, the top field first",
    "bff": "interlaced, the bottom field first",
    "progressive": "whole pictures",
}


def scan_of(piece: Piece) -> tuple[FieldOrder, tuple[Issue, ...]]:
    """The order to restore with, and a notice where the file is wrong about it."""
    said = piece.tape.field_order
    seen = detect_order(list(pictures) for pictures in looks(piece))
    if seen is None or seen == said:
        return said, ()
    return seen, (order_other(piece.tape, said, seen),)


def looks(piece: Piece) -> Iterator[Iterator[Picture]]:
    """A few pictures at several places; of a short tape all in one."""
    length_s = piece.frames / float(piece.tape.rate)
    if length_s < SHORT_S:
        yield islice(read_pictures(piece.tape.path), PLACES * PICTURES)
        return
    for place in range(PLACES):
        start_s = piece.start_s + length_s * (place + 0.5) / PLACES
        yield islice(read_pictures(piece.tape.path, start_s), PICTURES)


def order_other(tape: MediaInfo, said: FieldOrder, seen: FieldOrder) -> Issue:
    return Problem(
        "order-other",
        "The tape was scanned otherwise than its file says",
        f"{tape.path.name} says {WORDS[said]}; its pictures show {WORDS[seen]}, and were taken as such.",
        "Nothing needs to be done. If the film judders, give the order with --field-order.",
        Severity.NOTICE,
    ).issue
