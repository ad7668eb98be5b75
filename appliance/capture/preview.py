"""Small live pictures. They may come late or not at all; the recording never waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from appliance.capture.jpeg import JpegEye
from appliance.core.types import Plane, StreamFormat, VideoFrame

PERIOD_S = 0.2
TAPE_SIZE = (384, 288)  # 4:3 in square pixels
CAMERA_WIDTH = 480
QUALITY = (int(cv2.IMWRITE_JPEG_QUALITY), 75)

STEPS = np.arange(256, dtype=np.float32)
FULL_LUMA = np.clip((STEPS - 16) * (255 / 219) + 0.5, 0, 255).astype(np.uint8)
FULL_CHROMA = np.clip((STEPS - 128) * (255 / 224) + 128.5, 0, 255).astype(np.uint8)


def small_jpeg(planes: tuple[Plane, ...], format: StreamFormat) -> bytes:
    """The earlier field, stretched to square pixels: no combs in the preview."""
    first = 1 if format.field_order == "bff" else 0
    step = 1 if format.field_order == "progressive" else 2
    size = preview_size(format)
    y, u, v = (cv2.resize(plane[first::step], size, interpolation=cv2.INTER_AREA) for plane in planes)
    if format.colour.range == 1:
        y, u, v = FULL_LUMA[y], FULL_CHROMA[u], FULL_CHROMA[v]
    return jpeg_of(cv2.cvtColor(cv2.merge([y, v, u]), cv2.COLOR_YCrCb2BGR))


def preview_size(format: StreamFormat) -> tuple[int, int]:
    """A tape's 4:3; a camera's own shape, whose pixels are square."""
    if format.sample_aspect != 1:
        return TAPE_SIZE
    return CAMERA_WIDTH, round(CAMERA_WIDTH * format.height / format.width)


def jpeg_of(picture: Any) -> bytes:
    done, packed = cv2.imencode(".jpg", picture, QUALITY)
    return packed.tobytes() if done else b""


class Preview:
    """At most five a second, in a thread of its own, of the newest frame only, and while somebody looks."""

    def __init__(
        self,
        format: StreamFormat,
        on_preview: Callable[[bytes], None],
        watched: Callable[[], bool] = lambda: True,
    ) -> None:
        self._format = format
        self._eye = JpegEye()  # not OpenCV's, which writes a line for each odd byte that a webcam sends
        self._on_preview, self._watched = on_preview, watched
        self._newest: VideoFrame | None = None
        self._offered_s = float("-inf")
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="preview", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def offer(self, frame: VideoFrame) -> None:
        """Returns at once; most frames are not taken."""
        now_s = time.monotonic()
        if now_s - self._offered_s < PERIOD_S or not self._watched():
            return
        self._offered_s = now_s
        with self._changed:
            self._newest = frame
            self._changed.notify()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while (frame := self._wait()) is not None:
            planes = frame.planes or self._eye.look(frame.data)
            jpeg = small_jpeg(planes, self._format) if planes else b""
            if jpeg:
                self._on_preview(jpeg)

    def _wait(self) -> VideoFrame | None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self._newest is not None)
            frame, self._newest = self._newest, None
            return None if self._stopping else frame
