from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.sim.tape.dongle import (
    capture,
    compress,
    follow_gain,
    repeat_frames,
    set_levels,
    share_chroma_rows,
    shown_frames,
)
from appliance.sim.tape.kit import NUMPY, Planes
from appliance.sim.tape.parameters import TapeParameters


def flat(luma: float, u: float = 128, v: float = 128, frames: int = 1) -> Planes:
    half = (frames, 16, 12)
    return (
        np.full((frames, 16, 24), luma, np.float32),
        np.full(half, u, np.float32),
        np.full(half, v, np.float32),
    )


def test_levels_gain_lift_and_saturation() -> None:
    planes = set_levels(flat(116, 100, 160), TapeParameters(gain=0.9, lift=3.0, saturation=0.5))
    assert [plane[0, 0, 0] for plane in planes] == pytest.approx([109, 115.4, 142.4])


def test_the_dongle_lifts_a_dark_picture_and_lowers_a_bright_one_each_by_itself() -> None:
    y, u, v = flat(50, frames=2)
    y[1] = 200
    u += 40
    brighter, darker = follow_gain((y, u, v), TapeParameters(agc=0.1))[0][:, 0, 0]
    assert brighter == pytest.approx(50 + 34 * 0.1 * 60 / 110)
    assert darker == pytest.approx(200 - 184 * 0.1 * 90 / 110)
    assert follow_gain((y, u, v), TapeParameters(agc=0.1))[1][0, 0, 0] > 168


@pytest.mark.parametrize("rows", [16, 15, 241])
def test_two_rows_of_a_field_share_their_colour_and_the_fields_stay_apart(rows: int) -> None:
    plane = np.zeros((1, rows, 4), np.float32)
    plane[0] += np.arange(rows, dtype=np.float32)[:, None] ** 2
    plane[:, 1::2] += 1000
    shared = share_chroma_rows(plane.copy())
    assert shared[0, :4, 0].tolist() == [2, 1005, 2, 1005]
    left = rows // 4 * 4
    assert np.array_equal(shared[:, left:], plane[:, left:])


@pytest.mark.parametrize("quality", [40, 70, 95])
def test_compression_is_that_of_a_jpeg(quality: int) -> None:
    rng = np.random.default_rng(2)
    picture = cv2.resize(rng.integers(40, 220, (20, 30), dtype=np.uint8), (240, 160))
    bytes_ = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    real = cv2.imdecode(bytes_, cv2.IMREAD_GRAYSCALE).astype(np.float32)
    ours = compress(picture[None].astype(np.float32), quality, False, NUMPY)[0]
    loss = np.abs(real - picture).mean()
    assert loss > 0.1
    assert np.abs(np.rint(ours) - real).mean() < 0.35 * loss


def test_compression_of_sizes_that_are_no_multiple_of_eight_keeps_them() -> None:
    plane = np.full((2, 13, 21), 77, np.float32)
    assert np.allclose(compress(plane, 90, True, NUMPY), 77, atol=2)
    assert compress(plane, 90, True, NUMPY).shape == plane.shape


def test_colour_is_compressed_more_than_light() -> None:
    rng = np.random.default_rng(1)
    plane = cv2.GaussianBlur(rng.normal(128, 40, (80, 80)).astype(np.float32), (0, 0), 1.5)[None]
    light, colour = (np.abs(compress(plane, 60, c, NUMPY) - plane).mean() for c in (False, True))
    assert colour > 1.3 * light


def test_capture_does_what_the_tape_says_and_stays_within_its_numbers() -> None:
    y, u, v = flat(300)
    u[:, ::4] = -20
    plain = capture((y.copy(), u.copy(), v.copy()), TapeParameters(), NUMPY)
    assert (plain[0].max(), plain[1].min()) == (254, 1)
    shared = capture((y.copy(), u.copy(), v.copy()), TapeParameters(chroma_420=1), NUMPY)
    assert shared[1][0, 0, 0] == shared[1][0, 2, 0] == 54
    squeezed = capture((y.copy(), u.copy(), v.copy()), TapeParameters(jpeg_quality=70), NUMPY)
    assert not np.array_equal(squeezed[1], plain[1])


def test_a_lost_frame_is_replaced_by_the_one_before_wherever_one_begins_to_look() -> None:
    tape = TapeParameters(seed=4, repeats=0.2)
    shown = shown_frames(tape, 0, 400)
    doubled = [k for k, number in enumerate(shown) if number != k]
    assert 50 < len(doubled) < 110
    assert all(shown[k] == k - 1 for k in doubled)
    assert shown_frames(tape, 100, 50) == shown[100:150]
    assert shown_frames(TapeParameters(seed=4), 0, 5) == [0, 1, 2, 3, 4]
    numbers = np.arange(100, 150, dtype=np.uint8)[:, None, None]
    repeated = repeat_frames((numbers, numbers, numbers), tape, 100)[0]
    assert repeated[1:, 0, 0].tolist() == shown[101:150]
    assert repeated[0, 0, 0] == 100
