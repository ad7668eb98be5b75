"""Progress only grows, and says what is left."""

from appliance.core.snapshot import JobProgress
from appliance.core.types import Stage
from appliance.worker import progress as module
from appliance.worker.progress import SHARE, Progress


def test_the_whole_grows_through_all_stages() -> None:
    told: list[JobProgress] = []
    progress = Progress("t", told.append)
    for stage in SHARE:
        for step in range(5):
            progress(stage, step / 4, stage.value)
    fractions = [p.fraction for p in told]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] > 0.999
    assert set(progress.seconds) == {stage.value for stage in SHARE}


def test_the_rest_is_estimated_from_the_speed_so_far(monkeypatch) -> None:
    now_s = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now_s[0])
    told: list[JobProgress] = []
    progress = Progress("t", told.append)
    progress(Stage.ENHANCE, 0.0, "")
    assert told[-1].remaining_s is None
    now_s[0] += 42.0
    progress(Stage.ENHANCE, 0.5, "")
    done = told[-1].fraction - told[0].fraction
    assert abs(told[-1].remaining_s - 42.0 * (1 - told[-1].fraction) / done) < 1e-6
