"""The registration bench's tables, as a person reads them, and what is required."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from appliance.bench.pairs import Gain
from appliance.bench.register import Placed

MEDIAN_PX, HIGH_PX, STRANGER, FIELDS_PER_S, GAIN_DB = 0.35, 1.0, 0.05, 50.0, 3.0
HEADS = (
    *("clip", "tape", "camera", "median px", "95 % px", "95 % visible px"),
    *("confident", "unrelated", "back after", "fields/s"),
)
Verdict = tuple[str, str, bool]  # what is asked, what was found, whether it holds


def print_placed(found: Sequence[Placed], gains: Sequence[Gain], width: int = 160) -> None:
    console = Console(width=width)
    if found:
        console.print(placed_table(found))
    if gains:
        console.print(gain_table(gains))
    for asked, value, holds in required(found, gains):
        console.print(f"{asked}: {value}, {'holds' if holds else 'falls short'}", highlight=False)


def placed_table(found: Sequence[Placed]) -> Table:
    """A line for each clip, then the means of each tape and camera."""
    table = Table(title="Registration, where the confidence is above one half", title_justify="left")
    for head in HEADS:
        table.add_column(head, justify="left" if head in HEADS[:3] else "right", no_wrap=True)
    for row in found:
        table.add_row(*cells(row))
    table.add_section()
    for kind in dict.fromkeys((row.wear, row.motion) for row in found):
        table.add_row(*cells(mean_of([row for row in found if (row.wear, row.motion) == kind])))
    return table


def cells(row: Placed) -> Iterator[str]:
    yield from (row.clip[:24], row.wear, row.motion)
    if not row.found:
        yield from ("not found", *[""] * (len(HEADS) - 4))
        return
    yield from (f"{value:.2f}" for value in (row.median_px, row.high_px, row.visible_95_px))
    yield f"{row.share:.0%}"
    yield f"{row.stranger:.3f}"
    yield "" if row.motion != "knock" else "never" if row.back_after is None else f"{row.back_after} fields"
    yield f"{row.fields_per_s:.0f}"


def mean_of(rows: Sequence[Placed]) -> Placed:
    """Of those that were found; the worst of what is asked everywhere."""
    there = [row for row in rows if row.found]
    names = ("median_px", "high_px", "visible_95_px", "share", "fields_per_s")
    means = {name: float(np.mean([getattr(row, name) for row in there])) for name in names} if there else {}
    backs = [row.back_after for row in there]
    return Placed(
        f"mean of {len(there)} of {len(rows)}",
        rows[0].wear,
        rows[0].motion,
        bool(there),
        **means,
        stranger=max((row.stranger for row in there), default=0.0),
        back_after=None if None in backs or not backs else round(float(np.mean([b or 0 for b in backs]))),
    )


def gain_table(gains: Sequence[Gain]) -> Table:
    table = Table(title="enhance TAPE --camera CAMERA, PSNR-Y in dB, tier live", title_justify="left")
    for head in ("clip", "tape", "tape alone", "with the camera", "gain"):
        table.add_column(head, justify="left" if head in ("clip", "tape") else "right", no_wrap=True)
    for row in gains:
        table.add_row(row.clip[:24], row.wear, f"{row.alone:.2f}", f"{row.camera:.2f}", f"{row.gain:+.2f}")
    table.add_section()
    for wear in dict.fromkeys(row.wear for row in gains):
        rows = [row for row in gains if row.wear == wear]
        alone, camera = (float(np.mean([getattr(row, kind) for row in rows])) for kind in ("alone", "camera"))
        table.add_row("mean", wear, f"{alone:.2f}", f"{camera:.2f}", f"{camera - alone:+.2f}")
    return table


def required(found: Sequence[Placed], gains: Sequence[Gain]) -> list[Verdict]:
    """Means over the clips of each tape with a camera that stands still; the worst for an unrelated one."""
    verdicts = []
    for wear in dict.fromkeys(row.wear for row in found):
        mean = mean_of([row for row in found if row.wear == wear and row.motion == found[0].motion])
        verdicts += [
            (f"{wear}: median < {MEDIAN_PX} px", f"{mean.median_px:.2f}", mean.median_px < MEDIAN_PX),
            (f"{wear}: 95 % < {HIGH_PX} px", f"{mean.high_px:.2f}", mean.high_px < HIGH_PX),
        ]
    there = [row for row in found if row.found]
    if there:
        stranger = max(row.stranger for row in there)
        speed = float(np.mean([row.fields_per_s for row in there]))
        verdicts += [
            (f"an unrelated camera < {STRANGER} everywhere", f"{stranger:.3f}", stranger < STRANGER),
            (f"at least {FIELDS_PER_S:.0f} fields/s on one core", f"{speed:.0f}", speed >= FIELDS_PER_S),
        ]
    for wear in dict.fromkeys(row.wear for row in gains):
        gain = float(np.mean([row.gain for row in gains if row.wear == wear]))
        verdicts.append((f"{wear}: the camera gains {GAIN_DB:.0f} dB", f"{gain:+.2f}", gain >= GAIN_DB))
    return verdicts


def placed_json(found: Sequence[Placed], gains: Sequence[Gain]) -> dict[str, Any]:
    """What could not be measured is null."""
    rows = [{k: None if v != v else v for k, v in asdict(row).items()} for row in found]
    answers = [
        {"asked": asked, "found": value, "holds": holds} for asked, value, holds in required(found, gains)
    ]
    return {
        "placed": rows,
        "gains": [asdict(row) | {"gain": row.gain} for row in gains],
        "required": answers,
    }
