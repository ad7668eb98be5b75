"""How far a job is, told to whoever listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from appliance.core.snapshot import JobProgress
from appliance.core.types import Stage

SHARE = {Stage.SYNC: 0.03, Stage.REGISTER: 0.03, Stage.ENHANCE: 0.84, Stage.ENCODE: 0.04, Stage.DELIVER: 0.06}
IMPORT_SHARE = {Stage.IMPORT: 1.0}
MINIMUM_S = 2.0
REPEAT_S = 1.0  # what has not changed is not told more often than this


class Progress:
    """Turns the progress of one stage into that of the whole job, with an estimate of the rest.

    ``seconds`` holds how long each stage took so far. ``recipe`` and ``steps`` are told along, once somebody
    has set them.
    """

    def __init__(
        self, take_id: str, tell: Callable[[JobProgress], None], share: Mapping[Stage, float] = SHARE
    ) -> None:
        self.take_id = take_id
        self.recipe = ""
        self.steps: tuple[str, ...] = ()
        self._share = share
        self.seconds: dict[str, float] = {}
        self._tell = tell
        self._begun_s = time.monotonic()
        self._first: float | None = None
        self._stage: Stage | None = None
        self._stage_begun_s = 0.0
        self._told: tuple[float, str] = (-1.0, "")
        self._told_at_s = 0.0

    def __call__(self, stage: Stage, fraction: float, text: str) -> None:
        self._count(stage)
        before = sum(share for other, share in self._share.items() if order(other) < order(stage))
        whole = min(1.0, before + self._share[stage] * min(1.0, max(0.0, fraction)))
        if self._first is None:
            self._first = whole
        now_s = time.monotonic()
        if (whole, text) != self._told or now_s - self._told_at_s >= REPEAT_S:
            self._told, self._told_at_s = (whole, text), now_s
            left_s = self._remaining_s(whole)
            self._tell(
                JobProgress(self.take_id, stage, whole, text, left_s, recipe=self.recipe, steps=self.steps)
            )

    def _count(self, stage: Stage) -> None:
        now_s = time.monotonic()
        if self._stage is not None:
            spent_s = now_s - self._stage_begun_s
            self.seconds[self._stage.value] = self.seconds.get(self._stage.value, 0.0) + spent_s
        if stage is not self._stage:
            self.on_stage(stage)
        self._stage, self._stage_begun_s = stage, now_s

    def on_stage(self, stage: Stage) -> None:
        """Called when the job reaches another stage."""

    def on_chunk(self) -> None:
        """Called when a part of the film is finished that no crash takes away any more."""

    def _remaining_s(self, whole: float) -> float | None:
        spent_s = time.monotonic() - self._begun_s
        done = whole - (self._first or 0.0)
        if spent_s < MINIMUM_S or done < 0.01:
            return None
        return spent_s * (1 - whole) / done


def order(stage: Stage) -> int:
    return list(Stage).index(stage)
