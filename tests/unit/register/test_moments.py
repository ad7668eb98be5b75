"""Between two pictures of the camera things lie where they were; what is in doubt is said to be."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.core.types import Picture
from appliance.register.moments import Moment, late_s, moments

ROWS, COLUMNS = 288, 360
STEP_S = 0.04


def wall(seed: int = 1) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    shape = (ROWS, COLUMNS + 200)
    layers = [cv2.GaussianBlur(rng.standard_normal(shape), (0, 0), s) * s * 45 for s in (2.0, 6.0)]
    return np.clip(120 + sum(layers), 16, 235).astype(np.uint8)


def view(plane: NDArray[np.uint8], x: float, time_s: float = 0.0) -> Picture:
    """The wall from a place ``x`` pixels to the right, colour and all."""
    place = np.array([[1, 0, -x], [0, 1, 0]], np.float64)
    y = cv2.warpAffine(plane, place, (COLUMNS, ROWS), flags=cv2.INTER_CUBIC)
    small = np.ascontiguousarray(cv2.resize(y, (COLUMNS // 2, ROWS // 2), interpolation=cv2.INTER_AREA))
    return Picture(y, small, 255 - small, time_s)


def pan(step_px: float, count: int = 4, seed: int = 1) -> list[Picture]:
    return [view(wall(seed), step_px * n, n * STEP_S) for n in range(count)]


def error(made: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    return float(((made.astype(float) - truth)[16:-16, 24:-24] ** 2).mean())


def at(pictures: list[Picture], *times_s: float, late: tuple[float, float] = (0.0, 0.0)) -> list[Moment]:
    found = list(moments(iter(pictures), times_s, late))
    assert None not in found
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("part", [0.25, 0.5, 0.8])
def test_what_moves_lies_where_it_was_at_the_moment(part: float) -> None:
    (made,) = at(pan(8), (1 + part) * STEP_S)
    truth = view(wall(), 8 * (1 + part))
    nearest = view(wall(), 8 * round(1 + part))
    for plane in "yuv":
        here, wanted, before = (getattr(p, plane) for p in (made.picture, truth, nearest))
        assert error(here, wanted) < 0.05 * error(before, wanted)
    assert made.picture.time_s == pytest.approx((1 + part) * STEP_S)
    assert (made.sure[16:-16, 24:-24] > 128).mean() > 0.99


def test_a_picture_at_the_moment_keeps_its_bytes() -> None:
    pictures = pan(8)
    found = at(pictures, *(p.time_s for p in pictures), 3 * STEP_S + 0.0003)
    assert [m.picture for m in found] == [*pictures, pictures[-1]]
    assert all((m.sure == 255).all() for m in found)


def test_nothing_is_mixed_across_a_cut() -> None:
    other = [replace(p, time_s=p.time_s + 2 * STEP_S) for p in pan(8, 2, seed=2)]
    dark = [replace(p, y=p.y // 3, time_s=p.time_s) for p in other]
    pictures = [*pan(8, 2), *dark]
    before, after = at(pictures, 1.4 * STEP_S, 1.7 * STEP_S)
    assert before.picture is pictures[1]
    assert after.picture is pictures[2]
    assert not before.sure.any()


def test_where_pictures_were_lost_there_is_nothing_between() -> None:
    late = [replace(p, time_s=p.time_s + 1.0) for p in pan(8)]
    found = list(moments(iter([*pan(8), *late]), [-0.2, -0.02, 0.14, 0.5, 0.98, 1.02, 1.3]))
    assert [m is None for m in found] == [True, False, False, True, False, False, True]
    assert found[2] is not None
    assert found[5] is not None
    assert found[2].picture.time_s == pytest.approx(0.12)
    assert found[2].sure.max() < 255 == found[5].sure.max()


def test_pictures_may_follow_each_other_unevenly() -> None:
    times_s = (0.0, 0.03, 0.1)
    pictures = [replace(view(wall(), 200 * t), time_s=t) for t in times_s]
    for made, time_s in zip(at(pictures, 0.02, 0.05, 0.08), (0.02, 0.05, 0.08), strict=True):
        truth = view(wall(), 200 * time_s)
        assert error(made.picture.y, truth.y) < 0.1 * error(pictures[1].y, truth.y)


def test_what_is_covered_and_uncovered_is_doubted() -> None:
    pictures = [view(wall(), 0, n * STEP_S) for n in range(2)]
    patch = wall(5)[:140, :120]
    for picture, left in zip(pictures, (90, 130), strict=True):
        picture.y[70:210, left : left + 120] = patch
    (made,) = at(pictures, STEP_S / 2)
    behind, still = np.s_[100:180, 94:126], np.s_[100:180, 280:330]
    assert made.sure[behind].mean() < 0.5 * made.sure[still].mean()
    truth = pictures[0].y.copy()
    truth[70:210] = view(wall(), 0).y[70:210]
    truth[70:210, 110:230] = patch
    sure = made.sure > 128
    wrong = (made.picture.y.astype(float) - truth) ** 2
    assert wrong[sure].mean() < 0.1 * wrong[~sure].mean()


def test_every_row_has_a_moment_of_its_own() -> None:
    assert late_s(0.02, 0.0) == (0.0, 0.02)
    assert late_s(0.0, 0.03, (0.5, 1.0)) == (-0.015, -0.03)
    (made,) = at(pan(8), STEP_S, late=late_s(0.02, 0.0))
    for row, x in ((40, 8.6), (144, 10.0), (248, 11.4)):
        truth = view(wall(), x)
        rows = slice(row - 6, row + 6)
        assert np.abs(made.picture.y[rows, 24:-24].astype(float) - truth.y[rows, 24:-24]).mean() < 1.2


def test_the_camera_is_read_no_further_than_needed() -> None:
    reader = iter([view(wall(), n, n * STEP_S) for n in range(9)])
    found = moments(reader, [0.01, 0.3])
    next(found)
    assert next(reader).time_s == pytest.approx(2 * STEP_S)
    assert list(moments(iter([]), [0.0])) == [None]


def test_a_change_of_size_and_very_small_pictures_pass() -> None:
    small = Picture(np.zeros((16, 16), np.uint8), *np.zeros((2, 8, 8), np.uint8), 2 * STEP_S)
    tiny = replace(small, time_s=3 * STEP_S)
    found = at([*pan(8, 2), small, tiny], 1.2 * STEP_S, 1.8 * STEP_S, 2.4 * STEP_S)
    assert [m.picture.y.shape for m in found] == [(ROWS, COLUMNS), (16, 16), (16, 16)]
