"""The kernel takes a structure only when its size is right; these are what a C compiler says on 64 bit."""

from __future__ import annotations

import ctypes

import pytest

from appliance.devices import videodev2 as v

SIZES = {
    v.Capability: 104,
    v.FormatDescription: 64,
    v.FrameSize: 44,
    v.FrameInterval: 52,
    v.PixFormat: 48,
    v.Format: 208,
    v.StreamParameters: 204,
    v.Input: 80,
    v.RequestBuffers: 20,
    v.Buffer: 88,
    v.Control: 8,
}
NUMBERS = {
    "QUERYCAP": 0x80685600,
    "ENUM_FMT": 0xC0405602,
    "ENUM_FRAMESIZES": 0xC02C564A,
    "ENUM_FRAMEINTERVALS": 0xC034564B,
    "G_FMT": 0xC0D05604,
    "S_FMT": 0xC0D05605,
    "G_PARM": 0xC0CC5615,
    "S_PARM": 0xC0CC5616,
    "ENUMINPUT": 0xC050561A,
    "G_INPUT": 0x80045626,
    "S_INPUT": 0xC0045627,
    "G_STD": 0x80085617,
    "S_STD": 0x40085618,
    "QUERYSTD": 0x8008563F,
    "REQBUFS": 0xC0145608,
    "QUERYBUF": 0xC0585609,
    "QBUF": 0xC058560F,
    "DQBUF": 0xC0585611,
    "STREAMON": 0x40045612,
    "STREAMOFF": 0x40045613,
    "S_CTRL": 0xC008561C,
}


@pytest.mark.parametrize(("structure", "size"), SIZES.items())
def test_structures_have_the_kernels_size(structure: type[ctypes.Structure], size: int) -> None:
    assert ctypes.sizeof(structure) == size


@pytest.mark.parametrize(("name", "number"), NUMBERS.items())
def test_requests_have_the_kernels_numbers(name: str, number: int) -> None:
    assert getattr(v, name) == number


@pytest.mark.parametrize(
    ("structure", "member", "offset"),
    [
        (v.FrameSize, "size", 12),
        (v.Buffer, "timestamp", 24),
        (v.Buffer, "sequence", 56),
        (v.Buffer, "memory", 60),
        (v.Buffer, "m", 64),
        (v.Buffer, "length", 72),
        (v.Input, "std", 48),
        (v.Input, "status", 56),
        (v.Input, "capabilities", 60),
        (v.Format, "fmt", 8),
        (v.StreamParameters, "timeperframe", 12),
    ],
)
def test_members_lie_where_the_kernel_looks(
    structure: type[ctypes.Structure], member: str, offset: int
) -> None:
    assert getattr(structure, member).offset == offset


def test_standards_are_the_kernels_sets() -> None:
    assert (v.STD_525_60, v.STD_625_50, v.STD_ALL) == (0xF900, 0xFF06FF, 0xFFFFFF)


def test_pixel_formats_are_named_by_their_letters() -> None:
    assert v.fourcc("YUYV") == 0x56595559
    assert v.fourcc_text(v.fourcc("MJPG")) == "MJPG"
