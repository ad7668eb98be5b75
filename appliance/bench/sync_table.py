"""The sync bench's tables, as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from appliance.bench.light_grid import print_light
from appliance.bench.sync import Row, SyncFigures, required

HEADS = ("pair", "overlap", "median ms", "99 % ms", "ppm off", "steps", "believed", "s")
PEER_HEADS = ("peer: ms", "score", "s")


def print_sync(figures: SyncFigures, width: int = 160) -> None:
    console = Console(width=width)
    console.print(table("The grid", figures.grid))
    asked = [row for row in (*figures.related, *figures.unrelated) if row.peer]
    if asked:
        console.print(table("Pairs of half a minute and the peer", asked))
    if figures.clips:
        console.print(table("Clips on a long tape", figures.clips))
    if figures.two_hours:
        console.print(table("Two hours", [figures.two_hours]))
    if figures.peer:
        console.print(f"No peer: {figures.peer}.", highlight=False)
    if figures.light:
        print_light(figures.light)
    for asked_for, found, holds in required(figures):
        console.print(f"{asked_for}: {found}, {'holds' if holds else 'falls short'}", highlight=False)


def table(title: str, rows: Sequence[Row]) -> Table:
    made = Table(title=title, title_justify="left")
    with_peer = any(row.peer for row in rows)
    for head in (*HEADS, *(PEER_HEADS if with_peer else ())):
        made.add_column(head, justify="left" if head == "pair" else "right", no_wrap=True)
    for row in rows:
        made.add_row(*cells(row), *(peer_cells(row) if with_peer else ()))
    return made


def cells(row: Row) -> list[str]:
    related = "" if row.related else "unrelated: "
    steps = f"{row.steps_found}/{row.steps_wanted}" + (f"+{row.steps_false}" if row.steps_false else "")
    head = [related + row.label, f"{row.overlap_s:.0f} s"]
    if not row.errors_ms:
        said = "refused" if not row.accepted else "accepted"
        return [*head, said, "", "", "", f"{row.estimate.confidence:.2f}", f"{row.seconds:.1f}"]
    middle, worst = np.percentile(row.errors_ms, (50, 99))
    figures = [f"{middle:.2f}", f"{worst:.2f}", f"{row.drift_error_ppm:+.1f}", steps]
    return [*head, *figures, f"{row.estimate.confidence:.2f}", f"{row.seconds:.1f}"]


def peer_cells(row: Row) -> list[str]:
    if row.peer is None:
        return ["", "", ""]
    said = f"{row.peer_error_ms:.1f}" if row.related else "accepted" if row.peer.accepted else "refused"
    return [said, f"{row.peer.score:.1f}", f"{row.peer.seconds:.1f}"]


def sync_json(figures: SyncFigures) -> dict[str, Any]:
    names = ("grid", "related", "unrelated", "clips")
    told: dict[str, Any] = {name: [row_json(row) for row in getattr(figures, name)] for name in names}
    answers = [{"asked": asked, "found": found, "holds": holds} for asked, found, holds in required(figures)]
    return {**told, "light": [asdict(row) for row in figures.light], "required": answers}


def row_json(row: Row) -> dict[str, Any]:
    return {
        "pair": row.label,
        "related": row.related,
        "overlap_s": row.overlap_s,
        "offset_s": row.estimate.offset_s,
        "confidence": row.estimate.confidence,
        "median_ms": float(np.median(row.errors_ms)) if row.errors_ms else None,
        "worst_ms": max(row.errors_ms, default=None),
        "drift_error_ppm": row.drift_error_ppm,
        "seconds": row.seconds,
        "peer_ms": row.peer_error_ms if row.peer else None,
        "peer_score": row.peer.score if row.peer else None,
    }
