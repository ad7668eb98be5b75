"""Plays a tape: what becomes of whole pictures on their way through camera, recorder, player and dongle."""

from __future__ import annotations

from appliance.sim.tape.chroma import record_chroma
from appliance.sim.tape.damage import drop_out, lose_chroma, spoil_tracking
from appliance.sim.tape.dongle import capture, set_levels
from appliance.sim.tape.kit import NUMPY, Kit, Planes
from appliance.sim.tape.luma import record_luma
from appliance.sim.tape.parameters import TapeParameters
from appliance.sim.tape.shot import leak_luma, shoot, weave
from appliance.sim.tape.timing import displace


def degrade(first: Planes, second: Planes, tape: TapeParameters, start: int, kit: Kit = NUMPY) -> Planes:
    """The tape's frames ``start``, ``start + 1`` ... from the whole pictures at both field times of each.

    ``first`` holds the earlier ones. All are 8-bit 4:2:2, (frames, rows, columns), any array that the kit can
    load; the answer is the kit's own. A frame depends on its number, not on what it is made together with;
    which of them the dongle loses is for ``shown_frames`` or ``repeat_frames`` to say.
    """
    planes = record(expose(first, tape, kit), expose(second, tape, kit), tape, start, kit)
    planes = capture(set_levels(spoil(planes, tape, start, kit), tape), tape, kit)
    return tuple(kit.store(plane) for plane in planes)


def expose(whole: Planes, tape: TapeParameters, kit: Kit) -> Planes:
    y, u, v = (kit.load(plane) for plane in whole)
    return shoot((y, u, v), tape, kit)


def record(first: Planes, second: Planes, tape: TapeParameters, start: int, kit: Kit) -> Planes:
    """Interlace, the Y/C split, and every recorder that the tape or its copies went through."""
    y, u, v = (weave(a, b, tape.order) for a, b in zip(first, second, strict=True))
    y, u, v = leak_luma((y, u, v), tape, start, kit)
    for generation in range(tape.generations):
        y = record_luma(y, tape, start, generation, kit)
        u, v = record_chroma(u, v, tape, start, generation, kit)
    return y, u, v


def spoil(planes: Planes, tape: TapeParameters, start: int, kit: Kit) -> Planes:
    """What happens once, whatever the generations: the ranges are those of the last player."""
    planes = displace(planes, tape, start, kit)
    planes = spoil_tracking(planes, tape, start, kit)
    y, u, v = drop_out(planes, tape, start, kit)
    return y, *lose_chroma(u, v, tape, start, kit)
