"""Files that FAT32 cannot hold: films cut into parts that play, anything else cut anywhere."""

from __future__ import annotations

import hashlib
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import av
import bagit
import numpy as np
import pytest

from appliance.core.problems import Problem
from appliance.core.types import Artifact, ArtifactRole, Receipt
from appliance.deliver.copy import deliver
from appliance.deliver.drives import VFAT_LIMIT_BYTES
from appliance.deliver.package import Item
from appliance.deliver.parts import plain_loads
from appliance.deliver.remux import FILE_BYTES, FilmParts, Sink, corrected, groups_of, plan_parts
from appliance.sim.stick import SimDrive, SimStick

TAKE = "2026-11-21-0001"
FRAMES, GROUP = 50, 5


class SmallFiles(SimDrive):
    """A stick whose file system holds small files only."""

    limit = 60_000

    @property
    def file_limit_bytes(self) -> int | None:
        return self.limit


def make_film(path: Path, codec: str, sound: str, pixel_format: str, group: int) -> None:
    """Two seconds of noise and a tone; pictures that refer to later ones where the codec knows them."""
    noise = np.random.default_rng(3)
    with av.open(str(path), "w") as film:
        pictures = film.add_stream(
            codec, rate=25, options={"g": str(group), "bf": "2", "preset": "ultrafast"}
        )
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, pixel_format
        tone = film.add_stream(sound, rate=48000, layout="mono")
        for number in range(FRAMES):
            frame = av.VideoFrame(64, 48, pixel_format)
            for plane in frame.planes:
                plane.update(noise.bytes(plane.buffer_size))
            frame.pts = number
            film.mux(pictures.encode(frame))
            block = av.AudioFrame.from_ndarray(
                noise.integers(-900, 900, (1, 1920)).astype(np.int16), "s16", "mono"
            )
            block.sample_rate, block.pts = 48000, number * 1920
            film.mux(tone.encode(block))
        film.mux(pictures.encode(None))
        film.mux(tone.encode(None))


@pytest.fixture(scope="module", params=["mp4", "mkv"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / f"film.{request.param}"
    if request.param == "mp4":
        make_film(path, "libx264", "aac", "yuv420p", GROUP)
    else:
        make_film(path, "ffv1", "pcm_s16le", "yuv422p", 1)
    return path


@pytest.fixture
def film(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """For a stick that takes it in three or four parts."""
    path = Path(shutil.copy(made, tmp_path))
    monkeypatch.setattr(SmallFiles, "limit", FILE_BYTES + path.stat().st_size // 3)
    return path


def artifact(path: Path, role: ArtifactRole = ArtifactRole.ACCESS) -> Artifact:
    return Artifact(path.name, role, hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)


def drive_of(stick: SimStick) -> SmallFiles:
    return SmallFiles(stick, stick.state.insertion)


def delivered(path: Path, drive: SimDrive, **more: object) -> Receipt:
    return deliver(TAKE, (artifact(path),), path.parent, drive, spare_mb=2, **more)  # type: ignore[arg-type]


def streams_in(path: Path) -> dict[str, list[bytes]]:
    """Every packet of each kind."""
    found = defaultdict(list)
    with av.open(str(path)) as film:
        for packet in film.demux():
            if packet.size:
                found[packet.stream.type].append(bytes(packet))
    return found


def pictures_in(path: Path) -> list[float]:
    with av.open(str(path)) as film:
        return [float(frame.time) for frame in film.decode(video=0)]


def test_a_film_comes_in_parts_that_each_play_and_hold_all_of_it(film: Path, stick: SimStick) -> None:
    receipt = delivered(film, drive_of(stick))
    parts = [Path(receipt.folder, one.path) for one in receipt.artifacts]
    count = len(parts)
    assert count > 2
    assert [part.name for part in parts] == [
        f"film part {n} of {count}{film.suffix}" for n in range(1, count + 1)
    ]
    assert max(part.stat().st_size for part in parts) <= SmallFiles.limit
    whole, joined = streams_in(film), defaultdict(list)
    for part in parts:
        for kind, packets in streams_in(part).items():
            joined[kind] += packets
    assert joined == whole
    times = [pictures_in(part) for part in parts]
    assert sum(map(len, times)) == FRAMES
    assert all(abs(part[0]) < 0.05 and np.allclose(np.diff(part), 0.04, atol=0.002) for part in times)


def test_sound_stays_with_its_pictures(film: Path, stick: SimStick) -> None:
    for one in delivered(film, drive_of(stick)).artifacts:
        with av.open(str(stick.folder / "2026-11-21 Tape 1" / one.path)) as part:
            lengths = [float(s.duration * s.time_base) if s.duration else None for s in part.streams]
            begins = [float((s.start_time or 0) * s.time_base) for s in part.streams]
        assert abs(begins[0] - begins[1]) < 0.05
        assert None in lengths or abs(lengths[0] - lengths[1]) < 0.1


def test_the_parts_are_in_the_bag_with_their_fingerprints(film: Path, stick: SimStick) -> None:
    receipt = delivered(film, drive_of(stick))
    bagit.Bag(receipt.folder).validate()
    for one in receipt.artifacts:
        assert hashlib.sha256(Path(receipt.folder, one.path).read_bytes()).hexdigest() == one.sha256
    note = Path(receipt.folder, "parts-sha256.txt").read_text()
    assert note.count(artifact(film).sha256) == len(receipt.artifacts)
    assert not Path(receipt.folder, "How to join the parts.txt").exists()
    page = Path(receipt.folder, "Start here.html").read_text()
    assert f"film part 1 of {len(receipt.artifacts)}" in page


def test_a_delivery_again_finds_the_parts_and_only_checks_them(film: Path, stick: SimStick) -> None:
    first = delivered(film, drive_of(stick))
    marks = {one.path: Path(first.folder, one.path).stat().st_ino for one in first.artifacts}
    again = delivered(film, drive_of(stick))
    assert again.artifacts == first.artifacts
    assert {one.path: Path(again.folder, one.path).stat().st_ino for one in again.artifacts} == marks


def test_a_damaged_part_is_made_again(film: Path, stick: SimStick) -> None:
    first = delivered(film, drive_of(stick))
    part = Path(first.folder, first.artifacts[1].path)
    good = part.read_bytes()
    part.write_bytes(b"x" + good[1:])
    assert delivered(film, drive_of(stick)).artifacts == first.artifacts
    assert part.read_bytes() == good


def test_on_another_kind_of_stick_the_film_is_whole(film: Path, stick: SimStick) -> None:
    delivered(film, drive_of(stick))
    receipt = delivered(film, stick.drives()[0])  # type: ignore[arg-type]
    assert [one.path for one in receipt.artifacts] == [f"data/{film.name}"]
    assert Path(receipt.folder, f"data/{film.name}").read_bytes() == film.read_bytes()


def test_what_is_no_film_is_cut_anywhere_and_a_note_tells_how_to_join_it(
    tmp_path: Path, stick: SimStick
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(np.random.default_rng(1).bytes(150_000))
    receipt = delivered(path, drive_of(stick))
    parts = [Path(receipt.folder, one.path) for one in receipt.artifacts]
    assert [part.name for part in parts] == ["film.mp4.001", "film.mp4.002", "film.mp4.003"]
    assert b"".join(part.read_bytes() for part in parts) == path.read_bytes()
    note = Path(receipt.folder, "How to join the parts.txt").read_text()
    assert 'copy /b "film.mp4.001" + "film.mp4.002" + "film.mp4.003" "film.mp4"' in note
    bagit.Bag(receipt.folder).validate()
    assert delivered(path, drive_of(stick)).artifacts == receipt.artifacts


def test_parts_may_be_made_smaller_than_the_file_system_wants(tmp_path: Path, stick: SimStick) -> None:
    path = tmp_path / "notes.bin"
    path.write_bytes(bytes(2_500_000))

    class Fat(SmallFiles):
        limit = (1 << 32) - 1

    fat = Fat(stick, stick.state.insertion)
    assert [one.size_bytes for one in delivered(path, fat, part_mb=1).artifacts] == [
        1_000_000,
        1_000_000,
        500_000,
    ]
    assert [one.path for one in delivered(path, fat).artifacts] == ["data/notes.bin"]
    whole = deliver("other", (artifact(path),), tmp_path, stick.drives()[0], spare_mb=2, part_mb=1)
    assert [one.path for one in whole.artifacts] == ["data/notes.bin"], "only where there is a limit at all"


def test_five_gigabytes_that_are_no_film_are_two_parts_on_fat32(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(5_000_000_000)
    huge = Artifact(path.name, ArtifactRole.ACCESS, "0" * 64, 5_000_000_000)
    loads = plain_loads(Item(huge, "data/film.mp4"), path, VFAT_LIMIT_BYTES)
    assert [load.item.artifact.size_bytes for load in loads] == [4_294_967_295, 705_032_705]
    assert len(next(loads[1].read(1 << 16))) == 1 << 16


def test_a_single_picture_larger_than_the_limit_is_no_film_to_be_cut(film: Path) -> None:
    assert plan_parts(film, 2000) is None


def test_the_box_sees_that_somebody_is_still_looking_for_where_to_cut(film: Path) -> None:
    """A film of hours is read twice for that; without a sign of life the watchdog would end the worker."""
    signs: list[None] = []
    assert plan_parts(film, SmallFiles.limit, lambda: signs.append(None)) is not None
    assert len(signs) >= 2 * FRAMES // GROUP


def test_a_film_that_changed_on_the_box_is_not_cut(film: Path, stick: SimStick) -> None:
    wanted = artifact(film)
    film.write_bytes(film.read_bytes() + b"x")
    with pytest.raises(Problem) as caught:
        deliver(TAKE, (wanted,), film.parent, drive_of(stick), spare_mb=2)
    assert caught.value.issue.code == "source-changed"


def test_a_stick_that_lies_about_a_part_is_caught(film: Path, stick: SimStick) -> None:
    stick.set_forgetful(True)
    with pytest.raises(Problem) as caught:
        delivered(film, drive_of(stick))
    assert caught.value.issue.code == "stick-failed"


def test_a_stick_pulled_in_mid_part_gets_all_parts_when_it_comes_back(film: Path, stick: SimStick) -> None:
    pulled: list[Callable[[], None]] = [stick.unplug]

    def progress(fraction: float, text: str) -> None:
        if "part 2" in text and pulled:
            pulled.pop()()

    with pytest.raises(Problem) as caught:
        delivered(film, drive_of(stick), progress=progress)
    assert caught.value.issue.code == "stick-absent"
    stick.plug()
    bagit.Bag(delivered(film, drive_of(stick)).folder).validate()


def test_parts_are_the_same_each_time_and_of_the_planned_size(film: Path) -> None:
    plan = plan_parts(film, SmallFiles.limit)
    assert plan is not None
    first, second = FilmParts(film, plan), FilmParts(film, plan)
    for number, part in enumerate(plan):
        data = b"".join(first.read(number, 7_001))
        assert data == b"".join(second.read(number, 1 << 20))
        assert len(data) == part.size_bytes


def test_a_sink_keeps_corrections_apart_and_they_end_in_their_places() -> None:
    sink = Sink()
    sink.write(b"size ????, ")
    sink.write(b"then more")
    sink.seek(5)
    sink.write(b"0020")
    sink.seek(0, 2)
    sink.write(b"!")
    assert sink.corrections == [(5, b"0020")]
    data = sink.take()
    for size in (1, 3, 100):
        blocks = (data[start : start + size] for start in range(0, len(data), size))
        assert b"".join(corrected(blocks, sink.corrections)) == b"size 0020, then more!"


def test_late_sound_goes_with_the_pictures_that_it_belongs_to(tmp_path: Path) -> None:
    """In this film all sound lies half a second behind its pictures."""
    source, path = tmp_path / "source.mkv", tmp_path / "late.mkv"
    make_film(source, "ffv1", "pcm_s16le", "yuv422p", 1)
    with av.open(str(source)) as old, av.open(str(path), "w", options={"max_interleave_delta": "1"}) as new:
        streams = {stream.index: new.add_stream_from_template(stream) for stream in old.streams}
        packets = [packet for packet in old.demux() if packet.size]
        late = {"video": 0.0, "audio": 0.5}
        for packet in sorted(packets, key=lambda p: float(p.pts * p.time_base) + late[p.stream.type]):
            packet.stream = streams[packet.stream_index]
            new.mux_one(packet)
    with av.open(str(path)) as film:
        groups = list(groups_of(film))
        stops = [group.start for group in groups[1:]] + [groups[-1].start + 9]
        for group, stop in zip(groups, stops, strict=True):
            times = [p.pts * p.time_base for p in group.packets if p.stream.type == "audio"]
            assert all(group.start <= time < stop for time in times)
        assert sum(len(group.packets) for group in groups) == len(packets)
