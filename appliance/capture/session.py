"""A device from plug-in to unplug: read all the time, looked at, and recorded when asked."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from appliance.capture.late import PatientGrid
from appliance.capture.meters import LevelMeter
from appliance.capture.preview import Preview
from appliance.capture.segment import SegmentRecorder
from appliance.capture.signal import TapeEndDetector
from appliance.capture.watch import Sight, SignalWatch
from appliance.core.config import CaptureConfig
from appliance.core.problems import DeviceLost, Problem
from appliance.core.realtime import reader_priority
from appliance.core.snapshot import DeviceStatus
from appliance.core.types import AudioBlock, Role, Segment, Signal, StreamFormat, VideoFrame
from appliance.devices.base import MediaSource

READ_S = 0.25
SILENT_S = 2.0  # a device that gives no picture for so long is started anew
LONGEST_PATIENCE_S = 30.0  # then again after twice as long and so on, up to this
LOOK_S = 0.2  # between two looks at the picture, on the device's clock
LOOK_REST, LONGEST_REST_S = 3.0, 0.8  # times as long as a look took, until the next one; and at most
HANGS_S = 10.0  # a device that repeats one picture to the bit for so long is started anew; titles are shorter
SILENCE_DBFS = -50.0  # a tape hisses louder, a dongle without one less
RECENT_BLOCKS = 10  # sound that may belong to the first frame of a recording
log = logging.getLogger(__name__)


class DeviceSession:
    """All methods are safe from any thread; ``on_preview`` and ``on_lost`` are called from its threads."""

    def __init__(
        self,
        source: MediaSource,
        config: CaptureConfig,
        on_preview: Callable[[bytes], None],
        on_lost: Callable[[Problem], None],
        watched: Callable[[], bool] = lambda: True,
    ) -> None:
        self.recorder: SegmentRecorder | None = None  # while recording
        self.blank_tail_s = 0.0  # of the segment that ended last: what it holds after the tape's end
        self.began_s: float | None = None  # that segment's first frame on CLOCK_MONOTONIC, if stamped by it
        self._source, self._config, self._on_lost = source, config, on_lost
        self._info, self._format = source.info, source.format
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._preview = Preview(source.format, on_preview, watched)
        self._meter = LevelMeter(source.format.audio_rate_hz)
        self._late = PatientGrid(source.format.rate)
        self._grid = self._late.grid
        self._detector: TapeEndDetector | None = None
        self._torn: Segment | None = None  # of the segment that a loss closed
        self._watch = SignalWatch(source.format, source.info.role)
        self._sight = Sight()
        self._revived = False  # a dongle that repeats its picture was started anew
        self._looked_s, self._look_took_s = float("-inf"), 0.0
        self._recent: deque[AudioBlock] = deque(maxlen=RECENT_BLOCKS)
        self._beat_s = self._seen_s = time.monotonic()
        self._anew_after_s = SILENT_S  # without a picture
        self._thread = threading.Thread(target=self._run, name=f"read-{source.info.role.value}", daemon=True)

    def start(self) -> None:
        """Raises Problem when the device does not start."""
        self._source.start()
        self._preview.start()
        self._thread.start()

    def stop(self) -> None:
        """End reading; a segment that still runs is closed and its file kept."""
        self._stopping.set()
        self._source.stop()
        if threading.current_thread() is not self._thread and self._thread.is_alive():
            self._thread.join()
            self._source.stop()  # a new start of a silent device may have come between
        self._preview.stop()
        with self._lock:
            self._close_torn()

    def heartbeat(self) -> float:
        """When the reading loop last went round, on ``time.monotonic``."""
        return self._beat_s

    def status(self) -> DeviceStatus:
        return DeviceStatus(
            info=self._info,
            signal=self._sight.signal,
            levels=self._meter.levels,
            frames=self._grid.frames,
            lost_frames=self._grid.lost,
            format_text=describe(self._format),
        )

    def begin_segment(self, folder: Path, index: int) -> None:
        """Record from the next frame on, into files named after role and index."""
        with self._lock:
            recorder = SegmentRecorder(
                self._format,
                folder,
                self._info.role,
                index,
                self._config,
                self._info.name,
                self._source.report,
            )
            for block in self._recent:
                recorder.write(block)
            self._torn, self.blank_tail_s, self.began_s = None, 0.0, None
            self._detector = self._tape_end(index)
            self.recorder = recorder

    def _tape_end(self, index: int) -> TapeEndDetector | None:
        """A camera never ends a take; a tape that goes on after a loss was playing before."""
        if self._info.role is not Role.TAPE:
            return None
        return TapeEndDetector(self._config.end_of_tape_s, armed=index > 0)

    def end_segment(self, complete: bool, start_s: float = 0.0) -> Segment | None:
        """The closed segment, also when the loss of the device has closed it already; None without one."""
        with self._lock:
            recorder, detector = self.recorder, self._detector
            self.recorder = self._detector = None
            torn, self._torn = self._torn, None
        if recorder is None:
            return torn
        segment = recorder.close(complete, start_s)
        self._keep_beginning(recorder)
        if detector is not None and recorder.first_timestamp_s is not None:
            self.blank_tail_s = detector.blank_s(recorder.first_timestamp_s + segment.duration_s)
        return segment

    def _keep_beginning(self, recorder: SegmentRecorder) -> None:
        """Simulated devices have clocks of their own."""
        self.began_s = None if self._info.simulated else recorder.first_timestamp_s

    @property
    def ended(self) -> bool:
        """The tape has ended; stays so until the segment is closed. Never where recording goes on."""
        detector = self._detector
        return detector is not None and detector.ended and not self._goes_on

    @property
    def tape_end_in_s(self) -> float | None:
        """Until the recording ends by itself; None while there is a picture."""
        detector = self._detector
        return detector.remaining_s if detector is not None and not self._goes_on else None

    @property
    def _goes_on(self) -> bool:
        return self._config.on_signal_loss == "go on"

    def _run(self) -> None:
        if not self._info.simulated:
            reader_priority()
        try:
            while not self._stopping.is_set():
                self._beat_s = time.monotonic()
                piece = self._source.read(READ_S)
                if piece is not None:
                    self._take(piece)
                if not isinstance(piece, VideoFrame):  # a dongle may lose its pictures and keep its sound
                    self._no_picture_came()
        except Problem as problem:
            self._lost(problem)
        except Exception:
            log.exception("reading %s failed", self._info.name)
            self._lost(DeviceLost(self._info.name))

    def _take(self, piece: VideoFrame | AudioBlock) -> None:
        if isinstance(piece, AudioBlock):
            self._meter.add(piece)
        else:
            self._seen_s, self._anew_after_s = time.monotonic(), SILENT_S
            self._late.feed(piece)
            self._watch.count(piece)
            self._look(piece)
            self._preview.offer(piece)
        self._record(piece)

    def _record(self, piece: VideoFrame | AudioBlock) -> None:
        with self._lock:
            # Kept under the same lock: a segment that begins in between would get this block twice.
            if isinstance(piece, AudioBlock):
                self._recent.append(piece)
            recorder = self.recorder
            if recorder is not None:
                recorder.write(piece)
        if recorder is not None and self._info.simulated and not self._stopping.is_set():
            recorder.wait_for_room(READ_S)

    def _look(self, frame: VideoFrame) -> None:
        """Five times a second is enough to know what a picture shows; less often where a look takes long, for
        frames are lost that nobody fetches meanwhile."""
        rest_s = max(LOOK_S, min(LONGEST_REST_S, LOOK_REST * self._look_took_s))
        if 0 <= frame.timestamp_s - self._looked_s < rest_s:
            return
        self._looked_s, began_s = frame.timestamp_s, time.monotonic()
        silent = max(self._meter.levels.rms_dbfs) < SILENCE_DBFS
        self._sight = self._watch.look(frame, self._source.signal(), silent)
        self._look_took_s = time.monotonic() - began_s
        self._feed_detector(frame.timestamp_s)
        self._revive()

    def _revive(self) -> None:
        """Once for each picture that stands: some dongles hang, others just have nothing to show."""
        hangs = self._sight.dead_s >= HANGS_S
        if hangs and not self._revived:
            self._start_anew("repeats one picture")
        self._revived = hangs

    def _feed_detector(self, timestamp_s: float) -> None:
        detector = self._detector
        if detector is not None and (self._goes_on or not detector.ended):
            detector.feed(self._sight.evidence, timestamp_s)

    def _start_anew(self, why: str) -> None:
        log.warning("%s %s; starting it anew", self._info.name, why)
        self._source.stop()
        self._beat_s = time.monotonic()  # a device that hangs takes seconds for each of the two
        if not self._stopping.is_set():
            self._source.start()

    def _no_picture_came(self) -> None:
        """No frames for a while is a state: some drivers stop without a signal, some need a new start."""
        silent_s = time.monotonic() - self._seen_s
        if silent_s < SILENT_S or self._stopping.is_set():
            return
        self._sight = Sight(Signal.NONE, Signal.NONE)
        self._feed_detector(self._last_look_s + silent_s)
        if silent_s >= self._anew_after_s and self._source.signal() is not Signal.NONE:
            self._anew_after_s = silent_s + min(silent_s, LONGEST_PATIENCE_S)
            self._start_anew("delivers no pictures")

    @property
    def _last_look_s(self) -> float:
        """On the device's clock; before its first picture on the one that real devices stamp by."""
        return self._looked_s if self._looked_s > float("-inf") else self._seen_s

    def _lost(self, problem: Problem) -> None:
        if self._stopping.is_set():
            return
        log.warning("%s is lost: %s", self._info.name, problem)
        with self._lock:
            self._close_torn()
        self._on_lost(problem)

    def _close_torn(self) -> None:
        """The lock is held: nobody may end the segment between its closing and its keeping."""
        if self.recorder is not None:
            self._torn = self.recorder.close(complete=False)
            self._keep_beginning(self.recorder)
            self.recorder = self._detector = None


def describe(format: StreamFormat) -> str:
    scan = "progressive" if format.field_order == "progressive" else "interlaced"
    sound = f", {format.audio_rate_hz / 1000:g} kHz" if format.audio_channels else ", no sound"
    return f"{format.width} × {format.height}, {float(format.rate):.4g} frames/s, {scan}{sound}"
