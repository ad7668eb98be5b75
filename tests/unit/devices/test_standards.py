from __future__ import annotations

import pytest

from appliance.devices import videodev2 as v
from appliance.devices.standards import NTSC, PAL, Standard, agreed, of_set, to_set

ONLY_LINES_625, ONLY_LINES_525 = v.STD_625_50, v.STD_525_60  # what a SAA7113 can tell


@pytest.mark.parametrize(
    ("detected", "standard"),
    [
        (0, None),
        (v.STD_ALL, None),
        (v.STD_ALL & ~0x1, None),
        (ONLY_LINES_625, PAL),
        (ONLY_LINES_525, NTSC),
        (v.STD_PAL_60, NTSC),
        (v.STD_SECAM, PAL),
        (0x3000000, None),  # ATSC
    ],
)
def test_a_detection_means_a_number_of_lines_or_nothing(detected: int, standard: Standard | None) -> None:
    assert of_set(detected) is standard


def test_field_order_follows_from_the_standard() -> None:
    assert (PAL.field_order, NTSC.field_order) == ("tff", "bff")


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([], 0),
        ([v.STD_NTSC], 0),
        ([v.STD_NTSC, ONLY_LINES_625], 0),
        ([0, ONLY_LINES_625, ONLY_LINES_625], ONLY_LINES_625),
        ([v.STD_NTSC, v.STD_NTSC, ONLY_LINES_625, ONLY_LINES_625], ONLY_LINES_625),
        ([v.STD_ALL, v.STD_ALL], 0),
        ([0, 0], 0),
    ],
)
def test_a_standard_must_be_seen_twice_in_a_row(answers: list[int], found: int) -> None:
    assert agreed(answers) == found


@pytest.mark.parametrize(
    ("wanted", "detected", "supported", "chosen"),
    [
        ("auto", ONLY_LINES_625, v.STD_ALL, v.STD_PAL_BGHIDK),  # with SECAM in it PAL would be grey
        ("auto", ONLY_LINES_525, v.STD_ALL, v.STD_NTSC),
        ("auto", v.STD_SECAM, v.STD_ALL, v.STD_SECAM),
        ("auto", v.STD_PAL_60, v.STD_ALL, v.STD_PAL_60),
        ("auto", 0, v.STD_ALL, v.STD_PAL_BGHIDK),
        ("ntsc", 0, v.STD_ALL, v.STD_NTSC),
        ("ntsc", ONLY_LINES_625, v.STD_ALL, v.STD_NTSC),
        ("secam", ONLY_LINES_625, v.STD_ALL, v.STD_SECAM),
        ("auto", 0, v.STD_525_60 | v.STD_PAL_BGHIDK, v.STD_PAL_BGHIDK),  # an old usbtv
        ("auto", 0, v.STD_525_60, 0),
    ],
)
def test_the_set_for_the_driver_is_narrow(wanted: str, detected: int, supported: int, chosen: int) -> None:
    assert to_set(wanted, detected, supported) == chosen
