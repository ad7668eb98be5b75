from __future__ import annotations

import numpy as np
import pytest

from appliance.capture.unpack import unpack, whole_jpeg, without_stale

WIDTH, HEIGHT, LINE = 8, 3, 20  # lines are longer than the picture


@pytest.mark.parametrize("fourcc", ["YUYV", "UYVY"])
def test_packed_lines_become_planes(fourcc: str) -> None:
    y = np.arange(HEIGHT * WIDTH, dtype=np.uint8).reshape(HEIGHT, WIDTH)
    u, v = y[:, ::2] + 100, y[:, ::2] + 200
    memory = np.full((HEIGHT + 1, LINE), 77, np.uint8)  # and the buffer is larger than both
    for at, plane, step in zip([fourcc.index(c) for c in "YUV"], (y, u, v), (2, 4, 4), strict=True):
        memory[:HEIGHT, at : 2 * WIDTH : step] = plane
    planes = unpack(memory.reshape(-1), fourcc, WIDTH, HEIGHT, LINE)
    assert [plane.tolist() for plane in planes] == [y.tolist(), u.tolist(), v.tolist()]
    memory[:] = 0  # the driver writes to it again
    assert planes[0].tolist() == y.tolist()


def test_lines_that_did_not_arrive_are_those_of_the_frame_before() -> None:
    old, new = (tuple(np.full((4, w), value, np.uint8) for w in (4, 2, 2)) for value in (10, 20))
    planes = without_stale(new, 3, old)
    assert [plane[:, 0].tolist() for plane in planes] == [[20, 20, 20, 10]] * 3


def test_of_a_first_frame_they_are_black() -> None:
    new = tuple(np.full((4, w), 99, np.uint8) for w in (4, 2, 2))
    assert [plane[3, 0] for plane in without_stale(new, 3, ())] == [16, 128, 128]


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (b"\xff\xd8 picture \xff\xd9", True),
        (b"\xff\xd8 picture \xff\xd9" + bytes(100), True),
        (b"\xff\xd8 picture", False),
        (b"picture \xff\xd9", False),
        (b"", False),
        (b"\xff\xd8 thumbnail \xff\xd9" + b"x" * 5000, False),
    ],
)
def test_a_whole_jpeg_has_both_its_ends(data: bytes, whole: bool) -> None:
    assert whole_jpeg(data) is whole
