"""One segment being recorded: its own thread writes, the reader never waits."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import av
import numpy as np

from appliance.capture.camera_writer import CameraWriter, can_begin_with
from appliance.capture.device_log import keep_report
from appliance.capture.frame_log import FrameEntry, FrameLog
from appliance.capture.grid import Place
from appliance.capture.late import PatientGrid
from appliance.capture.ring import Piece, Placed, Ring
from appliance.capture.sound_track import SoundTrack
from appliance.capture.tape_writer import TapeWriter
from appliance.core.config import CaptureConfig
from appliance.core.problems import Problem
from appliance.core.types import AudioBlock, Role, Segment, StreamFormat, VideoFrame

SYNC_S = 1.0
SYNC_BYTES = 8 << 20  # a slow disk is never owed more than that, which it can take in a moment
EARLY_BLOCKS = 50  # of sound kept until the first picture is there
SOUND_LAG_S = 2.0  # sound that is later than this is taken for lost
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SegmentRecorder:
    """``write`` is for one thread, the numbers for any. No file is created before the first frame."""

    def __init__(
        self,
        format: StreamFormat,
        folder: Path,
        role: Role,
        index: int,
        config: CaptureConfig,
        device: str,
        report: Callable[[], dict[str, str]] = dict,
    ) -> None:
        self.frames = 0  # on the disk
        self.problem: Problem | None = None
        self.first_timestamp_s: float | None = None
        self._format, self._config = format, config
        self._role, self._index, self._device, self._report = role, index, device, report
        self._path = folder / f"{role.value}-{index:02d}.mkv"
        self._late = PatientGrid(format.rate)
        self._grid = self._late.grid
        self.ring = Ring(max(2, round(config.ring_s * format.rate)), config.ring_mb << 20)
        self._lost_before = self._overflow = self._end_index = 0
        self._early: deque[AudioBlock] = deque(maxlen=EARLY_BLOCKS)
        self._writer: TapeWriter | CameraWriter | None = None
        self._log: FrameLog | None = None
        self._sound: SoundTrack | None = None
        self._synced_s, self._synced_bytes = time.monotonic(), 0
        self._thread = threading.Thread(target=self._run, name=f"write-{role.value}", daemon=True)
        self._thread.start()

    @property
    def lost_frames(self) -> int:
        """What the device lost, and what this box could not write in time."""
        return self._grid.lost + self._overflow

    @property
    def elapsed_s(self) -> float:
        return self._grid.elapsed_s

    @property
    def bytes_written(self) -> int:
        return self._writer.file.size_bytes if self._writer else 0

    def write(self, piece: VideoFrame | AudioBlock) -> None:
        """Returns at once. A frame that finds the ring full is lost, counted and logged."""
        if isinstance(piece, VideoFrame):
            for frame, place in self._late.feed(piece):
                self._put_frame(frame, place)
        else:
            self.ring.put(piece)

    def _put_frame(self, frame: VideoFrame, place: Place) -> None:
        if self.first_timestamp_s is None:
            self.first_timestamp_s = frame.timestamp_s
        self._lost_before += place.missed
        overflow = self._lost_before > place.missed
        flags = ("damaged",) * frame.damaged + ("overflow",) * overflow
        kept = self.ring.put(Placed(frame, place.index, self._lost_before, flags))
        self._overflow += not kept
        self._lost_before = 0 if kept else self._lost_before + 1

    def wait_for_room(self, timeout_s: float) -> bool:
        """For simulated worlds, which wait for their reader: False when the ring stayed full."""
        return self.ring.wait_for_room(timeout_s)

    def close(self, complete: bool, start_s: float = 0.0) -> Segment:
        """Write what is in the ring and finish the file; on the disk when this returns.

        A segment of 0 frames has no file and belongs into no take.
        """
        for frame, place in self._late.flush():
            self._put_frame(frame, place)
        self.ring.close()
        self._thread.join()
        return Segment(
            role=self._role,
            index=self._index,
            path=self._path.name,
            start_s=start_s,
            duration_s=self._end_index / float(self._format.rate),
            frames=self.frames,
            lost_frames=self.lost_frames,
            complete=complete and self.problem is None,
            device=self._device,
        )

    def _run(self) -> None:
        try:
            while batch := self.ring.batch():
                for piece in batch:
                    self.ring.release(piece)
                    self._store(piece)
        except (OSError, av.FFmpegError) as error:
            self._fail(error)
        try:
            self._finish()
        except (OSError, av.FFmpegError) as error:
            self._fail(error)

    def _store(self, item: Piece) -> None:
        if isinstance(item, AudioBlock):
            self._store_sound(item)
            return
        if self._writer is None:
            if not can_begin_with(self._format.pixel_format, item.frame):
                self._overflow += 1
                return
            self._open(item)
        assert self._writer is not None
        assert self._log is not None
        size = self._writer.write_picture(item.frame, item.index)
        entry = FrameEntry(item.frame.sequence, item.frame.timestamp_s, size, item.lost_before, item.flags)
        self._log.write(entry)
        self.frames += 1
        self._end_index = item.index + 1
        self._keep_sound_up()
        self._sync_when_due(self._writer)

    def _sync_when_due(self, writer: TapeWriter | CameraWriter) -> None:
        """Only this thread waits for the disk; the reader goes on filling the ring."""
        size = writer.file.size_bytes
        if time.monotonic() - self._synced_s >= SYNC_S or size - self._synced_bytes >= SYNC_BYTES:
            writer.file.sync()
            self._synced_s, self._synced_bytes = time.monotonic(), size

    def _open(self, first: Placed) -> None:
        tags = {
            "STARTED_AT": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "CAPTURE_DEVICE": self._device,
        }
        self._log = FrameLog(self._path.with_suffix(".csv"))
        if self._format.pixel_format == "yuv422p":
            self._writer = TapeWriter(self._path, self._format, self._config, tags)
        else:
            self._writer = CameraWriter(self._path, self._format, self._config, tags, first.frame.data)
        if self._format.audio_channels:
            start_s = first.frame.timestamp_s - first.index / float(self._format.rate)
            self._sound = SoundTrack(self._format.audio_rate_hz, start_s)
        keep_report(self._path.with_suffix(".json"), self._report, {})  # closing it may never happen
        for block in self._early:
            self._store_sound(block)

    def _store_sound(self, block: AudioBlock) -> None:
        if self._writer is None:
            self._early.append(block)
        elif self._sound is not None:
            first = self._sound.written
            piece = self._sound.fit(block)
            self._store_silence(first, piece.silence)
            if len(piece.samples):
                self._writer.write_sound(piece.samples, first + piece.silence)

    def _keep_sound_up(self) -> None:
        """A device that falls silent, or never spoke, must not hold up the pictures in the file."""
        if self._sound is None:
            return
        first = self._sound.written
        self._store_silence(
            first, self._sound.catch_up(self._end_index / float(self._format.rate) - SOUND_LAG_S)
        )

    def _store_silence(self, first: int, count: int) -> None:
        assert self._writer is not None
        second = self._format.audio_rate_hz
        for begin in range(first, first + count, second):
            length = min(second, first + count - begin)
            self._writer.write_sound(np.zeros((length, self._format.audio_channels), np.int16), begin)

    def _counts(self) -> dict[str, str]:
        filled_s = self._sound.filled_s if self._sound is not None else 0.0
        return {
            "frames": str(self.frames),
            "lost frames": str(self.lost_frames),
            "silence in place of lost sound": f"{filled_s:.3f} s",
        }

    def _finish(self) -> None:
        try:
            if self._writer is not None:
                keep_report(self._path.with_suffix(".json"), self._report, self._counts())
                self._writer.file.close()
        finally:
            if self._log is not None:
                self._log.close()

    def _fail(self, error: OSError | av.FFmpegError) -> None:
        if self.problem is None:
            self.problem = spool_problem(error.errno)
        self._overflow += self.ring.give_up()


def spool_problem(code: int | None) -> Problem:
    if code in FULL:
        return Problem(
            "spool-full",
            "The box's disk is full",
            "The recording has used up all the space there was; what was recorded until then is safe.",
            "Plug in a stick so that finished films can leave the box, or delete old takes.",
        )
    return Problem(
        "spool-failed",
        "The box's disk does not take the recording",
        f"Writing failed ({os.strerror(code or errno.EIO)}); the disk may be worn out or read-only.",
        "Stop recording, keep the tape, and have the disk checked.",
    )
