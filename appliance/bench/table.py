"""The bench's tables, as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from appliance.bench.results import OwnScores, Verdict, best_chain, mean, over_best, verdicts
from appliance.bench.speed import Speeds, required
from appliance.bench.statistics import Difference

HEADS = {
    "psnr_y": "PSNR-Y",
    "psnr_c": "PSNR-C",
    "ssim": "SSIM",
    "vmaf": "VMAF",
    "vmaf_neg": "VMAF NEG",
    "difference": "temporal",
}
DIGITS = {"psnr_y": 2, "psnr_c": 2, "ssim": 4, "vmaf": 1, "vmaf_neg": 1, "difference": 2}
COMPARED = ("psnr_y", "ssim")


def print_quality(found: dict[str, OwnScores], tiers: Sequence[str], width: int = 160) -> None:
    """Both tables of each wear on stdout: the scores, and what is required of them."""
    console = Console(width=width)
    for wear, scores in found.items():
        console.print(score_table(wear, scores))
        console.print(verdict_table(wear, verdicts(scores, wear, tiers)))


def score_table(wear: str, found: OwnScores) -> Table:
    clips = len(next(iter(found.values())))
    table = Table(title=f"{wear} tapes, mean over {clips} clips", title_justify="left")
    table.add_column("method", no_wrap=True)
    for head in HEADS.values():
        table.add_column(head, justify="right", no_wrap=True)
    for metric in COMPARED:
        table.add_column(f"{HEADS[metric]} over {best_chain(found, metric)}", justify="right")
    for name, scores in found.items():
        means = [f"{mean(scores, metric):.{DIGITS[metric]}f}" for metric in HEADS]
        table.add_row(name, *means, *(written(over_best(found, name, m), DIGITS[m]) for m in COMPARED))
    return table


def written(found: Difference, digits: int) -> str:
    """The difference and its 95 % interval."""
    return f"{found.mean:+.{digits}f} [{found.low:+.{digits}f}, {found.high:+.{digits}f}]"


def verdict_table(wear: str, answers: Sequence[Verdict]) -> Table:
    table = Table(title=f"Required on {wear} tapes", title_justify="left")
    for head in ("method", "by", "over", "at least", "found", ""):
        table.add_column(head, no_wrap=True)
    for answer in answers:
        claim, digits = answer.claim, DIGITS[answer.claim.metric]
        least, found = f"{claim.least:+.{digits}f}", written(answer.found, digits)
        verdict = "holds" if answer.holds else "falls short"
        table.add_row(claim.method, HEADS[claim.metric], claim.against, least, found, verdict)
    return table


def print_speed(speeds: Speeds, width: int = 160) -> None:
    """The whole commands, then the nets alone against the processor's peak, on stdout."""
    console = Console(width=width)
    table = Table(title=f"Whole command, {speeds.frames} tape frames of 720x576", title_justify="left")
    for head in ("method", "tape frames/s", "peak MB", "seconds of each run"):
        table.add_column(head, justify="left" if head == "method" else "right", no_wrap=True)
    for row in speeds.commands:
        runs = ", ".join(f"{seconds:.1f}" for seconds in row.seconds)
        table.add_row(row.name, f"{row.frames_per_s:.1f}", f"{row.peak_mb:.0f}", runs)
    console.print(table)
    for asked, found, holds in required(speeds):
        console.print(f"{asked}: {found}, {'holds' if holds else 'falls short'}", highlight=False)
    console.print(net_table(speeds) if speeds.peak else speeds.unmeasured)


def net_table(speeds: Speeds) -> Table:
    assert speeds.peak is not None
    peak = speeds.peak
    title = f"Nets alone; INT8 peak {peak.gmac_s:.0f} GMAC/s"
    title += f" (matrices {peak.matrices_gmac_s:.0f}, convolution {peak.convolution_gmac_s:.0f})"
    table = Table(title=title, title_justify="left")
    for head in ("tier", "GMAC a field", "fields/s", "GMAC/s", "share of the peak"):
        table.add_column(head, justify="left" if head == "tier" else "right", no_wrap=True)
    for net in speeds.nets:
        gmac_s = f"{net.gmac_a_field * net.fields_per_s:.0f}"
        table.add_row(
            net.tier, f"{net.gmac_a_field:.2f}", f"{net.fields_per_s:.1f}", gmac_s, f"{net.share:.0%}"
        )
    return table
