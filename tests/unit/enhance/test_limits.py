"""Frame sizes that no model takes are refused with their name; odd ones are not."""

from __future__ import annotations

import pytest

from appliance.core.problems import Problem
from appliance.enhance.limits import check_size


@pytest.mark.parametrize("size", [(16, 8), (720, 16), (1, 1), (3840, 2160), (10000, 400), (400, 1300)])
def test_tiny_and_huge_frames_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(Problem) as raised:
        check_size(*size, "tape.avi")
    assert raised.value.issue.code == "frame-size"
    assert f"{size[0]} × {size[1]}" in raised.value.issue.cause
    assert "tape.avi" in raised.value.issue.title


def test_a_film_of_twice_the_size_has_half_the_limit() -> None:
    check_size(1024, 576, "tape.avi", 2)
    with pytest.raises(Problem) as raised:
        check_size(1280, 720, "tape.avi", 2)
    assert "for a film 2 times as large it takes no more than 1024 × 640" in raised.value.issue.cause
    assert "standard" in raised.value.issue.remedy


@pytest.mark.parametrize("size", [(720, 576), (720, 480), (97, 65), (32, 32), (1920, 1080)])
def test_tapes_and_odd_sizes_are_taken(size: tuple[int, int]) -> None:
    check_size(*size, "tape.avi")
