from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.types import Segment, TakeState
from appliance.takes.store import add_segment, create_take, list_takes, load_take, save_take

MOMENT = datetime(2026, 11, 21, 10, 15, 0, tzinfo=timezone.utc)


def test_a_take_is_named_after_its_moment(paths: Paths) -> None:
    take = create_take(paths, MOMENT)
    assert take.id == "2026-11-21T10-15-00"
    assert take.created_at == "2026-11-21T10:15:00+00:00"
    assert (paths.take(take.id) / "work").is_dir()
    assert load_take(paths.take(take.id)) == take


def test_two_takes_of_one_second_do_not_meet(paths: Paths) -> None:
    ids = [create_take(paths, MOMENT).id for _ in range(3)]
    assert ids == ["2026-11-21T10-15-00", "2026-11-21T10-15-00-2", "2026-11-21T10-15-00-3"]
    assert [take.id for take in list_takes(paths)] == ids


def test_segments_are_kept_in_the_folder(paths: Paths, tape: Callable[..., Segment]) -> None:
    take = create_take(paths, MOMENT)
    folder = paths.take(take.id)
    take = add_segment(take, tape(0, 0.0, 4.0), folder)
    take = add_segment(take, replace(tape(1, 9.0, 3.0), complete=False), folder)
    loaded = load_take(folder)
    assert loaded == take
    assert loaded.interrupted
    assert [segment.path for segment in loaded.segments] == ["tape-00.mkv", "tape-01.mkv"]
    assert len(add_segment(take, tape(1, 9.0, 5.0), folder).segments) == 2


def test_a_save_that_fails_leaves_the_old_file(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, tape: Callable[..., Segment]
) -> None:
    take = create_take(paths, MOMENT)
    folder = paths.take(take.id)

    def no_power(descriptor: int) -> None:
        raise OSError("the power is gone")

    monkeypatch.setattr("appliance.takes.store.os.fsync", no_power)
    with pytest.raises(OSError, match="power"):
        save_take(replace(take, state=TakeState.RECORDED), folder)
    assert load_take(folder) == take


@pytest.mark.parametrize("text", ["", "{", json.dumps({"id": "x"})])
def test_a_damaged_take_has_a_name_and_hides_no_other(paths: Paths, text: str) -> None:
    good, bad = create_take(paths, MOMENT), create_take(paths, MOMENT)
    (paths.take(bad.id) / "take.json").write_text(text)
    with pytest.raises(Problem) as caught:
        load_take(paths.take(bad.id))
    assert caught.value.issue.code == "take-damaged"
    assert list_takes(paths) == (good,)


def test_no_take_at_all(paths: Paths, tmp_path: Path) -> None:
    (paths.takes / "lost+found").mkdir()
    assert list_takes(paths) == ()
    with pytest.raises(Problem):
        load_take(tmp_path)
