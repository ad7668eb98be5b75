from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from appliance.capture import preview
from appliance.capture.preview import Preview, small_jpeg
from appliance.core.types import StreamFormat, VideoFrame


def decoded(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


# 75 % bars of BT.601: Y, U, V and what they are in RGB
BARS = {
    (180, 128, 128): (191, 191, 191),
    (162, 44, 142): (191, 191, 0),
    (65, 100, 212): (191, 0, 0),
    (35, 212, 114): (0, 0, 191),
    (16, 128, 128): (0, 0, 0),
}


@pytest.mark.parametrize("yuv", BARS)
def test_colours_are_those_of_bt601(yuv: tuple[int, int, int], kit: SimpleNamespace) -> None:
    planes = tuple(
        np.full((144, width), value, np.uint8) for width, value in zip((192, 96, 96), yuv, strict=True)
    )
    blue, green, red = decoded(small_jpeg(planes, kit.TAPE)).mean(axis=(0, 1))
    assert (red, green, blue) == pytest.approx(BARS[yuv], abs=4)


@pytest.mark.parametrize(("order", "bright"), [("tff", 0), ("bff", 1)])
def test_only_the_first_field_is_shown(order: str, bright: int, kit: SimpleNamespace) -> None:
    y, u, v = (plane.copy() for plane in kit.picture(0))
    y[:], u[:], v[:] = 16, 128, 128
    y[bright::2] = 235
    picture = decoded(small_jpeg((y, u, v), replace(kit.TAPE, field_order=order)))
    assert picture.shape == (288, 384, 3)
    assert picture.min() > 245


def shown_of(format: StreamFormat, *pictures: bytes) -> list[bytes]:
    """What is shown until the last of the pictures is."""
    shown: list[bytes] = []
    came, looked = threading.Event(), threading.Event()
    maker = Preview(format, lambda jpeg: (shown.append(jpeg), came.set()))  # type: ignore[arg-type]
    look = maker._eye.look
    maker._eye.look = lambda data: (look(data), looked.set())[0]  # type: ignore[method-assign]
    maker.start()
    for number, data in enumerate(pictures):
        looked.clear()
        maker._offered_s = float("-inf")
        maker.offer(VideoFrame(number, number / 25, data=data))
        assert looked.wait(10)
    assert came.wait(10)
    maker.stop()
    return shown


def camera_picture(width: int, height: int) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width, 3), (200, 90, 40), np.uint8))[1].tobytes()


def test_the_cameras_picture_gets_smaller_and_keeps_its_colours(kit: SimpleNamespace) -> None:
    large = replace(kit.CAMERA, width=1920, height=1080)
    (shown,) = shown_of(large, camera_picture(1920, 1080))
    assert decoded(shown).shape == (270, 480, 3)
    assert decoded(shown).mean(axis=(0, 1)) == pytest.approx((200, 90, 40), abs=4)


def test_odd_and_broken_pictures_end_no_preview_and_fill_no_log(
    kit: SimpleNamespace, capfd: pytest.CaptureFixture[str]
) -> None:
    good = camera_picture(kit.CAMERA.width, kit.CAMERA.height)
    size_at = good.index(b"\xff\xc0") + 5
    huge = good[:size_at] + b"\xff\xdc\xff\xdc" + good[size_at + 4 :]
    odd = good[:-2] + b"\x00\x00\x00" + good[-2:]
    shown = shown_of(kit.CAMERA, b"no picture", huge, good[:300], odd)
    assert decoded(shown[-1]).mean(axis=(0, 1)) == pytest.approx((200, 90, 40), abs=4)
    assert capfd.readouterr().err == ""


def test_offers_never_wait_and_the_newest_wins(kit: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "PERIOD_S", 0.0)
    shown: list[bytes] = []
    busy, go_on, second = threading.Event(), threading.Event(), threading.Event()

    def show(jpeg: bytes) -> None:
        shown.append(jpeg)
        (second if busy.is_set() else busy).set()
        assert go_on.wait(10)

    maker = Preview(kit.TAPE, show)
    maker.start()
    maker.offer(kit.frame(0))
    assert busy.wait(10)
    for number in range(1, 20):
        maker.offer(kit.frame(number))
    go_on.set()
    assert second.wait(10)
    maker.stop()
    assert shown == [small_jpeg(kit.picture(0), kit.TAPE), small_jpeg(kit.picture(19), kit.TAPE)]


def test_at_most_five_a_second(kit: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [0.0]
    monkeypatch.setattr(preview.time, "monotonic", lambda: now_s[0])
    maker = Preview(kit.TAPE, lambda jpeg: None)  # its thread does not run: what is taken stays
    taken = 0
    for number in range(100):
        now_s[0] = number / 50
        maker._newest = None
        maker.offer(kit.frame(0))
        taken += maker._newest is not None
    assert 9 <= taken <= 10


def test_nothing_is_made_while_nobody_looks(kit: SimpleNamespace) -> None:
    watched = [False]
    maker = Preview(kit.TAPE, lambda jpeg: None, lambda: watched[0])
    maker.offer(kit.frame(0))
    assert maker._newest is None
    watched[0] = True
    maker.offer(kit.frame(1))
    assert maker._newest is not None


def test_a_tape_is_shown_as_4_to_3_and_a_camera_in_its_own_shape(kit: SimpleNamespace) -> None:
    wide = replace(kit.CAMERA, width=640, height=360, pixel_format="yuv422p")
    for style, size in ((kit.TAPE, (288, 384)), (wide, (270, 480))):
        luma = np.full((style.height, style.width), 90, np.uint8)
        shown = small_jpeg((luma, luma[:, ::2], luma[:, ::2]), style)
        assert cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_COLOR).shape[:2] == size
