from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import pytest

from appliance.core.media import probe, read_pictures
from appliance.core.paths import Paths
from appliance.core.types import Role, Segment, Take, TakeState
from appliance.takes import remux
from appliance.takes.recover import recover_take, recover_takes
from appliance.takes.remux import read_content
from appliance.takes.store import add_segment, create_take, load_take, save_take

Record = Callable[..., None]


@pytest.fixture
def take(paths: Paths) -> Take:
    return create_take(paths)


@pytest.fixture
def folder(paths: Paths, take: Take) -> Path:
    return paths.take(take.id)


def tear(path: Path, share: float = 0.7) -> None:
    """As if the power had gone in mid-write: the rest of the file never reached the disk."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def test_a_torn_segment_is_sealed(take: Take, folder: Path, record: Record) -> None:
    record(folder / "tape-00.mkv")
    tear(folder / "tape-00.mkv")
    readable = len(list(read_pictures(folder / "tape-00.mkv")))
    assert 50 < readable < 80
    recovery = recover_take(folder, take)
    (segment,) = recovery.take.segments
    assert (segment.frames, segment.lost_frames, segment.complete) == (readable, 0, False)
    assert (segment.start_s, segment.duration_s) == (0.0, readable / 25)
    assert segment.device == "Pattern VCR"
    assert (recovery.take.state, recovery.take.interrupted, recovery.take.ended_by) == (
        TakeState.RECORDED,
        True,
        "power",
    )
    assert load_take(folder) == recovery.take
    assert f"{100 - readable} had not reached the disk" in recovery.notes[0]
    assert recovery.issues[0].code == "take-recovered"


def test_the_sealed_file_has_its_index_and_every_readable_byte(
    take: Take, folder: Path, record: Record
) -> None:
    path = folder / "tape-00.mkv"
    record(path)
    tear(path)
    before = read_content(path)
    recover_take(folder, take)
    after = read_content(path)
    assert (after.check, after.packets) == (before.check, before.packets)
    info = probe(path)
    assert info.duration_s == pytest.approx(after.duration_s, abs=0.05)
    assert (info.codec, info.field_order, info.pixel_format) == ("ffv1", "tff", "yuv422p")
    with av.open(str(path)) as container:
        container.seek(int(after.duration_s * 0.5 * av.time_base))
        landed = next(container.decode(video=0)).time
        assert landed == pytest.approx(after.duration_s / 2, abs=0.6)


def test_lost_frames_are_counted_in_the_file(take: Take, folder: Path, record: Record) -> None:
    record(folder / "tape-00.mkv", tuple(n for n in range(60) if n not in (10, 11, 12, 30)))
    (segment,) = recover_take(folder, take).take.segments
    assert (segment.frames, segment.lost_frames, segment.duration_s) == (56, 4, 2.4)


def test_wherever_it_was_cut(take: Take, folder: Path, record: Record) -> None:
    path = folder / "tape-00.mkv"
    record(path, tuple(range(30)))
    whole = path.read_bytes()
    for share in (0.999, 0.93, 0.71, 0.52, 0.37):
        path.write_bytes(whole[: int(len(whole) * share)])
        (segment,) = recover_take(folder, take).take.segments
        pictures = list(read_pictures(path))
        assert len(pictures) == segment.frames > 0
        save_take(take, folder)


@pytest.mark.parametrize("content", [b"", b"\x1a\x45\xdf\xa3", b"no film" * 1000])
def test_a_file_without_a_picture_is_put_aside(take: Take, folder: Path, content: bytes) -> None:
    (folder / "tape-00.mkv").write_bytes(content)
    recovery = recover_take(folder, take)
    assert recovery.take.segments == ()
    assert recovery.take.state is TakeState.FAILED
    assert (folder / "tape-00.mkv.unreadable").read_bytes() == content
    assert "no readable picture" in recovery.notes[0]
    assert recovery.issues[0].code == "take-empty"


def test_segments_that_were_closed_stay_as_they_are(
    take: Take, folder: Path, record: Record, tape: Callable[..., Segment]
) -> None:
    record(folder / "tape-00.mkv", started_s=0)
    record(folder / "tape-01.mkv", started_s=20.5)
    record(folder / "camera-00.mkv", started_s=2.25)
    closed = (folder / "tape-00.mkv").read_bytes()
    take = add_segment(take, tape(0, 0.0, 4.0), folder)
    tear(folder / "tape-01.mkv")
    recovery = recover_take(folder, take)
    assert (folder / "tape-00.mkv").read_bytes() == closed
    starts = {(s.role, s.index): s.start_s for s in recovery.take.segments}
    assert starts == {(Role.TAPE, 0): 0.0, (Role.TAPE, 1): 20.5, (Role.CAMERA, 0): 2.25}
    assert recovery.take.segments[0].complete


def test_a_second_time_changes_nothing(take: Take, folder: Path, record: Record) -> None:
    record(folder / "tape-00.mkv")
    tear(folder / "tape-00.mkv")
    once = recover_take(folder, take).take
    sealed = read_content(folder / "tape-00.mkv")
    assert recover_take(folder, once).take == once
    # and when the power went after the file was sealed, before take.json said so
    save_take(take, folder)
    assert recover_take(folder, take).take == once
    assert read_content(folder / "tape-00.mkv").check == sealed.check


@pytest.mark.parametrize("moment", ["copy_packets", "sync_folder"])
def test_killed_in_the_middle_of_recovery_nothing_is_lost(
    take: Take, folder: Path, record: Record, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    path = folder / "tape-00.mkv"
    record(path)
    tear(path)
    content = read_content(path)

    def killed(*arguments: object) -> None:
        if moment == "copy_packets":
            Path(arguments[1]).write_bytes(b"half a copy")  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(remux, moment, killed)
        patch.setattr(Path, "unlink", lambda *a, **k: None)  # a killed process tidies nothing up
        with pytest.raises(KeyboardInterrupt):
            recover_take(folder, take)
    assert (read_content(path).check, read_content(path).frames) == (content.check, content.frames)
    assert load_take(folder).state is TakeState.RECORDING
    (segment,) = recover_take(folder, load_take(folder)).take.segments
    assert segment.frames == content.frames
    assert sorted(p.name for p in folder.iterdir()) == ["take.json", "tape-00.csv", "tape-00.mkv", "work"]


def test_a_copy_that_lacks_something_never_replaces_the_original(
    take: Take, folder: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "tape-00.mkv"
    record(path)
    tear(path)
    original = path.read_bytes()

    def half(source: Path, fresh: Path, torn_pts: int | None) -> None:
        record(fresh, tuple(range(5)))

    monkeypatch.setattr(remux, "copy_packets", half)
    recovery = recover_take(folder, take)
    assert path.read_bytes() == original
    assert "kept as it is" in recovery.notes[0]
    assert recovery.take.segments[0].frames == read_content(path).frames


def test_only_takes_that_were_recording_are_recovered(paths: Paths, take: Take, record: Record) -> None:
    other = create_take(paths)
    save_take(replace(other, state=TakeState.DELIVERED), paths.take(other.id))
    record(paths.take(take.id) / "tape-00.mkv")
    assert [recovery.take.id for recovery in recover_takes(paths)] == [take.id]
    assert recover_takes(paths) == ()
