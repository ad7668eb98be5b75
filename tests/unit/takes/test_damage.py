"""Files as power cuts and worn disks leave them: every picture before the tear is kept, and told rightly."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from appliance.core.media import read_pictures
from appliance.core.paths import Paths
from appliance.core.types import Take, TakeState
from appliance.takes.recover import recover_take
from appliance.takes.store import create_take, save_take
from tests.unit.takes.conftest import noise

FRAMES = 24
TRIES = 4
CLUSTER = 13  # frames that hang together in the file
Damage = Callable[[bytes, int, random.Random], bytes]


def cut(data: bytes, at: int, chance: random.Random) -> bytes:
    return data[:at]


def zeros(data: bytes, at: int, chance: random.Random) -> bytes:
    """The file's length reached the disk before its content."""
    return data[:at] + bytes(len(data) - at)


def more_zeros(data: bytes, at: int, chance: random.Random) -> bytes:
    return data[:at] + bytes(100_000)


def garbage(data: bytes, at: int, chance: random.Random) -> bytes:
    return data[:at] + chance.randbytes(len(data) - at)


class Spoiled:
    """One recording, and takes that are damaged copies of it."""

    def __init__(self, paths: Paths, record: Callable[..., None]) -> None:
        self.take: Take = create_take(paths)
        self.folder = paths.take(self.take.id)
        path = self.folder / "tape-00.mkv"
        record(path, tuple(range(FRAMES)))
        self.whole, self.log = path.read_bytes(), path.with_suffix(".csv").read_bytes()
        with av.open(str(path)) as container:
            self.begins = [packet.pos for packet in container.demux(video=0) if packet.size]

    def recovered(self, data: bytes) -> tuple[Take, list[int]]:
        """The take, and the numbers of its pictures, each of which is what was recorded."""
        for file in self.folder.iterdir():
            if file.is_file():
                file.unlink()
        (self.folder / "tape-00.mkv").write_bytes(data)
        (self.folder / "tape-00.csv").write_bytes(self.log)
        save_take(self.take, self.folder)
        take = recover_take(self.folder, self.take).take
        numbers = []
        for segment in take.segments:
            for picture in read_pictures(self.folder / segment.path):
                numbers.append(round(picture.time_s * 25))
                assert np.array_equal(picture.y, grey(numbers[-1])), (
                    "no damaged picture passes for a good one"
                )
        return take, numbers


def grey(number: int) -> np.ndarray:
    picture = av.VideoFrame.from_ndarray(noise(number), "gray").reformat(format="yuv422p")
    plane = picture.planes[0]
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]


@pytest.fixture
def spoiled(paths: Paths, record: Callable[..., None]) -> Spoiled:
    return Spoiled(paths, record)


@pytest.mark.parametrize("damage", [cut, zeros, more_zeros, garbage])
def test_every_picture_before_the_tear_is_kept_and_no_other_is_counted(
    spoiled: Spoiled, damage: Damage
) -> None:
    chance = random.Random(damage.__name__)
    for at in (0, 3, 60, 400, *(chance.randrange(700, len(spoiled.whole)) for _ in range(TRIES))):
        take, numbers = spoiled.recovered(damage(spoiled.whole, at, chance))
        before = sum(end <= at for end in spoiled.begins[1:])  # the next one's beginning: it was whole
        assert numbers == list(range(len(numbers))), at
        assert before <= len(numbers) <= before + 1, at
        assert sum(s.frames for s in take.segments) == len(numbers), at
        assert sum(s.duration_s for s in take.segments) == pytest.approx(len(numbers) / 25), at
        assert take.state is (TakeState.RECORDED if numbers else TakeState.FAILED), at


def test_a_hole_in_the_middle_costs_what_lay_in_it_and_no_more_than_a_moment(spoiled: Spoiled) -> None:
    for at in range(4096, len(spoiled.whole) - 8192, len(spoiled.whole) // 6):
        data = spoiled.whole[:at] + bytes(4096) + spoiled.whole[at + 4096 :]
        take, numbers = spoiled.recovered(data)
        first = sum(begin <= at for begin in spoiled.begins) - 1
        assert set(range(first)) <= set(numbers), at
        assert set(range(first + CLUSTER, FRAMES)) <= set(numbers), at
        assert take.state is TakeState.RECORDED


def test_the_tail_that_was_left_out_leaves_a_film_that_seeks(spoiled: Spoiled) -> None:
    take, numbers = spoiled.recovered(zeros(spoiled.whole, spoiled.begins[17] + 900, random.Random(1)))
    assert len(numbers) == 17
    with av.open(str(spoiled.folder / "tape-00.mkv")) as container:
        container.seek(int(0.6 * av.time_base))
        assert next(container.decode(video=0)).time == pytest.approx(0.6, abs=0.06)
        assert container.duration / av.time_base == pytest.approx(take.segments[0].duration_s, abs=0.06)


def test_a_segment_without_its_log_is_kept(spoiled: Spoiled, tmp_path: Path) -> None:
    spoiled.log = b""
    take, numbers = spoiled.recovered(spoiled.whole[: spoiled.begins[10]])
    assert len(numbers) == take.segments[0].frames == 10
