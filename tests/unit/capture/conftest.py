"""A small honest device: a moving pattern and a tone, as fast as they are read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from appliance.core.config import CaptureConfig
from appliance.core.problems import DeviceLost
from appliance.core.types import (
    BT601_625,
    JPEG_FULL,
    AudioBlock,
    DeviceInfo,
    Role,
    Signal,
    StreamFormat,
    VideoFrame,
)

TAPE = StreamFormat(192, 144, Fraction(25), "yuv422p", "tff", BT601_625, Fraction(12, 11))
CAMERA = StreamFormat(320, 240, Fraction(25), "mjpeg", "progressive", JPEG_FULL)
SOUND_PER_FRAME = 1920


@lru_cache(maxsize=300)
def picture(number: int, width: int = 192, height: int = 144) -> tuple[np.ndarray, ...]:
    """A diagonal wave that moves with the number, with the noise of a tape."""
    rng = np.random.default_rng(number)
    rows, columns = np.mgrid[0:height, 0:width]
    wave = 120 + 70 * np.sin((columns + rows + 4 * number) / 17)
    y = np.clip(wave + rng.normal(0, 2, wave.shape), 16, 235).astype(np.uint8)
    u = np.clip(128 + 30 * np.sin(columns[:, ::2] / 23), 16, 240).astype(np.uint8)
    v = np.clip(128 + 30 * np.cos(rows[:, ::2] / 19), 16, 240).astype(np.uint8)
    return y, u, v


def blue(width: int = 192, height: int = 144) -> tuple[np.ndarray, ...]:
    planes = ((height, width), 41), ((height, width // 2), 220), ((height, width // 2), 112)
    return tuple(np.full(shape, value, np.uint8) for shape, value in planes)


def jpeg(number: int) -> bytes:
    y, _, _ = picture(number, CAMERA.width, CAMERA.height)
    return cv2.imencode(".jpg", cv2.merge([y, y, y]))[1].tobytes()


def frame(number: int, style: StreamFormat = TAPE, timestamp_s: float | None = None) -> VideoFrame:
    stamp_s = number / float(style.rate) if timestamp_s is None else timestamp_s
    if style.pixel_format == "mjpeg":
        return VideoFrame(number, stamp_s, data=jpeg(number))
    return VideoFrame(number, stamp_s, planes=picture(number, style.width, style.height))


def tone(first_sample: int, count: int = SOUND_PER_FRAME, start_s: float = 0.0) -> AudioBlock:
    """A tone on the left, half as loud on the right, on the same clock as the frames."""
    wave = 8000 * np.sin(2 * np.pi * 440 * np.arange(first_sample, first_sample + count) / 48000)
    samples = np.stack([wave, wave / 2], axis=1).astype(np.int16)
    return AudioBlock(start_s + first_sample / 48000, samples)


class PatternSource:
    """A MediaSource that plays a script: ``show(number)`` gives the planes, ``None`` no frame at all.

    It delivers ``allowed`` frames and then waits for more to be allowed.
    """

    def __init__(self, style: StreamFormat = TAPE, role: Role = Role.TAPE, allowed: int = 0) -> None:
        self.format = style
        self.info = DeviceInfo("pattern", "Pattern VCR", role)
        self.show: Callable[[int], tuple[np.ndarray, ...] | None] = picture
        self.driver = Signal.UNKNOWN
        self.starts = 0
        self.sound_lead = 0  # blocks that come before their frame
        self._number = self._sound = 0
        self._allowed = allowed
        self._gone = self._stopped = False
        self._waiting = False
        self._changed = threading.Condition()

    def allow(self, frames: int) -> None:
        with self._changed:
            self._allowed += frames
            self._changed.notify_all()

    def unplug(self) -> None:
        with self._changed:
            self._gone = True
            self._changed.notify_all()

    def drained(self) -> bool:
        """Waits until the reader has dealt with all that was allowed and asks for more."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting and self._number >= self._allowed, 20)

    def start(self) -> None:
        self.starts += 1
        self._stopped = False

    def signal(self) -> Signal:
        return self.driver

    def report(self) -> dict[str, str]:
        return {"device": self.info.name}

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def read(self, timeout_s: float) -> VideoFrame | AudioBlock | None:
        with self._changed:
            self._waiting = True
            self._changed.notify_all()
            ready = self._changed.wait_for(
                lambda: self._gone or self._stopped or self._number < self._allowed, timeout_s
            )
            self._waiting = False
            if self._gone:
                raise DeviceLost(self.info.name)
            if self._stopped or not ready:
                return None
            return self._piece()

    def _piece(self) -> VideoFrame | AudioBlock | None:
        if self._sound <= self._number + self.sound_lead:
            self._sound += 1
            return tone((self._sound - 1) * SOUND_PER_FRAME)
        number = self._number
        self._number += 1
        if self.format.pixel_format == "mjpeg":
            return frame(number, self.format)
        planes = self.show(number)
        return None if planes is None else replace(frame(number), planes=planes)


@pytest.fixture
def kit() -> SimpleNamespace:
    """The pattern's parts for tests that drive a writer by hand."""
    return SimpleNamespace(
        TAPE=TAPE,
        CAMERA=CAMERA,
        frame=frame,
        tone=tone,
        picture=picture,
        blue=blue,
        jpeg=jpeg,
        Source=PatternSource,
    )


@pytest.fixture
def config() -> CaptureConfig:
    return CaptureConfig(threads=1, slices=4, end_of_tape_s=4.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    take = tmp_path / "take"
    take.mkdir()
    return take
