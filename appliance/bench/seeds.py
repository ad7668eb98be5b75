"""The tables of the papers that this project grew from, on held-out clips of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from appliance.bench import seeds_squeeze as squeeze
from appliance.bench.methods import FP32, enhance_sources, source_digest
from appliance.bench.quality import find_clips, tell_part
from appliance.bench.seeds_curve import draw_rates
from appliance.bench.seeds_scores import KeptScores, Rows, SeedScores, mean, score, side_by_side
from appliance.bench.seeds_speed import SeedSpeed, measure_denoisers, times_as_fast
from appliance.bench.seeds_tables import (
    BICUBIC,
    DEBLUR,
    DENOISE,
    INPUT,
    NLMEANS,
    SR4,
    TABLES,
    SeedTable,
    clean_clip,
)
from appliance.bench.stills import TRUTH, keep_crop
from appliance.core.types import Picture
from appliance.enhance.manifest import has_model

Tell = Callable[[float, str], None]
Films = Sequence[Picture]
ALL = (squeeze.TIER, *(table.tier for table in TABLES))
PARTS = ["clips", "metrics", "vmaf", "seeds_spoil", "seeds_squeeze", "seeds_tables"]
SOURCES = (*(f"bench/{part}.py" for part in PARTS), "encode/squeeze.py")
SEED = 60
SQUEEZED_PICTURES = 4  # times as many as elsewhere: a file's rate is that of more than its first picture
SPEED_PICTURES = 24
QUANTISED_DB = -0.15
SHOWN = (  # of nearly one bit rate
    squeeze.full_name(40),
    squeeze.quarter_name(34, BICUBIC),
    squeeze.quarter_name(34, squeeze.TIER),
)


@dataclass(frozen=True)
class SeedsWanted:
    """``clips`` 0: all that are held out; ``only`` empty: every table that there is a net for.

    ``out`` keeps scores and stills.
    """

    data: Path
    only: tuple[str, ...]
    clips: int
    frames: int
    speed: bool
    out: Path | None

    @property
    def tables(self) -> tuple[str, ...]:
        return self.only or tuple(tier for tier in ALL if has_model(tier))

    @property
    def left_out(self) -> tuple[str, ...]:
        """For want of a net."""
        return tuple(tier for tier in ALL if tier not in self.tables and not has_model(tier))


@dataclass(frozen=True)
class SeedsFound:
    rows: dict[str, Rows]  # of each tier
    speeds: list[SeedSpeed]
    left_out: tuple[str, ...] = ()  # tables that there is no net for


@dataclass(frozen=True)
class Required:
    asked: str
    found: str
    holds: bool


def measure_seeds(wanted: SeedsWanted, tell: Tell) -> SeedsFound:
    clips = find_clips(wanted.data)[: wanted.clips or None]
    steps = [*wanted.tables, *(["speed"] if wanted.speed and DENOISE.tier in wanted.tables else [])]
    rows: dict[str, Rows] = {}
    speeds: list[SeedSpeed] = []
    for number, step in enumerate(steps):
        part = partial(tell_part, tell, number, len(steps))
        if step == "speed":
            speeds = measure_denoisers(clips[0], SPEED_PICTURES, np.random.default_rng(SEED), part)
        else:
            rows[step] = measure_table(step, clips, wanted, part)
    if wanted.out and squeeze.TIER in rows:
        draw_rates(rows[squeeze.TIER], wanted.out / "rates.png")
    tell(1.0, "Done")
    return SeedsFound(rows, speeds, wanted.left_out)


def measure_table(tier: str, clips: Sequence[Path], wanted: SeedsWanted, tell: Tell) -> Rows:
    found: Rows = {}
    table = next((table for table in TABLES if table.tier == tier), None)
    for number, clip in enumerate(clips):
        tell(number / len(clips), f"{tier}: {clip.stem.split('__')[-1]}")
        kept = KeptScores(wanted.out, tier, clip, f"{sources()} {wanted.frames} {number}")
        rows = spoilt_rows(table, clip, number, wanted, kept) if table else squeezed_rows(clip, wanted, kept)
        for name, scores in rows:
            found.setdefault(name, []).append(scores)
    return found


def sources() -> str:
    return source_digest(*SOURCES, *enhance_sources())


def spoilt_rows(
    table: SeedTable, clip: Path, number: int, wanted: SeedsWanted, kept: KeptScores
) -> Iterator[tuple[str, SeedScores]]:
    """One clip through every method of a table."""
    clean = clean_clip(clip, wanted.frames)
    sample = sample_name(table.tier, clip)
    for kind, (word, spoil) in enumerate(table.inputs.items()):
        given = spoil(clean, np.random.default_rng([SEED, table.number, kind, number]))
        for method in table.methods():
            name = f"{word} {method.name}".strip()
            scores = kept.get(name, method.net)
            if scores is None:
                made = method.make(given)
                scores = score(made, clean)
                kept.add(name, method.net, scores)
                keep_pieces(wanted.out, sample, name, made, clean)
            yield name, scores
    if wanted.out:
        side_by_side(wanted.out, sample, {name: name for name in (*table.shown, TRUTH)})


def squeezed_rows(clip: Path, wanted: SeedsWanted, kept: KeptScores) -> Iterator[tuple[str, SeedScores]]:
    """One clip through x265 at full size and at a quarter of it, each at several rates."""
    clean = clean_clip(clip, wanted.frames * SQUEEZED_PICTURES)
    sample = sample_name(squeeze.TIER, clip)
    for crf in squeeze.FULL_CRFS:
        name = squeeze.full_name(crf)
        scores = kept.get(name, "")
        if scores is None:
            full = squeeze.through(clean, clean[0].y.shape[1], clean[0].y.shape[0], crf)
            scores = score(full.pictures, clean, True, full.kbit_s)
            kept.add(name, "", scores)
            keep_pieces(wanted.out, sample, name, full.pictures, clean)
        yield name, scores
    for crf in squeeze.QUARTER_CRFS:
        yield from quarter_rows(clean, crf, sample, wanted, kept)
    if wanted.out:
        side_by_side(wanted.out, sample, {name: name for name in (*SHOWN, TRUTH)})


def quarter_rows(
    clean: Films, crf: int, sample: str, wanted: SeedsWanted, kept: KeptScores
) -> Iterator[tuple[str, SeedScores]]:
    small: squeeze.Squeezed | None = None
    for words, net in squeeze.restorers():
        name, digest = squeeze.quarter_name(crf, words), net.sha256 if net else ""
        scores = kept.get(name, digest)
        if scores is None:
            small = small or squeeze.quarter(clean, crf)
            made = squeeze.enlarged_by(small.pictures, net)
            scores = score(made, clean, True, small.kbit_s)
            kept.add(name, digest, scores)
            keep_pieces(wanted.out, sample, name, made, clean)
        yield name, scores


def keep_pieces(out: Path | None, sample: str, name: str, made: Films, clean: Films) -> None:
    if out:
        keep_crop(out, sample, name, made, clean)
        keep_crop(out, sample, TRUTH, clean, clean)


def sample_name(tier: str, clip: Path) -> str:
    return f"{tier}-{clip.stem.split('__')[-1]}"


def required(found: SeedsFound) -> list[Required]:
    """What the tables at hand answer of what is asked."""
    rows, asked = found.rows, []
    for table, against, least in ((SR4, BICUBIC, 1.2), (DEBLUR, INPUT, 2.0), (DENOISE, NLMEANS, 1.0)):
        if table.tier in rows:
            gain = gain_of(rows[table.tier], table.tier, against)
            words = f"{table.tier}: PSNR-Y {least:+.1f} dB over {against}"
            asked.append(Required(words, f"{gain:+.2f} dB", gain >= least))
    if found.speeds:
        ratio = times_as_fast(found.speeds)
        asked.append(Required(f"denoise: 10 times as fast as {NLMEANS}", f"{ratio:.1f} times", ratio >= 10))
    if squeeze.TIER in rows:
        asked.append(low_end(rows[squeeze.TIER]))
    return asked + [quantised(tier, rows[tier]) for tier in rows if any(FP32 in name for name in rows[tier])]


def gain_of(rows: Rows, name: str, against: str) -> float:
    return mean(rows[name], "psnr_y") - mean(rows[against], "psnr_y")


def low_end(rows: Rows) -> Required:
    """At the lowest rate of ours that lies on the curve of every clip, else of the most clips."""
    points = squeeze.equal_rate(rows)
    low = max(points, key=lambda point: (point.clips, point.crf))
    words = f"compact: at equal bit rate above {squeeze.FULL}, at the low end, in PSNR-Y or VMAF"
    said = f"{low.psnr_y:+.2f} dB, VMAF {low.vmaf:+.1f} (CRF {low.crf}, {low.kbit_s:.0f} kbit/s)"
    return Required(words, said, low.psnr_y > 0 or low.vmaf > 0)


def quantised(tier: str, rows: Rows) -> Required:
    """The mean over all rows that there are twice."""
    pairs = [(name.removesuffix(f" {FP32}"), name) for name in rows if name.endswith(FP32)]
    loss = float(np.mean([gain_of(rows, one, other) for one, other in pairs]))
    words = f"{tier}: INT8 {QUANTISED_DB:+.2f} dB of FP32 or better"
    return Required(words, f"{loss:+.2f} dB", loss >= QUANTISED_DB)
