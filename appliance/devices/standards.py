"""Television standards as sets of bits: what a detection means, and which one to set. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from appliance.core.types import BT601_525, BT601_625, Colour, FieldOrder
from appliance.devices import videodev2 as v

AGREEING = 2  # answers in a row that must be the same: a VCR that starts up shows this and that


@dataclass(frozen=True)
class Standard:
    """What a number of lines means for the picture."""

    name: str
    lines: int
    rate: Fraction
    field_order: FieldOrder
    colour: Colour
    sample_aspect: Fraction


PAL = Standard("PAL", 576, Fraction(25), "tff", BT601_625, Fraction(12, 11))
NTSC = Standard("NTSC", 480, Fraction(30000, 1001), "bff", BT601_525, Fraction(10, 11))


def of_set(detected: int) -> Standard | None:
    """The one that all members of the set share; None for no lock, and for "it may be any of them"."""
    with_525, with_625 = detected & v.STD_525_60, detected & v.STD_625_50
    if bool(with_525) == bool(with_625):
        return None
    return NTSC if with_525 else PAL


def agreed(answers: Sequence[int]) -> int:
    """The last answer that came twice in a row and says something; 0 when none did."""
    for index in range(len(answers) - AGREEING, -1, -1):
        several = answers[index : index + AGREEING]
        if len(set(several)) == 1 and of_set(several[0]) is not None:
            return several[0]
    return 0


def to_set(wanted: str, detected: int, supported: int) -> int:
    """The bits to give the driver; 0 where it has none of them.

    Most decoders tell only 50 from 60 fields. A set with SECAM in it would turn PAL grey, so the colour is
    narrowed to the usual one unless somebody configured another, or the decoder is sure.
    """
    if wanted == "secam":
        return v.STD_SECAM & supported
    found = of_set(detected)
    standard = named(wanted) or found or PAL
    sure = detected & supported if found is standard else 0
    usual = (v.STD_PAL_BGHIDK if standard is PAL else v.STD_NTSC) & supported
    every = (v.STD_625_50 if standard is PAL else v.STD_525_60) & supported
    return sure & usual or sure or usual or every


def named(wanted: str) -> Standard | None:
    """Of the configuration; None for auto."""
    return {"pal": PAL, "secam": PAL, "ntsc": NTSC}.get(wanted)
