"""The conversation with a driver, and what becomes of its answers."""

from __future__ import annotations

import errno
from fractions import Fraction

import pytest

from appliance.devices import videodev2 as v
from appliance.devices.found import Mode
from appliance.devices.probe import probe
from appliance.devices.stream import Stream
from appliance.devices.v4l2 import COMMON_SIZES, VideoNode, rate_of, sizes_within
from tests.unit.devices.pretended_kernel import PretendedDevice, PretendedDongle, PretendedKernel

FILM = Fraction(25)
CAMERA = {"MJPG": {(1280, 720): (Fraction(30), FILM)}, "YUYV": {(640, 480): (Fraction(30000, 1001),)}}


def test_a_camera_is_probed_without_being_changed() -> None:
    camera = PretendedDevice(formats=CAMERA)
    facts = probe("/dev/video0", PretendedKernel(video0=camera))
    assert facts is not None
    assert (facts.driver, facts.card, facts.kind) == ("uvcvideo", "A camera", "digital")
    assert facts.modes == (
        Mode("MJPG", 1280, 720, (Fraction(30), FILM)),
        Mode("YUYV", 640, 480, (Fraction(30000, 1001),)),
    )
    assert camera.asked == []


@pytest.mark.parametrize(
    "caps",
    [
        0x04A00000,  # a camera's second node, for metadata
        v.CAP_VIDEO_CAPTURE,  # no shared memory
        v.CAP_VIDEO_CAPTURE | v.CAP_STREAMING | v.CAP_TOUCH,
    ],
)
def test_a_node_without_pictures_is_none(caps: int) -> None:
    """Its device as a whole captures; only device_caps tells of the node."""
    assert probe("/dev/video1", PretendedKernel(video1=PretendedDevice(formats=CAMERA, caps=caps))) is None


@pytest.mark.parametrize(("detects", "kind"), [(True, "analogue, detects"), (False, "analogue")])
def test_a_dongle_tells_its_standards(detects: bool, kind: str) -> None:
    facts = probe("/dev/video0", PretendedKernel(video0=PretendedDongle(detects=detects)))
    assert facts is not None
    assert facts.kind == kind
    assert facts.standards == v.STD_ALL
    assert [one.name for one in facts.inputs] == ["Composite", "S-Video"]
    assert {mode.fourcc for mode in facts.modes} == {"YUYV", "UYVY"}


def test_nothing_stays_open_after_a_probe() -> None:
    kernel = PretendedKernel(video0=PretendedDongle())
    probe("/dev/video0", kernel)
    assert kernel.open_nodes == {}


def test_rates_are_what_they_mean() -> None:
    """A driver counts in units of 100 ns."""
    assert rate_of(v.Fraction32(333667, 10_000_000)) == Fraction(30000, 1001)
    assert rate_of(v.Fraction32(333333, 10_000_000)) == 30
    assert rate_of(v.Fraction32(400000, 10_000_000)) == 25
    assert rate_of(v.Fraction32(1, 7)) == 7
    assert rate_of(v.Fraction32(0, 0)) == 0


def test_a_range_of_sizes_becomes_those_in_use() -> None:
    found = sizes_within(v.SizeRange(16, 1024, 4, 16, 576, 4))
    assert found[0] == (1024, 576)
    assert set(found[1:]) == {size for size in COMMON_SIZES if size[0] <= 1024 and size[1] <= 576}


def test_buffers_go_round() -> None:
    camera = PretendedDevice(formats=CAMERA)
    node = VideoNode("/dev/video0", PretendedKernel(video0=camera))
    picture = node.set_format("YUYV", 640, 480, v.FIELD_ANY)
    stream = Stream(node, picture.frame_bytes)
    assert 8 <= stream.buffers <= 16
    for number in range(40):
        camera.fill(bytes([number]) * 100, 5.25 + number, v.BUF_ERROR if number == 7 else 0)
        with stream.next() as filled:
            assert filled is not None
            assert (filled.sequence, filled.stamp_s, filled.used_bytes) == (number, 5.25 + number, 100)
            assert filled.memory[0] == number
            assert filled.faulty == (number == 7)
    with stream.next() as nothing:
        assert nothing is None
    stream.close()
    assert camera.memory == []
    assert not camera.streaming


def test_a_large_picture_gets_fewer_buffers() -> None:
    node = VideoNode("/dev/video0", PretendedKernel(video0=PretendedDevice(formats=CAMERA)))
    node.set_format("YUYV", 1920, 1080, v.FIELD_ANY)
    assert Stream(node, 2 * 1920 * 1080).buffers == 12


def test_a_bus_without_room_leaves_nothing_behind() -> None:
    camera = PretendedDevice(formats=CAMERA, room_bytes_s=1e6)
    node = VideoNode("/dev/video0", PretendedKernel(video0=camera))
    node.set_format("YUYV", 640, 480, v.FIELD_ANY)
    node.set_rate(FILM)
    with pytest.raises(OSError) as refused:
        Stream(node, 614400)
    assert refused.value.errno == errno.ENOSPC
    assert camera.memory == []
