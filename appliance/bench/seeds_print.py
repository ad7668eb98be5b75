"""The seeds' tables as a person reads them, the papers' own figures beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from appliance.bench import seeds_squeeze as squeeze
from appliance.bench.seeds import SeedsFound, required
from appliance.bench.seeds_scores import Rows, mean
from appliance.bench.seeds_tables import TABLES

OTHER = "other data"
# What the papers report, on their own clips: nothing of it can be compared with a row of ours.
PAPERS = {
    squeeze.TIER: [
        "x265, CRF 28, a quarter of the size: 31.469 dB, SSIM .801, MS-SSIM .801, 1904 kbit/s",
    ],
    "sr4": ["REDS4 x4: bicubic 26.14/.729, BasicVSR 31.42/.890, VRT 32.19/.900"],
    "deblur": ["REDS: EDVR 34.80, VRT 36.79 dB"],
    "denoise": ["DAVIS, sigma 10: FastDVDnet 38.71, PaCNet 39.97, VRT 40.82 dB"],
    "interpolate": ["27.32 dB, SSIM .867"],
}
COLUMNS = (
    ("PSNR-Y", "psnr_y", 2),
    ("PSNR-C", "psnr_c", 2),
    ("SSIM", "ssim", 4),
    ("MS-SSIM", "ms_ssim", 4),
    ("VMAF", "vmaf", 1),
    ("kbit/s", "kbit_s", 0),
)


def print_seeds(found: SeedsFound, width: int = 150) -> None:
    console = Console(width=width)
    for tier, rows in found.rows.items():
        console.print(seed_table(tier, rows))
        if tier == squeeze.TIER:
            console.print(curve_table(rows))
    if found.speeds:
        console.print(speed_table(found))
    console.print(required_table(found))
    for tier in found.left_out:
        console.print(f"{tier}: not measured, there is no net for it", highlight=False)


def title_of(tier: str, clips: int) -> str:
    for table in TABLES:
        if table.tier == tier:
            return f"Table {table.number}: {table.title}, mean over {clips} clips"
    return f"Table 1: x265 (preset {squeeze.PRESET}) and restored, mean over {clips} clips"


def seed_table(tier: str, rows: Rows) -> Table:
    table = Table(title=title_of(tier, len(next(iter(rows.values())))), title_justify="left")
    table.add_column("method", no_wrap=True)
    shown = [column for column in COLUMNS if any(mean(scores, column[1]) for scores in rows.values())]
    for head, _, _ in shown:
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column(OTHER, style="dim")
    papers = iter(PAPERS[tier])
    for name, scores in rows.items():
        cells = [f"{mean(scores, metric):.{digits}f}" for _, metric, digits in shown]
        table.add_row(name, *cells, next(papers, "") if is_own(tier, name) else "")
    return table


def is_own(tier: str, name: str) -> bool:
    return name in (tier, squeeze.quarter_name(squeeze.PAPERS_CRF, tier))


def curve_table(rows: Rows) -> Table:
    """Ours less full size at the same bit rate."""
    title = f"Table 1: {squeeze.TIER} less {squeeze.FULL}, clip by clip at equal bit rate"
    table = Table(title=title, title_justify="left")
    for head in ("quarter", "kbit/s", "PSNR-Y", "SSIM", "MS-SSIM", "VMAF", "clips on the curve"):
        table.add_column(head, justify="right", no_wrap=True)
    for point in squeeze.equal_rate(rows):
        gains = f"{point.psnr_y:+.2f}", f"{point.ssim:+.4f}", f"{point.ms_ssim:+.4f}", f"{point.vmaf:+.1f}"
        table.add_row(f"CRF {point.crf}", f"{point.kbit_s:.0f}", *gains, str(point.clips))
    return table


def speed_table(found: SeedsFound) -> Table:
    table = Table(
        title="Table 4: pictures of 720x576 a second, turn by turn on one file", title_justify="left"
    )
    for head in ("method", "pictures/s", "processor ms each", "seconds of each round"):
        table.add_column(head, justify="left" if head == "method" else "right", no_wrap=True)
    for speed in found.speeds:
        rounds = ", ".join(f"{seconds:.1f}" for seconds in speed.seconds)
        table.add_row(speed.name, f"{speed.pictures_per_s:.1f}", f"{speed.processor_ms:.0f}", rounds)
    return table


def required_table(found: SeedsFound) -> Table:
    table = Table(title="Required", title_justify="left")
    for head in ("asked", "found", ""):
        table.add_column(head, no_wrap=True)
    for row in required(found):
        table.add_row(row.asked, row.found, "holds" if row.holds else "does not hold")
    return table


def seeds_json(found: SeedsFound) -> dict[str, Any]:
    return {
        "tables": {tier: dict(table_json(rows)) for tier, rows in found.rows.items()},
        "equal_rate": [asdict(p) for p in squeeze.equal_rate(found.rows.get(squeeze.TIER, {}))],
        "left_out": list(found.left_out),
        "speeds": [asdict(speed) for speed in found.speeds],
        "required": [asdict(row) for row in required(found)],
        OTHER: {tier: PAPERS[tier] for tier in found.rows},
    }


def table_json(rows: Rows) -> Iterator[tuple[str, Any]]:
    for name, scores in rows.items():
        means = {metric: mean(scores, metric) for _, metric, _ in COLUMNS}
        yield name, {"mean": means, "clips": [asdict(one) for one in scores]}
