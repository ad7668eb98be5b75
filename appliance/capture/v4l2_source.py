"""The pictures of one V4L2 device, from its buffers to frames that begin when their stamps say."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from appliance.capture.setting import Setting, apply, described, find_setting, stream_format
from appliance.capture.signal_watch import SignalWatch
from appliance.capture.stamps import start_of_frame
from appliance.capture.tally import Tally
from appliance.capture.troubles import device_problem, standard_changed
from appliance.capture.tuning import try_input
from appliance.capture.unpack import Planes, unpack, whole_jpeg, without_stale
from appliance.core.problems import DeviceLost
from appliance.core.types import DeviceInfo, Issue, Role, Signal, StreamFormat, VideoFrame
from appliance.devices.found import Found
from appliance.devices.kernel import LINUX, Kernel, Ready
from appliance.devices.stream import Filled, Stream
from appliance.devices.v4l2 import Input, VideoNode
from appliance.devices.videodev2 import CID_EXPOSURE_AUTO_PRIORITY

SEQUENCE_LIMIT = 1 << 32


class V4l2Source:
    """A PictureSource. ``start`` and ``read`` are for one thread, everything else for any.

    Raises Problem when the device cannot be used; ``issue`` says what a person should know of how it is.
    """

    def __init__(
        self, found: Found, kernel: Kernel = LINUX, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._found, self._kernel, self._pause = found, kernel, pause
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._node: VideoNode | None = None
        self._stream: Stream | None = None
        self._planes: Planes = ()
        self._first: int | None = None  # the driver's number of our frame 0
        self._next = 0
        self._setting = self._find()
        self._format = stream_format(self._setting, found.role)
        self._period_s = float(1 / self._format.rate)
        self._tally = Tally(self._format.rate)
        self._watch = SignalWatch(found, self._setting.tuned)
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def _find(self) -> Setting:
        try:
            node = VideoNode(self._found.node, self._kernel)
            try:
                return find_setting(node, self._found, self._pause)
            finally:
                node.close()
        except OSError as error:
            raise device_problem(self.info.name, error) from error

    def __del__(self) -> None:
        with suppress(OSError, AttributeError):
            os.close(self._wake)

    @property
    def info(self) -> DeviceInfo:
        return self._found.info

    @property
    def format(self) -> StreamFormat:
        return self._format

    @property
    def issue(self) -> Issue | None:
        return self._setting.issue

    def start(self) -> None:
        with self._lock:
            self._end()
            self._stopping.clear()
            with suppress(BlockingIOError):
                os.eventfd_read(self._wake)
            try:
                self._begin()
            except OSError as error:
                self._end()
                raise device_problem(self.info.name, error) from error

    def _begin(self) -> None:
        self._node = VideoNode(self._found.node, self._kernel)
        apply(self._node, self._setting)
        if self._found.role is Role.CAMERA:  # else it takes fewer frames when it gets dark
            self._node.set_control(CID_EXPOSURE_AUTO_PRIORITY, 0)
        self._stream = Stream(self._node, self._setting.picture.frame_bytes)
        self._first, self._next = None, 0

    def read(self, timeout_s: float) -> VideoFrame | None:
        until_s = time.monotonic() + timeout_s
        if self._stopping.is_set():  # without the lock, which whoever stops us waits for
            return None
        with self._lock:
            while self._stream is not None and self._node is not None and not self._stopping.is_set():
                self._follow_signal(self._node)
                ready = self._kernel.wait(self._node.fd, self._wake, until_s - time.monotonic())
                if ready is Ready.GONE:
                    raise DeviceLost(self.info.name)
                frame = self._take(self._stream) if ready is Ready.FRAME else None
                if frame is not None or time.monotonic() >= until_s:
                    return frame
        return None

    def _follow_signal(self, node: VideoNode) -> None:
        with suppress(OSError):  # a device that is gone shows in the wait
            self._watch.look(node)
        if (standard := self._watch.other_standard()) is not None:
            raise standard_changed(self.info.name, standard.name)
        if (other := self._watch.next_input()) is not None:
            try:
                self._change_input(node, other)
            except OSError as error:
                raise device_problem(self.info.name, error) from error

    def _change_input(self, node: VideoNode, other: Input) -> None:
        """Nothing is lost by it: no picture was ever seen here."""
        assert self._stream is not None
        self._stream.close()
        tuned = try_input(node, self._found.standard, other, self._pause)
        if tuned.locked and self._setting.tuned and tuned.standard is not self._setting.tuned.standard:
            raise standard_changed(self.info.name, tuned.standard.name)
        self._setting = self._setting.at(tuned)
        apply(node, self._setting)
        self._watch.tuned_to(tuned)
        self._stream = Stream(node, self._setting.picture.frame_bytes)
        self._first = None

    def _take(self, stream: Stream) -> VideoFrame | None:
        try:
            with stream.next() as filled:
                return None if filled is None else self._frame(filled)
        except OSError as error:
            self._tally.count("read errors")
            if error.errno == errno.EIO:  # of one buffer; a device that is gone shows in the next wait
                return None
            raise DeviceLost(self.info.name) from error

    def _frame(self, filled: Filled) -> VideoFrame | None:
        stamp_s = start_of_frame(filled, self._period_s, time.monotonic())
        sequence = self._sequence(filled.sequence)
        self._tally.arrived(filled, sequence, stamp_s)
        if not self._setting.choice.raw and filled.used_bytes == 0:
            self._tally.count("empty")  # its number is missing among the frames, and so it is told as lost
            return None
        kind = self._raw if self._setting.choice.raw else self._packed
        frame = kind(filled, sequence, stamp_s)
        self._tally.delivered(frame)
        return frame

    def _sequence(self, driver: int) -> int:
        if self._first is None or (driver - self._first) % SEQUENCE_LIMIT > SEQUENCE_LIMIT // 2:
            self._first = driver - self._next  # the first one, or the driver began to count anew
        self._next = (driver - self._first) % SEQUENCE_LIMIT + 1
        return self._next - 1

    def _raw(self, filled: Filled, sequence: int, stamp_s: float) -> VideoFrame:
        choice = self._setting.choice
        line_bytes = max(self._setting.picture.line_bytes, 2 * choice.width)
        planes = unpack(filled.memory, choice.fourcc, choice.width, choice.height, line_bytes)
        arrived = min(choice.height, filled.used_bytes // line_bytes)
        short = arrived < choice.height
        if short:
            self._tally.count("short")
            planes = without_stale(planes, arrived, self._planes)
        self._planes = planes
        return VideoFrame(sequence, stamp_s, planes, damaged=filled.faulty or short)

    def _packed(self, filled: Filled, sequence: int, stamp_s: float) -> VideoFrame:
        data = filled.memory[: filled.used_bytes].tobytes()
        broken = self._format.pixel_format == "mjpeg" and not whole_jpeg(data)
        return VideoFrame(sequence, stamp_s, data=data, damaged=filled.faulty or broken)

    def signal(self) -> Signal:
        """What the driver said at the last look, which ``read`` takes twice a second; never waits."""
        return self._watch.signal

    def report(self) -> dict[str, str]:
        return described(self._found, self._setting) | self._tally.report()

    def stop(self) -> None:
        self._stopping.set()
        with suppress(OSError):
            os.eventfd_write(self._wake, 1)
        with self._lock:
            self._end()

    def _end(self) -> None:
        stream, node = self._stream, self._node
        self._stream = self._node = None
        if stream is not None:
            stream.close()
        if node is not None:
            with suppress(OSError):
                node.close()
