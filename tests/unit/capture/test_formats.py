"""Which of a device's many forms of picture is recorded."""

from __future__ import annotations

from fractions import Fraction

import pytest

from appliance.capture.formats import Choice, choices, lighter
from appliance.core.types import Role
from appliance.devices.found import Mode
from appliance.devices.standards import NTSC, PAL, Standard

SLOW = tuple(Fraction(rate) for rate in (20, 15, 10))
FILM, VIDEO = Fraction(25), Fraction(30000, 1001)


def mode(fourcc: str, width: int, height: int, *rates: Fraction | int) -> Mode:
    return Mode(fourcc, width, height, tuple(Fraction(rate) for rate in rates))


MS210X = (  # as one unit describes itself
    mode("MJPG", 480, 320, 25),
    mode("MJPG", 640, 480, 25, *SLOW),
    mode("MJPG", 720, 480, 25, *SLOW),
    mode("YUYV", 480, 320, 25),
)
HDMI = (
    mode("MJPG", 1920, 1080, 30, 25, 20, 10),
    mode("MJPG", 1280, 720, 60, 50, 30, 20),
    mode("MJPG", 720, 576, 60, 50, 25),
    mode("MJPG", 720, 480, 60, VIDEO),
    mode("YUYV", 1920, 1080, 5),
    mode("YUYV", 720, 576, 10, 5),
)
BOTH = tuple(mode(fourcc, 720, height, 25, VIDEO) for fourcc in ("MJPG", "YUYV") for height in (480, 576))
WEBCAM = (
    mode("YUYV", 640, 480, 30, 25),
    mode("YUYV", 1280, 720, 10),
    mode("YUYV", 1920, 1080, 5),
    mode("MJPG", 640, 480, 30),
    mode("MJPG", 1280, 720, 60, 30),
    mode("MJPG", 1920, 1080, 30, 15),
    mode("MJPG", 3840, 2160, 30),
    mode("H264", 1920, 1080, 30),
)


@pytest.mark.parametrize(
    ("modes", "standard", "best"),
    [
        (MS210X, PAL, "MJPG 720x480 at 25"),
        (HDMI, PAL, "MJPG 720x576 at 25"),
        (HDMI, NTSC, "MJPG 720x480 at 29.97"),
        (BOTH, PAL, "YUYV 720x576 at 25"),
        (BOTH, NTSC, "YUYV 720x480 at 29.97"),
        ((mode("YUYV", 720, 576, 5), mode("MJPG", 720, 576, 25)), PAL, "MJPG 720x576 at 25"),
        ((mode("MJPG", 720, 480, 30),), NTSC, "MJPG 720x480 at 30"),
        ((Mode("MJPG", 0, 0),), PAL, "MJPG 720x576 at 25"),
    ],
)
def test_a_tape_gets_all_its_lines_at_its_rate(
    modes: tuple[Mode, ...], standard: Standard, best: str
) -> None:
    assert str(choices(modes, Role.TAPE, standard)[0]) == best


@pytest.mark.parametrize(
    ("modes", "best"),
    [
        (WEBCAM, "MJPG 1920x1080 at 30"),
        (WEBCAM[:3], "YUYV 640x480 at 30"),
        (WEBCAM[-1:], "H264 1920x1080 at 30"),
        ((WEBCAM[0], WEBCAM[-1]), "YUYV 640x480 at 30"),
        ((mode("MJPG", 1920, 1080, 15), mode("MJPG", 1280, 720, 25)), "MJPG 1280x720 at 25"),
        ((mode("MJPG", 2560, 1440, 30), mode("MJPG", 3840, 2160, 30)), "MJPG 2560x1440 at 30"),
    ],
)
def test_a_camera_gives_jpeg_at_the_best_size(modes: tuple[Mode, ...], best: str) -> None:
    assert str(choices(modes, Role.CAMERA, PAL)[0]) == best


def test_what_is_left_when_the_bus_is_full_is_lighter_and_the_best_first() -> None:
    ranked = choices(BOTH, Role.TAPE, PAL)
    left = lighter(ranked, ranked[0])
    assert str(left[0]) == "MJPG 720x576 at 25"
    assert all(choice.load < ranked[0].load for choice in left)
    assert lighter(ranked, min(ranked, key=lambda choice: choice.load)) == []


def test_jpeg_is_lighter_than_raw() -> None:
    raw, jpeg = (Choice(fourcc, 720, 576, FILM) for fourcc in ("YUYV", "MJPG"))
    assert jpeg.load < raw.load
