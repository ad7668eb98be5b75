"""How good the films are: every method on every held-out clip, on tapes that no training saw."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from appliance.bench import vmaf
from appliance.bench.clips import is_quick
from appliance.bench.material import Material, Sample
from appliance.bench.methods import Method, methods
from appliance.bench.metrics import Scores, psnr_c, psnr_y, ssim, temporal_difference
from appliance.bench.ours import tiers_there
from appliance.bench.results import OwnScores
from appliance.bench.split import held_out_clips
from appliance.bench.stills import TAPE, TRUTH, keep_crop, lay_out
from appliance.bench.wear import wear_named
from appliance.core.problems import Problem
from appliance.core.types import Picture

Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Wanted:
    """``tiers`` empty: every tier there is a model for; ``clips`` 0: all; ``out`` keeps scores and stills."""

    data: Path
    clips: int
    frames: int
    tiers: tuple[str, ...]
    wears: tuple[str, ...]
    guides: bool
    out: Path | None

    @property
    def own_tiers(self) -> tuple[str, ...]:
        return self.tiers or tiers_there()


def measure_quality(wanted: Wanted, tell: Tell) -> dict[str, OwnScores]:
    """The scores for each wear; what lies in ``out`` and was measured by the same code is not done again."""
    for wear in wanted.wears:
        wear_named(wear)
    rows = methods(wanted.own_tiers, wanted.guides)
    samples = list(find_samples(wanted))
    found: dict[str, OwnScores] = {wear: {row.name: [] for row in rows} for wear in wanted.wears}
    for number, sample in enumerate(samples):
        part = partial(tell_part, tell, number, len(samples))
        for name, scores in measure_sample(sample, rows, wanted.out, part).items():
            found[sample.wear][name].append(scores)
    tell(1.0, "Done")
    if wanted.out:
        for sample in samples:
            lay_out(wanted.out, sample.name, wanted.own_tiers, found[sample.wear])
    return found


def find_samples(wanted: Wanted) -> Sequence[Sample]:
    """Clip by clip; the first ones are as different as the whole, for the names decide."""
    clips = find_clips(wanted.data)
    chosen = list(enumerate(clips))[: wanted.clips or None]
    return [
        Sample(clip, stranger_of(n, clips), wear, wanted.frames, 100 + n)
        for n, clip in chosen
        for wear in wanted.wears
    ]


def find_clips(data: Path) -> list[Path]:
    """Those that no training saw and that are quick enough to be interlaced."""
    clips = [clip for clip in held_out_clips(data) if is_quick(clip)]
    if not clips:
        raise no_clips(data)
    return clips


def stranger_of(number: int, clips: Sequence[Path]) -> Path:
    """The next clip of another collection: those of one may show the same room, and would be no wrong guide.

    A clip's name begins with its collection's, up to two underscores. Without another one: the next clip.
    """
    others = [clips[(number + step) % len(clips)] for step in range(1, len(clips) + 1)]
    own = clips[number].name.split("__")[0]
    return next((clip for clip in others if clip.name.split("__")[0] != own), others[0])


def tell_part(tell: Tell, number: int, parts: int, fraction: float, text: str) -> None:
    """``fraction`` is that of one of so many equal parts."""
    tell((number + fraction) / parts, text)


def measure_sample(sample: Sample, rows: Sequence[Method], out: Path | None, tell: Tell) -> dict[str, Scores]:
    material = Material(sample)
    kept = Kept(out, sample)
    found = {}
    for number, row in enumerate(rows):
        tell(number / len(rows), f"{sample.name}: {row.name}")
        found[row.name] = kept.scores(row) or measure(row, material, kept)
    return found


def measure(row: Method, material: Material, kept: Kept) -> Scores:
    made = material.measured(row.make(material))
    scores = score(made, material.truth)
    kept.add(row, scores, made, material)
    return scores


def score(made: Sequence[Picture], truth: Sequence[Picture]) -> Scores:
    seen, new = vmaf.vmaf(made, truth)
    difference = temporal_difference(made, truth)
    return Scores(psnr_y(made, truth), psnr_c(made, truth), ssim(made, truth), seen, new, difference)


class Kept:
    """The scores of one sample in a file, and beside it a piece of each film to look at."""

    def __init__(self, out: Path | None, sample: Sample) -> None:
        self._out, self._sample = out, sample
        self._path = out / "scores" / f"{sample.name}.json" if out else None
        there = self._path is not None and self._path.is_file()
        self._rows = json.loads(self._path.read_text()) if there and self._path else {}

    def scores(self, row: Method) -> Scores | None:
        kept = self._rows.get(row.name)
        return Scores(**kept["scores"]) if kept and kept["key"] == self._key(row) else None

    def add(self, row: Method, scores: Scores, made: Sequence[Picture], material: Material) -> None:
        if self._path is None or self._out is None:
            return
        self._rows[row.name] = {"key": self._key(row), "scores": asdict(scores)}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self._rows, indent=1))
        part.replace(self._path)
        for name, pictures in ((row.name, made), (TRUTH, material.truth), (TAPE, material.woven)):
            keep_crop(self._out, self._sample.name, name, pictures, material.truth)

    def _key(self, row: Method) -> str:
        return hashlib.sha256(f"{row.identity} {self._sample.identity}".encode()).hexdigest()[:24]


def no_clips(folder: Path) -> Problem:
    return Problem(
        "bench-material",
        "The bench has no clip to measure with",
        f"{folder}/video has no film among those that training leaves out (about one in six, by its name).",
        "Name with --data the folder that training was given, with its clips in video/.",
    )
