"""Pictures and sound of two drivers as one source: in order of time, and the sound may fail alone."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from appliance.capture.alsa import AlsaSound
from appliance.capture.rates import FrameCount, RateFit
from appliance.capture.sound_keeper import SoundKeeper
from appliance.capture.sound_repairs import BY_NAME, SoundQuirks
from appliance.capture.troubles import no_pictures
from appliance.core.problems import DeviceLost, Problem
from appliance.core.realtime import reader_priority
from appliance.core.types import AudioBlock, DeviceInfo, Issue, Role, Signal, StreamFormat, VideoFrame
from appliance.devices.base import PictureSource, SoundSource

PATIENCE_S = 0.3  # how long a picture waits for the sound of its moment
QUEUED_S = 1.0  # of pictures that were fetched ahead; the driver's own buffers come on top
READ_S = 0.25
BLIND_S = 10.0  # without a picture
PASSING = ("sound-busy", "sound-refused")
TRIES, PAUSE_S = 4, 0.5  # to open a sound card: a desktop's sound server looks at each one that comes
log = logging.getLogger(__name__)


def with_sound(
    picture: PictureSource,
    card: int | None,
    quirk: str = "",
    pause: Callable[[float], None] = time.sleep,
) -> PairedSource:
    """The pictures with the sound of that card; a card that refuses is told by ``issue`` and left out."""
    if card is None:
        return PairedSource(picture, None)
    try:
        return PairedSource(picture, patiently_opened(card, picture.info.name, BY_NAME[quirk], pause))
    except Problem as problem:
        log.warning("%s", problem)
        return PairedSource(picture, None, problem.issue)


def patiently_opened(card: int, name: str, quirks: SoundQuirks, pause: Callable[[float], None]) -> AlsaSound:
    """Raises Problem; the pictures wait for it, for without sound they would stay until the next plug."""
    for _ in range(TRIES - 1):
        try:
            return AlsaSound(card, name, quirks)
        except Problem as problem:
            if problem.issue.code not in PASSING:
                raise
        pause(PAUSE_S)
    return AlsaSound(card, name, quirks)


class PairedSource:
    """A MediaSource of a picture device and, where it has one, its sound card.

    The loss of the pictures ends it; the loss of the sound is told by ``issue`` and mended while it runs.
    """

    def __init__(self, picture: PictureSource, sound: SoundSource | None, issue: Issue | None = None) -> None:
        self._picture, self._issue = picture, issue
        self._starting = (
            threading.Lock()
        )  # or a stop in the middle of a start would wait for its threads for ever
        self._changed = threading.Condition()
        self._frames: deque[tuple[VideoFrame, float]] = deque()  # with the moment of their arrival
        self._limit = max(4, round(QUEUED_S * picture.format.rate))
        self._half_frame_s = 0.5 / float(picture.format.rate)
        self._seen_s = float("-inf")  # no picture of before this is still to come
        self._came_s = time.monotonic()  # the last picture
        self._running = False
        self._problem: Problem | None = None
        self._rate = RateFit(float(picture.format.rate))
        self._thread: threading.Thread | None = None
        self._sound = SoundKeeper(sound, picture.info.name, self._changed) if sound is not None else None

    @property
    def info(self) -> DeviceInfo:
        return self._picture.info

    @property
    def format(self) -> StreamFormat:
        if self._sound is None:
            return replace(self._picture.format, audio_channels=0)
        source = self._sound.source
        return replace(self._picture.format, audio_rate_hz=source.rate_hz, audio_channels=source.channels)

    @property
    def issue(self) -> Issue | None:
        """What a person should know of the pictures, or else of the sound; None while all is well."""
        of_pictures: Issue | None = getattr(self._picture, "issue", None)
        return self._blind() or of_pictures or (self._sound.issue if self._sound is not None else self._issue)

    def _blind(self) -> Issue | None:
        """Of a camera that is read and gives no picture; a tape's missing picture is told elsewhere."""
        patient = time.monotonic() - self._came_s < BLIND_S
        return None if patient or self.info.role is not Role.CAMERA else no_pictures(self.info.name)

    def start(self) -> None:
        """Pictures first: some drivers begin the sound anew when the pictures begin."""
        with self._starting:
            self._start()

    def _start(self) -> None:
        self._picture.start()
        with self._changed:
            self._frames.clear()
            self._problem, self._running, self._seen_s = None, True, float("-inf")
        self._rate.new_lap()
        self._thread = threading.Thread(
            target=self._fetch, name=f"picture-{self.info.role.value}", daemon=True
        )
        self._thread.start()
        if self._sound is not None:
            self._sound.start()

    def stop(self) -> None:
        with self._starting:
            self._stop()

    def _stop(self) -> None:
        with self._changed:
            self._running = False
            self._changed.notify_all()
        self._picture.stop()
        if self._sound is not None:
            self._sound.stop()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def signal(self) -> Signal:
        return self._picture.signal()

    def report(self) -> dict[str, str]:
        told = self._picture.report() | {"picture true rate": self._rate.text()}
        return told | (self._sound.report() if self._sound is not None else {"sound": "none"})

    def read(self, timeout_s: float) -> VideoFrame | AudioBlock | None:
        until_s = time.monotonic() + timeout_s
        with self._changed:
            while self._running:
                piece = self._next()
                if piece is not None:
                    self._changed.notify_all()
                    return piece
                if self._problem is not None and not self._frames:
                    raise self._problem
                left_s = until_s - time.monotonic()
                if left_s <= 0:
                    return None
                self._changed.wait(min(left_s, self._patience_s()))
        return None

    def _next(self) -> VideoFrame | AudioBlock | None:
        """The earlier of the two, once nothing of before it can come; sound before its picture."""
        now_s = time.monotonic()
        sound = self._sound.head() if self._sound is not None else None
        frame, frame_came_s = self._frames[0] if self._frames else (None, now_s)
        if self._sound is not None and sound is not None:
            block, came_s = sound
            before = block.timestamp_s <= (frame.timestamp_s if frame is not None else self._seen_s)
            if before or (frame is None and now_s - came_s >= PATIENCE_S):
                return self._sound.take()
        if frame is None:
            return None
        if sound is None and not self._heard(frame) and now_s - frame_came_s < PATIENCE_S:
            return None
        return self._frames.popleft()[0]

    def _heard(self, frame: VideoFrame) -> bool:
        """No sound of before that picture is still to come."""
        return self._sound is None or not self._sound.alive or self._sound.heard_s > frame.timestamp_s

    def _patience_s(self) -> float:
        """How long what waits may still wait."""
        waiting = [self._frames[0]] if self._frames else []
        sound = self._sound.head() if self._sound is not None else None
        came_s = min(
            [came_s for _, came_s in [*waiting, *([sound] if sound else [])]], default=time.monotonic()
        )
        return max(0.001, came_s + PATIENCE_S - time.monotonic())

    def _fetch(self) -> None:
        reader_priority()
        count = FrameCount(float(self._picture.format.rate))
        try:
            while self._running:
                frame = self._picture.read(READ_S)
                if frame is not None:
                    self._rate.add(count.at(frame.timestamp_s), frame.timestamp_s)
                    self._queue(frame)
        except Problem as problem:
            self._fail(problem)
        except Exception:
            log.exception("reading the pictures of %s failed", self.info.name)
            self._fail(DeviceLost(self.info.name))

    def _fail(self, problem: Problem) -> None:
        with self._changed:
            self._problem = problem
            self._changed.notify_all()

    def _queue(self, frame: VideoFrame) -> None:
        """A reader that is held up leaves pictures with the driver; what that loses shows in its numbers."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._frames) < self._limit or not self._running)
            self._came_s = time.monotonic()
            self._frames.append((frame, self._came_s))
            self._seen_s = frame.timestamp_s + self._half_frame_s
            self._changed.notify_all()
