"""The simulated stick behaves as a real one would, seen from two processes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.deliver.drives import Drive
from appliance.sim.stick import SimStick


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path)


@pytest.fixture
def stick(paths: Paths) -> SimStick:
    stick = SimStick(paths)
    stick.plug(10)
    return stick


def put(drive: Drive, path: str, size: int) -> None:
    with closing(drive.create(path)) as file:
        file.write(bytes(size))
        file.sync()


def code_of(drive: Drive, path: str = "film", size: int = 10) -> str:
    with pytest.raises(Problem) as caught:
        put(drive, path, size)
    return caught.value.issue.code


def test_no_stick_at_first(paths: Paths) -> None:
    assert SimStick(paths).drives() == ()


def test_it_has_its_size(stick: SimStick) -> None:
    drive = stick.drives()[0]
    assert drive.status().free_bytes == 10_000_000
    put(drive, "film", 4_000_000)
    assert 5_990_000 < drive.status().free_bytes <= 6_000_000
    assert code_of(drive, "second", 6_500_000) == "stick-full"
    assert drive.status().free_bytes == 0


def test_another_process_sees_the_plug_pulled(stick: SimStick, paths: Paths) -> None:
    worker = SimStick(paths)
    drive = worker.drives()[0]
    stick.unplug()
    assert worker.drives() == ()
    assert code_of(drive) == "stick-absent"
    with pytest.raises(Problem):
        drive.status()


def test_what_was_not_synced_is_lost_with_the_stick(stick: SimStick) -> None:
    drive = stick.drives()[0]
    file = drive.create("film")
    file.write(b"safe")
    file.sync()
    file.write(b"lost")
    stick.unplug()
    with pytest.raises(Problem) as caught:
        file.sync()
    file.close()
    assert caught.value.issue.code == "stick-absent"
    stick.plug()
    assert (stick.folder / "film").read_bytes() == b"safe"


def test_the_same_stick_comes_back_and_another_is_empty(stick: SimStick) -> None:
    put(stick.drives()[0], "film", 100)
    stick.unplug()
    stick.plug()
    assert stick.drives()[0].exists("film")
    assert stick.drives()[0].status().size_bytes == 10_000_000
    stick.plug(20)
    assert not stick.drives()[0].exists("film")


def test_an_old_handle_does_not_reach_a_stick_plugged_in_again(stick: SimStick) -> None:
    drive = stick.drives()[0]
    stick.unplug()
    stick.plug()
    assert code_of(drive) == "stick-absent"
    put(stick.drives()[0], "film", 10)


def test_plugging_in_what_is_plugged_in_disturbs_nobody(stick: SimStick) -> None:
    drive = stick.drives()[0]
    stick.plug(10)
    put(drive, "film", 10)


def test_full_and_empty_again(stick: SimStick) -> None:
    drive = stick.drives()[0]
    put(drive, "film", 2_000_000)
    stick.fill()
    assert drive.status().free_bytes == 1_000_000
    assert code_of(drive, "more", 1_500_000) == "stick-full"
    stick.empty()
    put(drive, "more", 1_500_000)
    assert drive.exists("film")


def test_read_only(stick: SimStick) -> None:
    drive = stick.drives()[0]
    stick.set_read_only(True)
    assert drive.status().read_only
    assert code_of(drive) == "stick-read-only"
    stick.set_read_only(False)
    put(drive, "film", 10)


def test_released_until_it_is_plugged_in_again(stick: SimStick, paths: Paths) -> None:
    stick.eject()
    drive = SimStick(paths).drives()[0]
    assert drive.status().safe_to_remove
    assert code_of(drive) == "stick-absent"
    stick.unplug()
    stick.plug()
    assert not stick.drives()[0].status().safe_to_remove


def test_a_forgetful_stick_gives_back_something_else(stick: SimStick) -> None:
    stick.set_forgetful(True)
    drive = stick.drives()[0]
    put(drive, "film", 10)
    assert b"".join(drive.read("film")) != bytes(10)


def test_a_stick_may_be_plugged_in_without_a_size(paths: Paths) -> None:
    stick = SimStick(paths)
    stick.plug()
    assert stick.drives()[0].status().free_bytes == 2_000_000_000
