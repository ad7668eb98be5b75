"""Recordings whose description was lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.core.paths import Paths
from appliance.core.types import Role, Segment, Take, TakeState
from appliance.takes.orphans import adopt_orphans
from appliance.takes.recover import recover_takes
from appliance.takes.store import TAKE, add_segment, create_take, load_take

Record = Callable[..., None]
ID = "2026-11-21T10-15-00"


@pytest.fixture
def folder(paths: Paths, record: Record) -> Path:
    made = paths.take(ID)
    made.mkdir(parents=True)
    record(made / "tape-00.mkv", tuple(range(10)))
    record(made / "camera-00.mkv", tuple(range(8)), started_s=0.2)
    return made


@pytest.mark.parametrize("content", [None, b"", b"\x00" * 300, b'{"id": "2026', b"[]", b"\xff\xfe"])
def test_a_recording_without_its_description_is_a_take_again(
    paths: Paths, folder: Path, content: bytes | None
) -> None:
    if content is not None:
        (folder / "take.json").write_bytes(content)
    (recovery,) = recover_takes(paths)
    take = load_take(folder)
    assert take == recovery.take
    assert (take.id, take.created_at) == (ID, "2026-11-21T10:15:00+00:00")
    assert (take.state, take.interrupted) == (TakeState.RECORDED, True)
    assert [(s.role, s.frames, s.start_s) for s in take.segments] == [
        (Role.TAPE, 10, 0.0),
        (Role.CAMERA, 8, 0.2),
    ]
    if content is not None:
        assert (folder / "take.json.damaged").read_bytes() == content
    assert recover_takes(paths) == ()


def test_the_description_that_was_about_to_be_written_is_taken(
    paths: Paths, folder: Path, tape: Callable[..., Segment]
) -> None:
    whole = Take(ID, "2026-11-21T10:15:00+00:00", TakeState.RECORDED, (tape(0, 0.0, 0.4),), ended_by="button")
    (folder / ".take.json.new").write_bytes(TAKE.dump_json(whole))
    assert adopt_orphans(paths) == (ID,)
    assert load_take(folder) == whole


def test_whole_takes_and_empty_folders_are_left_alone(
    paths: Paths, record: Record, tape: Callable[..., Segment]
) -> None:
    take = create_take(paths)
    record(paths.take(take.id) / "tape-00.mkv", tuple(range(10)))
    add_segment(take, tape(0, 0.0, 0.4), paths.take(take.id))
    before = (paths.take(take.id) / "take.json").read_bytes()
    (paths.takes / "lost+found").mkdir()
    assert adopt_orphans(paths) == ()
    assert (paths.take(take.id) / "take.json").read_bytes() == before


def test_a_folder_of_another_name_counts_from_its_first_file(paths: Paths, folder: Path) -> None:
    folder.rename(paths.take("grandmother"))
    (recovery,) = recover_takes(paths)
    assert recovery.take.id == "grandmother"
    assert recovery.take.created_at > "2026-01-01"


def test_one_that_cannot_be_written_keeps_no_other_back(
    paths: Paths, folder: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    from appliance.takes import orphans

    other = paths.take("2026-11-22T10-15-00")
    other.mkdir()
    record(other / "tape-00.mkv", tuple(range(5)))
    save = orphans.save_take

    def full(take: Take, where: Path) -> None:
        if where == folder:
            raise OSError(28, "No space left on device")
        save(take, where)

    monkeypatch.setattr(orphans, "save_take", full)
    assert adopt_orphans(paths) == (other.name,)
    monkeypatch.undo()
    assert adopt_orphans(paths) == (ID,)
