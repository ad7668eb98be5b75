"""What a good and a worn tape have been through, for the bench's own tape."""

from __future__ import annotations

from dataclasses import dataclass, replace

from appliance.core.problems import Problem


@dataclass(frozen=True)
class Pass:
    """One recording and playing of a tape. Pixels are those of luma at 13.5 MHz; lines those of a field."""

    luma_cut_mhz: float
    chroma_cut_mhz: float
    carrier_noise: float  # against a carrier of 1, on each of its two axes
    ringing: float  # how far the player's equaliser lifts what lies just below the cut
    white_clip: float  # of the pre-emphasised signal; the lower the more edges smear
    chroma_noise: float  # levels
    chroma_streaks: float  # levels, the same along a whole line
    chroma_late_px: float
    phase_deg: float
    lost_colour: float  # share of the lines that lose theirs
    jitter_px: float
    wave_px: float
    skew_px: float  # of the first line; dies away within about ten
    dropouts: float  # a field, on average
    tracking: float  # how much of the carrier a tracking band takes away
    switch_lines: int
    switch_px: float


FIRST = Pass(3.0, 0.5, 0.01, 0.25, 1.9, 0.8, 0.3, 3.0, 1.0, 0.0, 0.1, 0.1, 0.0, 0.3, 0.0, 0, 0.0)
GOOD = replace(
    FIRST,
    luma_cut_mhz=2.8,
    chroma_cut_mhz=0.45,
    carrier_noise=0.017,
    ringing=0.4,
    white_clip=1.7,
    chroma_noise=2.0,
    chroma_streaks=0.7,
    chroma_late_px=4.0,
    phase_deg=2.0,
    jitter_px=0.2,
    wave_px=0.3,
    skew_px=0.5,
    dropouts=0.7,
    switch_lines=4,
    switch_px=18.0,
)
WORN = replace(
    GOOD,
    luma_cut_mhz=2.4,
    chroma_cut_mhz=0.35,
    carrier_noise=0.037,
    ringing=0.6,
    white_clip=1.5,
    chroma_noise=5.0,
    chroma_streaks=2.0,
    chroma_late_px=3.0,
    phase_deg=5.0,
    lost_colour=0.004,
    jitter_px=0.7,
    wave_px=0.8,
    skew_px=3.0,
    dropouts=9.0,
    tracking=0.65,
    switch_lines=7,
    switch_px=35.0,
)
ODD = replace(
    GOOD,
    luma_cut_mhz=1.9,
    carrier_noise=0.06,
    ringing=0.8,
    chroma_noise=5.0,
    chroma_late_px=9.0,
    jitter_px=0.4,
)
NEW = replace(FIRST, carrier_noise=0.003)
WEARS: dict[str, tuple[Pass, ...]] = {
    "good": (GOOD,),
    "worn": (FIRST, WORN),
    "odd": (ODD,),  # soft, noisy and late, but whole: what no training had the middle of
    "new": (NEW,),  # nothing to win
}


def wear_named(name: str) -> tuple[Pass, ...]:
    """The passes in their order: a worn tape is the copy of another one."""
    if name not in WEARS:
        raise Problem(
            "bench-choice",
            f"The bench has no tape that is {name!r}",
            f"It makes tapes that are {' or '.join(WEARS)}.",
            f"Name one or more of {', '.join(WEARS)}, with commas between them.",
        )
    return WEARS[name]
