"""What is measured with: one clip on one tape, its truth, and what cameras saw; made when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from appliance.bench.camera import MISPLACED_PX, film, registered
from appliance.bench.clips import Full, Standard, read_scene, standard_of, truth_of
from appliance.bench.metrics import above
from appliance.bench.ours import Seen
from appliance.bench.tape import record, woven_420
from appliance.bench.wear import wear_named
from appliance.core.types import Picture

LEAD, TAIL = 4, 2  # tape frames before and after those that are measured: a filter is warm by then
SWITCH_ROWS = 16  # below, where the heads change; no method can know what was there
SKIP = 6  # pictures of a clip, which often begins with a fade or a key frame's artefacts


@dataclass(frozen=True)
class Sample:
    """``stranger`` is another clip, for the wrong guide. Seeds come from the number of the clip."""

    clip: Path
    stranger: Path
    wear: str
    frames: int
    seed: int

    @property
    def name(self) -> str:
        return f"{self.clip.stem.split('__')[-1]}-{self.wear}"

    @property
    def fields(self) -> int:
        return 2 * (LEAD + self.frames + TAIL)

    @property
    def identity(self) -> str:
        return f"{self.clip.name} {self.stranger.name} {self.wear} {self.frames} {self.seed}"


class Material:
    """Everything of one sample; nothing is made twice, and nothing that is not needed."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.standard: Standard = standard_of(sample.clip)

    @cached_property
    def scene(self) -> list[Full]:
        return read_scene(self.sample.clip, self.standard, self.sample.fields, SKIP)

    @cached_property
    def tape(self) -> list[Picture]:
        return record(self.scene, self.standard, wear_named(self.sample.wear), self.sample.seed)

    @cached_property
    def truth(self) -> list[Picture]:
        pictures = [
            truth_of(full, number / self.standard.field_rate) for number, full in enumerate(self.scene)
        ]
        return self.measured(pictures)

    @cached_property
    def woven(self) -> list[Picture]:
        """The tape as a plain player shows it, one picture a field."""
        return self.measured([picture for frame in self.tape for picture in [woven_420(frame)] * 2])

    @cached_property
    def camera(self) -> list[Full]:
        return film(self.scene, self.sample.seed)

    @cached_property
    def other_camera(self) -> list[Full]:
        scene = read_scene(self.sample.stranger, self.standard, self.sample.fields, SKIP)
        return film(scene, self.sample.seed + 1)

    def guide(self, kind: str) -> Iterable[Seen]:
        """``kind``: "placed", "misplaced" or "wrong"; made one by one, for they are many."""
        pictures = self.other_camera if kind == "wrong" else self.camera
        aside_px = MISPLACED_PX if kind == "misplaced" else 0.0
        return registered(pictures, self.tape, aside_px, self.sample.seed)

    def measured(self, films: Sequence[Picture]) -> list[Picture]:
        """The pictures and rows that count."""
        first = 2 * LEAD
        return [above(p, SWITCH_ROWS) for p in films[first : first + 2 * self.sample.frames]]


def crop_of(truth: Sequence[Picture], rows: int, columns: int) -> tuple[slice, slice]:
    """Where most is to be seen: fine detail, and something that moves. Even places."""
    middle = len(truth) // 2
    now, before = (truth[k].y.astype(np.float32) for k in (middle, max(0, middle - 1)))
    detail = np.abs(np.diff(now, axis=0, prepend=now[:1])) + np.abs(np.diff(now, axis=1, prepend=now[:, :1]))
    sums = np.pad((detail + np.abs(now - before)).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    total = sums[rows:, columns:] - sums[:-rows, columns:] - sums[rows:, :-columns] + sums[:-rows, :-columns]
    top, left = (int(k) // 2 * 2 for k in np.unravel_index(int(total.argmax()), total.shape))
    return slice(top, top + rows), slice(left, left + columns)
