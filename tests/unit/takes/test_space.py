from __future__ import annotations

from pathlib import Path

import pytest

from appliance.core.problems import Problem
from appliance.takes import space
from appliance.takes.space import (
    bytes_per_second,
    check_card_space,
    check_space,
    free_bytes,
    keep_reserve,
    minutes_left,
    spend_reserve,
)


def test_a_camera_shortens_the_time() -> None:
    tape, pair = (minutes_left(100_000_000_000, bytes_per_second(devices)) for devices in (1, 2))
    assert 60 < pair < tape < 120


def test_a_calm_tape_lasts_longer_once_it_was_measured() -> None:
    assumed = bytes_per_second(1)
    assert bytes_per_second(1, bytes_written=5_000_000 * 60, elapsed_s=60) < assumed
    assert bytes_per_second(1, bytes_written=15_000_000 * 60, elapsed_s=60) > assumed
    assert bytes_per_second(1, bytes_written=5_000_000, elapsed_s=1) == assumed


def test_no_space_is_no_minutes() -> None:
    assert minutes_left(0, bytes_per_second(1)) == 0


def test_too_little_room_is_refused_by_name() -> None:
    check_space(5.0, 5.0)
    with pytest.raises(Problem, match="about 4 minutes") as caught:
        check_space(4.2, 5.0)
    assert caught.value.issue.code == "space-low"


def test_the_disk_is_asked(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0


def test_films_of_twice_the_size_leave_room_for_less() -> None:
    assert bytes_per_second(1, larger_films=True) > 1.5 * bytes_per_second(1)


def test_a_card_must_fit_with_a_little_to_spare() -> None:
    check_card_space(free=2_500_000_000, needed=2_000_000_000)
    with pytest.raises(Problem, match=r"They take 2\.0 GB; 0\.3 GB more must be free") as caught:
        check_card_space(free=2_200_000_000, needed=2_000_000_000)
    assert caught.value.issue.code == "card-no-room"


def test_room_is_put_by_while_there_is_plenty_and_given_back_when_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 0
    monkeypatch.setattr(space, "free_bytes", lambda folder: free)
    reserve = tmp_path / space.RESERVE_FILE
    keep_reserve(tmp_path)
    assert not reserve.exists(), "a nearly full disk is not made fuller"
    free = space.PLENTY_BYTES
    keep_reserve(tmp_path)
    assert reserve.stat().st_blocks * 512 >= space.RESERVE_BYTES, "really taken, no hole"
    spend_reserve(tmp_path)
    assert reserve.exists()
    free = space.FULL_BYTES - 1
    spend_reserve(tmp_path)
    assert not reserve.exists()
    spend_reserve(tmp_path)
