"""What was found of pictures between pictures, as a person reads it and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from appliance.bench.interpolate import MINTERPOLATE, Found, Row
from appliance.bench.statistics import paired
from appliance.enhance.interpolate import TIER

OVER_MIXED_DB, OVER_PEER_DB, TIMES_PEER, OF_FLOATS_DB = 2.0, 0.7, 20.0, 0.15


def of(found: Found, method: str) -> list[Row]:
    return [row for row in found.rows if row.method == method]


def gain_db(found: Found, method: str, other: str) -> float:
    return paired([r.psnr_y for r in of(found, method)], [r.psnr_y for r in of(found, other)]).mean


def milliseconds(rows: list[Row], cpu: bool) -> float:
    """For each picture that was not given."""
    spent = sum(row.spent.cpu_s if cpu else row.spent.wall_s for row in rows)
    return 1000 * spent / sum(row.spent.pictures for row in rows)


def required(found: Found) -> list[tuple[str, str, bool]]:
    """What is asked, in words, what was found, and whether it holds; asked of twice as many pictures only."""
    if found.times != 2:
        return []
    over_mixed, over_peer = gain_db(found, TIER, "mixed"), gain_db(found, TIER, MINTERPOLATE)
    lost = gain_db(found, f"{TIER}-f32", TIER)
    faster = milliseconds(of(found, MINTERPOLATE), False) / milliseconds(of(found, TIER), False)
    blended = next(cuts for cuts in found.cuts if cuts.method == TIER)
    return [
        (f"{OVER_MIXED_DB:+} dB over mixing", f"{over_mixed:+.2f} dB", over_mixed >= OVER_MIXED_DB),
        (f"{OVER_PEER_DB:+} dB over minterpolate", f"{over_peer:+.2f} dB", over_peer >= OVER_PEER_DB),
        (f"{TIMES_PEER:.0f}x the speed of minterpolate", f"{faster:.1f}x", faster >= TIMES_PEER),
        ("no blended picture at a cut", f"{blended.blended} of {blended.cuts}", not blended.blended),
        (f"INT8 within {OF_FLOATS_DB} dB of the floats", f"{-lost:+.2f} dB", lost <= OF_FLOATS_DB),
    ]


def interpolation_json(found: Found) -> dict[str, Any]:
    answers = [{"asked": asked, "found": what, "holds": holds} for asked, what, holds in required(found)]
    return asdict(found) | {"required": answers}


def print_interpolation(found: Found, width: int = 120) -> None:
    console = Console(width=width)
    clips = len({row.clip for row in found.rows})
    title = f"{found.times} times as many pictures, mean over {clips} held-out clips"
    table = Table(title=title, title_justify="left")
    for head in (
        "method",
        "PSNR-Y",
        "over mixing",
        "SSIM",
        "ms a picture",
        "processor ms",
        "blended at cuts",
    ):
        table.add_column(head, justify="left" if head == "method" else "right", no_wrap=True)
    for cuts in found.cuts:
        rows = of(found, cuts.method)
        table.add_row(
            cuts.method,
            f"{sum(r.psnr_y for r in rows) / len(rows):.2f}",
            f"{gain_db(found, cuts.method, 'mixed'):+.2f}",
            f"{sum(r.ssim for r in rows) / len(rows):.4f}",
            f"{milliseconds(rows, False):.1f}",
            f"{milliseconds(rows, True):.1f}",
            f"{cuts.blended} of {cuts.cuts}",
        )
    console.print(table)
    console.print(clip_table(found))
    for asked, what, holds in required(found):
        console.print(f"{asked}: {what}, {'holds' if holds else 'falls short'}", highlight=False)


def clip_table(found: Found) -> Table:
    names = [cuts.method for cuts in found.cuts]
    table = Table(title="PSNR-Y of each clip", title_justify="left")
    table.add_column("clip", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for clip in dict.fromkeys(row.clip for row in found.rows):
        scores = [next(r.psnr_y for r in of(found, name) if r.clip == clip) for name in names]
        table.add_row(clip, *(f"{score:.2f}" for score in scores))
    return table
