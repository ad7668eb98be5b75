"""A take that gets films later must still have its own; names stay as the camera gave them."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.core.problems import Problem
from appliance.core.types import Role, Segment, Take, TakeState
from appliance.takes.clips import place_for, take_with_masters
from appliance.takes.store import save_take


def test_names_stay_and_a_second_one_gets_a_number() -> None:
    taken = ["camera-00.mkv"]
    for name in ("MVI_0001.MP4", "mvi_0001.mp4", "MVI_0001.MP4", "MVI_0002.MP4"):
        taken.append(place_for(name, taken))
    assert taken[1:] == [
        "clips/MVI_0001.MP4",
        "clips/mvi_0001 2.mp4",
        "clips/MVI_0001 3.MP4",
        "clips/MVI_0002.MP4",
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "2026-11-21T10-00-00"
    folder.mkdir()
    segments = tuple(
        Segment(role, 0, f"{role.value}-00.mkv", 0.0, 1.0, 25, 0, complete=True) for role in Role
    )
    save_take(Take(folder.name, "2026-11-21", TakeState.RECORDED, segments), folder)
    (folder / "tape-00.mkv").touch()
    return folder


def code_of(folder: Path) -> str:
    with pytest.raises(Problem) as caught:
        take_with_masters(folder)
    return caught.value.issue.code


def test_only_the_recording_of_the_tape_must_be_there(folder: Path) -> None:
    assert take_with_masters(folder).id == folder.name


def test_a_take_whose_master_was_deleted_is_named(folder: Path) -> None:
    (folder / "tape-00.mkv").unlink()
    assert code_of(folder) == "take-gone"
    (folder / "take.json").write_text("torn")
    assert code_of(folder) == "take-damaged"
    (folder / "take.json").unlink()
    assert code_of(folder) == "take-gone"
    assert code_of(folder / "nowhere") == "take-gone"
