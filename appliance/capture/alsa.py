"""The sound of one card, with the time of each block's first sample on CLOCK_MONOTONIC."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
import weakref
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from appliance.capture.sample_clock import SampleClock
from appliance.capture.sound_repairs import SoundQuirks, SoundRepair
from appliance.core.problems import DeviceLost, Problem
from appliance.core.types import AudioBlock
from appliance.devices.alsa_lib import Pcm, Shape, State, Status
from appliance.devices.alsa_mixer import open_lines

RATE_HZ, CHANNELS = 48000, 2
PERIOD_S, BUFFER_S = 0.04, 2.5
LONGEST_S = 0.25  # of one block, after the box was held up
GONE = (errno.ENODEV, errno.EBADFD, errno.ENOENT, errno.ENXIO)
SYSTEM = Path("/sys/class/sound")
log = logging.getLogger(__name__)


class AlsaSound:
    """A SoundSource. Opening it says what the card can do; raises Problem where it cannot be opened.

    ``read`` is for one thread at a time; ``stop`` from another ends it at once.
    """

    def __init__(self, card: int, name: str, quirks: SoundQuirks | None = None, device: int = 0) -> None:
        self._card, self._name, self._device = card, name, device
        self._quirks = quirks or SoundQuirks()
        self._reading = threading.Lock()  # held while the stream is used, so that nobody closes it then
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        weakref.finalize(self, os.close, self._wake)
        self._stopped = False
        self._came = self._overruns = 0
        self._place = place_of(card)
        self._pcm: Pcm | None = None
        self._mixed: tuple[str, ...] = ()
        self._shape = self._open()
        self._repair = SoundRepair(self._quirks, self._shape.rate_hz, self._shape.channels)
        self._clock = SampleClock(self._repair.rate_hz)

    @property
    def rate_hz(self) -> int:
        return self._repair.rate_hz

    @property
    def channels(self) -> int:
        return self._repair.channels

    def start(self) -> None:
        """Raises Problem where the card refuses, or is not the one that was opened first."""
        with self._reading:
            os.eventfd_write(self._wake, 1)
            os.eventfd_read(self._wake)
            self._stopped = False
            shape = self._open() if self._pcm is None else self._shape
            if (shape.rate_hz, shape.channels) != (self._shape.rate_hz, self._shape.channels):
                self._close()
                raise refused(self._name, "it came back with another kind of sound")
            self._mixed = open_lines(self._card)
            for note in self._mixed:
                log.info("%s: %s", self._name, note)
            self._begin()

    def read(self, timeout_s: float) -> AudioBlock | None:
        """The next block; None after the time-out, after an overrun, and when it was stopped.

        Raises DeviceLost when the card is gone. Lost samples show as a jump of the time stamps.
        """
        with self._reading:
            pcm = self._pcm
            if pcm is None or self._stopped:
                return None
            try:
                if not pcm.wait(timeout_s, self._wake) or self._stopped:
                    return None
                return self._fetch(pcm)
            except OSError as error:
                raise problem_of(error, self._name) from error

    def stop(self) -> None:
        self._stopped = True
        os.eventfd_write(self._wake, 1)
        with self._reading:
            self._close()

    def report(self) -> dict[str, str]:
        told = {
            "sound card": f"{self._name}, hw:{self._card},{self._device} {self._place}".strip(),
            "sound": f"{self._shape.rate_hz} Hz, {self._shape.channels} channels, 16 bits",
            "sound true rate": self._clock.rate.text(),
            "sound gaps": f"{self._clock.gaps}, {self._clock.lost_s:.3f} s in all",
            "sound overruns": str(self._overruns),
        }
        if self._repair.notes:
            told["sound repairs"] = "; ".join(self._repair.notes)
        if self._mixed:
            told["sound mixer"] = "; ".join(self._mixed)
        return told

    def _open(self) -> Shape:
        if self._place != place_of(self._card):
            raise DeviceLost(self._name)  # another card has its number now
        try:
            try:
                self._pcm, shape = opened(f"hw:{self._card},{self._device}")
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                self._pcm, shape = opened(f"plughw:{self._card},{self._device}")  # no 16 bits: converted
        except OSError as error:
            raise problem_of(error, self._name) from error
        return shape

    def _close(self) -> None:
        if self._pcm is not None:
            self._pcm.close()
            self._pcm = None

    def _begin(self) -> None:
        assert self._pcm is not None
        self._came = 0
        self._clock.restart()
        self._repair.restart()
        try:
            self._pcm.start()
        except OSError as error:
            self._close()
            raise problem_of(error, self._name) from error

    def _fetch(self, pcm: Pcm) -> AudioBlock | None:
        status = pcm.status()
        if status.state is State.DISCONNECTED:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        if status.state is not State.RUNNING:
            self._overrun(pcm, status)
            return None
        samples = pcm.read(round(LONGEST_S * self._shape.rate_hz))
        return self._stamped(samples, status) if len(samples) else None

    def _overrun(self, pcm: Pcm, status: Status) -> None:
        """What lay in the buffer is gone; the next block's stamp jumps."""
        self._overruns += 1
        log.warning("%s: sound was lost, the box was held up (%s)", self._name, status.state.name)
        pcm.restart()
        self._came = 0
        self._clock.restart()
        self._repair.restart()

    def _stamped(self, samples: NDArray[np.int16], status: Status) -> AudioBlock:
        shrinks = self._repair.shrinks
        first = self._came
        self._clock.see((first + status.available) // shrinks, status.stamp_s or time.monotonic())
        self._came += len(samples)
        return AudioBlock(self._clock.time_of(first // shrinks), self._repair.fit(samples))


def problem_of(error: OSError, name: str) -> Problem:
    """What the kernel's number means for a person."""
    if error.errno in GONE:
        return DeviceLost(name)
    if error.errno == errno.EBUSY:
        return Problem(
            "sound-busy",
            f"The sound of {name} is in use",
            "Another program on this box records from it.",
            "End that program, then pull the plug and put it in again; pictures are recorded meanwhile.",
        )
    return refused(name, os.strerror(error.errno or errno.EIO))


def refused(name: str, why: str) -> Problem:
    return Problem(
        "sound-refused",
        f"{name} gives no sound",
        f"Its sound card refused to record: {why}.",
        "Pull its plug and put it in again; another port or a new cable may help.",
    )


def opened(name: str) -> tuple[Pcm, Shape]:
    pcm = Pcm(name)
    try:
        return pcm, pcm.configure(RATE_HZ, CHANNELS, PERIOD_S, BUFFER_S)
    except OSError:
        pcm.close()
        raise


def place_of(card: int) -> str:
    """Where the card with that number is plugged in; empty where the system does not say."""
    device = SYSTEM / f"card{card}" / "device"
    return device.resolve().name if device.exists() else ""
