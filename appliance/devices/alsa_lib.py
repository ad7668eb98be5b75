"""As much of libasound as recording needs, by ctypes; no callbacks, so that no memory needs to be executable.

Errors of the library are OSError with the number that the kernel gave.
"""

from __future__ import annotations

import ctypes
import os
import select
from ctypes import byref, c_char_p, c_int, c_long, c_short, c_uint, c_ulong, c_void_p
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.core.problems import Problem

LIBRARY = "libasound.so.2"
CAPTURE, NONBLOCK = 1, 1
INTERLEAVED, S16_LE = 3, 2
STAMPED, MONOTONIC = 1, 1


class State(IntEnum):
    OPEN = 0
    SETUP = 1
    PREPARED = 2
    RUNNING = 3
    XRUN = 4
    DRAINING = 5
    PAUSED = 6
    SUSPENDED = 7
    DISCONNECTED = 8


@dataclass(frozen=True)
class Shape:
    """What the card agreed to, always in 16 bits."""

    rate_hz: int
    channels: int
    period: int  # samples of each channel
    buffer: int


@dataclass(frozen=True)
class Status:
    """``available`` samples of each channel lay in the buffer at ``stamp_s`` of CLOCK_MONOTONIC."""

    state: State
    stamp_s: float  # 0: the driver gave none
    available: int


class Timespec(ctypes.Structure):
    _fields_ = (("seconds", c_long), ("nanoseconds", c_long))


class PollFd(ctypes.Structure):
    _fields_ = (("descriptor", c_int), ("events", c_short), ("found", c_short))


@cache
def library() -> Any:
    """Raises Problem where there is no libasound."""
    try:
        found = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise Problem(
            "sound-library-missing",
            "The box cannot record sound",
            f"The library {LIBRARY} is not installed ({error}).",
            "Install it (`apt install libasound2`) and restart the box; until then it records pictures only.",
        ) from error
    for name in ("snd_pcm_readi", "snd_pcm_status_get_avail"):
        getattr(found, name).restype = c_long
    found.snd_pcm_readi.argtypes = (c_void_p, c_void_p, c_ulong)
    found.snd_strerror.restype = c_char_p
    for name in ("snd_mixer_first_elem", "snd_mixer_elem_next"):
        getattr(found, name).restype = c_void_p
    found.snd_mixer_selem_get_name.restype = c_char_p
    return found


def call(name: str, *arguments: Any) -> int:
    """The function's answer; raises OSError where it is an error's number."""
    done = int(getattr(library(), name)(*arguments))
    if done < 0:
        raise OSError(-done, f"{os.strerror(-done)} ({name})")
    return done


class Pcm:
    """One open recording stream such as ``hw:1,0``. Not thread-safe."""

    def __init__(self, name: str) -> None:
        handle = c_void_p()
        call("snd_pcm_open", byref(handle), name.encode(), CAPTURE, NONBLOCK)
        self._handle: c_void_p | None = handle
        self.shape = Shape(0, 0, 0, 0)

    def configure(self, rate_hz: int, channels: int, period_s: float, buffer_s: float) -> Shape:
        """The nearest that the card can; then it is ready to start."""
        shape = self._set_hardware(rate_hz, channels, period_s, buffer_s)
        self._set_software(shape)
        self.shape = shape
        return shape

    def _set_hardware(self, rate_hz: int, channels: int, period_s: float, buffer_s: float) -> Shape:
        wish = allocated("hw_params")
        try:
            handle = self._handle
            call("snd_pcm_hw_params_any", handle, wish)
            call("snd_pcm_hw_params_set_access", handle, wish, INTERLEAVED)
            call("snd_pcm_hw_params_set_format", handle, wish, S16_LE)
            agreed = [
                c_uint(channels),
                c_uint(rate_hz),
                c_uint(round(buffer_s * 1e6)),
                c_uint(round(period_s * 1e6)),
            ]
            for what, value in zip(("channels", "rate", "buffer_time", "period_time"), agreed, strict=True):
                direction = () if what == "channels" else (None,)
                call(f"snd_pcm_hw_params_set_{what}_near", handle, wish, byref(value), *direction)
            call("snd_pcm_hw_params", handle, wish)
            period, buffer = c_ulong(), c_ulong()
            call("snd_pcm_hw_params_get_period_size", wish, byref(period), None)
            call("snd_pcm_hw_params_get_buffer_size", wish, byref(buffer))
            return Shape(agreed[1].value, agreed[0].value, period.value, buffer.value)
        finally:
            library().snd_pcm_hw_params_free(wish)

    def _set_software(self, shape: Shape) -> None:
        wish = allocated("sw_params")
        try:
            call("snd_pcm_sw_params_current", self._handle, wish)
            call("snd_pcm_sw_params_set_tstamp_mode", self._handle, wish, STAMPED)
            call("snd_pcm_sw_params_set_tstamp_type", self._handle, wish, MONOTONIC)
            call("snd_pcm_sw_params_set_avail_min", self._handle, wish, c_ulong(shape.period))
            call("snd_pcm_sw_params", self._handle, wish)
        finally:
            library().snd_pcm_sw_params_free(wish)

    def start(self) -> None:
        call("snd_pcm_start", self._handle)

    def restart(self) -> None:
        """After an overrun, a suspend or a stop: what lay in the buffer is gone."""
        call("snd_pcm_prepare", self._handle)
        self.start()

    def wait(self, timeout_s: float, wake: int) -> bool:
        """Whether there is something to look at; ``wake`` is a descriptor that ends the waiting."""
        poll = select.poll()
        poll.register(wake, select.POLLIN)
        for descriptor, events in self._descriptors():
            poll.register(descriptor, events)
        ready = [descriptor for descriptor, _ in poll.poll(max(0.0, timeout_s) * 1000)]
        return bool(ready) and wake not in ready

    def _descriptors(self) -> list[tuple[int, int]]:
        count = call("snd_pcm_poll_descriptors_count", self._handle)
        table = (PollFd * count)()
        call("snd_pcm_poll_descriptors", self._handle, table, c_uint(count))
        return [(entry.descriptor, entry.events) for entry in table]

    def status(self) -> Status:
        found = allocated("status")
        try:
            call("snd_pcm_status", self._handle, found)
            stamp = Timespec()
            library().snd_pcm_status_get_htstamp(found, byref(stamp))
            available = library().snd_pcm_status_get_avail(found)
            state = State(library().snd_pcm_status_get_state(found))
            return Status(state, stamp.seconds + stamp.nanoseconds * 1e-9, available)
        finally:
            library().snd_pcm_status_free(found)

    def read(self, samples: int) -> NDArray[np.int16]:
        """At most so many of each channel, (n, channels); none where there are none."""
        block = np.empty((samples, self.shape.channels), np.int16)
        count = int(library().snd_pcm_readi(self._handle, block.ctypes.data, samples))
        if count < 0 and -count != 11:  # EAGAIN
            raise OSError(-count, os.strerror(-count))
        return block[: max(0, count)]

    def close(self) -> None:
        """Safe to call twice."""
        handle, self._handle = self._handle, None
        if handle is not None:
            library().snd_pcm_close(handle)


def allocated(what: str) -> c_void_p:
    made = c_void_p()
    call(f"snd_pcm_{what}_malloc", byref(made))
    return made
