"""How far a net looks, how much memory it takes and how long: measured by asking it, on this machine."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from appliance.core.problems import Problem
from appliance.enhance.foreign_check import shown
from appliance.enhance.foreign_colour import Floats
from appliance.enhance.foreign_net import Net
from appliance.enhance.foreign_tiles import (
    LEAST_CORE_PX,
    Tiling,
    padded_size,
    spans,
    tile_size,
    tiles,
    up,
    waste,
)

SEAM_LEVELS = 1.0  # of 255: more could be seen
ALIKE_LEVELS = 0.5  # with this much there is no seam after rounding
LOOKS_PX = (128, 256, 512)  # each way; a net's reach is looked for in half of it
SURE = 0.75  # of the farthest distance that a look can tell of
OVERLAPS_PX = (8, 16, 32, 64, 128, 192)
MEMORY_PX = (144, 288)  # each way
MOST_PX = 2048 * 2048
AFTER_BYTES = 18.0  # a channel and pixel, while an answer becomes planes
MORE = 1.2  # memory is kept in reserve
LEVELS = 255
TAPE_PX = (576, 720)
SAMPLE_S = 0.002


@dataclass(frozen=True)
class Peak:
    """``base + linear * px + square * px²`` bytes for an answer to so many pixels."""

    base: float
    linear: float
    square: float = 0.0

    def at(self, px: float) -> float:
        return self.base + self.linear * px + self.square * px * px

    def most_px(self, budget: float) -> int:
        left = budget / MORE - self.base
        if left <= 0:
            return 0
        if self.square <= 0:
            return int(min(MOST_PX, left / self.linear))
        root = (self.linear**2 + 4 * self.square * left) ** 0.5
        return int(min(MOST_PX, (root - self.linear) / (2 * self.square)))


def with_memory(net: Net, tiling: Tiling, path: Path, memory_mb: int, over_all: bool = False) -> Tiling:
    """How many pixels may be asked at once; raises Problem "own-model-memory" where that is too little.

    ``over_all``: the net looks at the whole picture, so that its memory may grow with the square of it.
    """
    budget = memory_mb * 1e6
    if tiling.rows:
        needed = peak_bytes(net, tiling.rows, tiling.columns) * MORE + path.stat().st_size
        if needed > budget:
            raise too_little(needed)
        return replace(tiling, most_px=tiling.rows * tiling.columns)
    peak = peak_of(net, tiling, path, over_all)
    least = up(waste(tiling) + LEAST_CORE_PX, tiling.align) ** 2
    if peak.most_px(budget) < least:
        raise too_little(peak.at(least) * MORE)
    return replace(tiling, most_px=peak.most_px(budget))


def peak_of(net: Net, tiling: Tiling, path: Path, over_all: bool = False) -> Peak:
    """From one size, or from two; attention over the whole picture grows with the square of its pixels."""
    sides = [up(side, tiling.align) for side in MEMORY_PX]
    least = AFTER_BYTES * net.port.channels * (net.port.pictures + tiling.scale**2)
    linear = max(least, peak_bytes(net, sides[1], sides[1]) / sides[1] ** 2)
    base = float(path.stat().st_size)
    if not over_all or sides[0] == sides[1]:
        return Peak(base, linear)
    small = peak_bytes(net, sides[0], sides[0]) / sides[0] ** 2
    square = max(0.0, (linear - small) / (sides[1] ** 2 - sides[0] ** 2))
    return Peak(base, linear - square * sides[1] ** 2, square)


def peak_bytes(net: Net, rows: int, columns: int) -> int:
    """How much more memory the process has at the worst moment of an answer than before.

    The smaller of two: the first answer of a size also makes what is kept for the next ones.
    """
    pictures = shown(net, rows, columns)
    rises = []
    for _ in range(2):
        with highest() as rise:
            net.ask(pictures)
        rises.append(rise())
    return min(rises)


@contextmanager
def highest() -> Iterator[Callable[[], int]]:
    """The kernel keeps the mark; where it does not let us put it back, a thread looks again and again."""
    give_back()
    before = status_bytes("VmRSS")
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        with sampled() as seen:
            yield lambda: max(0, max(seen, default=before) - before)
        return
    yield lambda: max(0, status_bytes("VmHWM") - before)


def give_back() -> None:
    """What was freed and kept for later would hide what is asked for next."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def sampled() -> Iterator[list[int]]:
    seen: list[int] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(SAMPLE_S):
            seen.append(status_bytes("VmRSS"))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def status_bytes(key: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    return 0


def with_overlap(net: Net, tiling: Tiling) -> tuple[Tiling, float]:
    """How far tiles have to overlap, and by how many levels a tiled answer then differs from a whole one.

    The overlap is doubled until they agree; -1 where they never do.
    """
    if tiling.rows:
        return fixed_overlap(net, tiling)
    reach = reach_of(net, tiling)
    if reach < 0:
        return replace(tiling, overlap=-1), 0.0
    for overlap in OVERLAPS_PX:
        tried = replace(tiling, overlap=up(overlap, tiling.align))
        if overlap < reach or not is_affordable(tried):
            continue
        off = seam_levels(net, tried)
        if off <= SEAM_LEVELS:
            return tried, off
    return replace(tiling, overlap=-1), 0.0


def is_affordable(tiling: Tiling) -> bool:
    high, wide = proof_size(tiling)
    return high * wide <= tiling.most_px


def proof_size(tiling: Tiling) -> tuple[int, int]:
    """Of the smallest picture that is made of two tiles each way."""
    side = proof_tile(tiling) + up(LEAST_CORE_PX, 2 * tiling.align)
    return side, side


def proof_tile(tiling: Tiling) -> int:
    return up(waste(tiling) + 2 * LEAST_CORE_PX, tiling.align)


def seam_levels(net: Net, tiling: Tiling) -> float:
    """The largest difference, of 255, between an answer in four tiles and one in a whole."""
    pictures = shown(net, *proof_size(tiling))
    in_tiles = replace(tiling, most_px=proof_tile(tiling) ** 2)
    whole, scale, off = net.ask(pictures), tiling.scale, 0.0
    for tile in tiles(pictures, net.ask, in_tiles):
        same = whole[slice(*(scale * r for r in tile.rows)), slice(*(scale * c for c in tile.columns))]
        off = max(off, float(np.abs(tile.answer - same).max()))
    return off * LEVELS


def reach_of(net: Net, tiling: Tiling) -> int:
    """From how far a change of the picture changes the answer by half a level; -1: from everywhere."""
    for side in LOOKS_PX:
        side = up(side, 2 * tiling.align)
        if side * side > tiling.most_px:
            break
        half = side // 2
        pictures = shown(net, side, side)
        whole = net.ask(pictures)[: half * tiling.scale, : half * tiling.scale]
        piece = net.ask([picture[:half, :half] for picture in pictures])
        away = np.arange(half, 0, -1).repeat(tiling.scale)
        reach = farthest(piece, whole, np.minimum.outer(away, away))
        if reach <= SURE * half:
            return reach
    return -1


def farthest(one: Floats, other: Floats, away: NDArray[np.int64]) -> int:
    """The largest distance from a cut at which two answers still differ."""
    differ = np.abs(one - other).max(axis=2) * LEVELS > ALIKE_LEVELS
    return int(away[differ].max(initial=0))


def fixed_overlap(net: Net, tiling: Tiling) -> tuple[Tiling, float]:
    """Two tiles that are moved against each other: far enough from the borders of both they agree."""
    shift = [up(side // 4, tiling.align) for side in (tiling.rows, tiling.columns)]
    pictures = shown(net, tiling.rows + shift[0], tiling.columns + shift[1])
    one = net.ask([p[: tiling.rows, : tiling.columns] for p in pictures])
    other = net.ask([p[shift[0] :, shift[1] :] for p in pictures])
    scale = tiling.scale
    rows, columns = tiling.rows - shift[0], tiling.columns - shift[1]
    down, across = (
        np.minimum(np.arange(1, n + 1), np.arange(n, 0, -1)).repeat(scale) for n in (rows, columns)
    )
    away = np.minimum.outer(down, across)
    first, second = one[shift[0] * scale :, shift[1] * scale :], other[: rows * scale, : columns * scale]
    reach = farthest(first, second, away)
    most = (min(tiling.rows, tiling.columns) - LEAST_CORE_PX - tiling.align - 2) // 2
    overlap = min(most, up(max(reach, 4), 4))
    middle = away >= min(overlap, int(away.max()))
    seam = float(np.abs(first - second).max(axis=2)[middle].max()) * LEVELS
    if reach <= SURE * away.max() and overlap >= reach and overlap > 0:
        return replace(tiling, overlap=overlap), seam
    return replace(tiling, overlap=max(0, min(most, tiling.rows // 8))), seam


def seconds_for_tape(net: Net, tiling: Tiling) -> float:
    """For a picture of 720 x 576: one of its tiles is asked, or a smaller one where they are large."""
    tape = padded_size(*TAPE_PX, tiling)
    high, wide = (
        tile_size(*tape, tiling) if tiling.overlap >= 0 or tape[0] * tape[1] <= tiling.most_px else tape
    )
    tiles = [
        (d.end - d.start) * (a.end - a.start)
        for d in spans(tape[0], high, tiling)
        for a in spans(tape[1], wide, tiling)
    ]
    asked = (high, wide) if tiling.rows else 2 * (up(min(high, wide, MEMORY_PX[1]), tiling.align),)
    pictures = shown(net, *asked)
    net.ask(pictures)
    start = time.perf_counter()
    net.ask(pictures)
    return (time.perf_counter() - start) * sum(tiles) / (asked[0] * asked[1])


def too_little(needed: float) -> Problem:
    return Problem(
        "own-model-memory",
        "The model needs more memory than it was given",
        f"Its smallest piece of a picture takes about {needed / 1e6:.0f} MB.",
        f"Give --memory {int(needed / 1e6 * 1.1) + 1} where this machine has as much to spare.",
    )
