"""The buffers that a driver fills and that are handed back: 8 to 16 of them, shared memory."""

from __future__ import annotations

import ctypes
import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.devices import videodev2 as v
from appliance.devices.v4l2 import VideoNode

MOST, FEWEST = 16, 8
MEMORY_BYTES = 48 << 20  # a large camera gets fewer buffers


@dataclass(frozen=True)
class Filled:
    """One buffer as the driver hands it over; ``memory`` is the driver's own until it goes back."""

    memory: NDArray[np.uint8]
    used_bytes: int
    sequence: int
    stamp_s: float
    flags: int

    @property
    def faulty(self) -> bool:
        return bool(self.flags & v.BUF_ERROR)


class Stream:
    """Running from its making until ``close``; raises OSError, ENOSPC when the bus has no room for it."""

    def __init__(self, node: VideoNode, frame_bytes: int) -> None:
        self._node = node
        self._memory: list[Any] = []
        try:
            self._begin(min(MOST, max(FEWEST, MEMORY_BYTES // max(1, frame_bytes))))
        except OSError:
            self.close()
            raise

    def _begin(self, wanted: int) -> None:
        count = self._request(wanted)
        for index in range(count):
            found = self._node.call(v.QUERYBUF, buffer(index))
            self._memory.append(self._node.kernel.map(self._node.fd, found.length, found.m.offset))
        for index in range(count):
            self._node.call(v.QBUF, buffer(index))
        self._node.call(v.STREAMON, ctypes.c_int32(v.CAPTURE))

    def _request(self, count: int) -> int:
        wanted = v.RequestBuffers(count=count, type=v.CAPTURE, memory=v.MMAP)
        return int(self._node.call(v.REQBUFS, wanted).count)

    @property
    def buffers(self) -> int:
        return len(self._memory)

    @contextmanager
    def next(self) -> Iterator[Filled | None]:
        """The oldest filled buffer, which goes back to the driver at the end; None when there is none."""
        try:
            found = self._node.call(v.DQBUF, buffer())
        except OSError as error:
            if error.errno != errno.EAGAIN:
                raise
            yield None
            return
        try:
            yield self._filled(found)
        finally:
            self._node.call(v.QBUF, buffer(found.index))

    def _filled(self, found: Any) -> Filled:
        stamp_s = found.timestamp.seconds + found.timestamp.microseconds * 1e-6
        memory = np.frombuffer(self._memory[found.index], np.uint8)
        return Filled(memory, found.bytesused, found.sequence, stamp_s, found.flags)

    def close(self) -> None:
        """Also after a loss: what the kernel says to it does not matter any more."""
        with suppress(OSError):
            self._node.call(v.STREAMOFF, ctypes.c_int32(v.CAPTURE))
        for memory in self._memory:
            self._node.kernel.unmap(memory)
        self._memory.clear()
        with suppress(OSError):
            self._request(0)


def buffer(index: int = 0) -> Any:
    return v.Buffer(index=index, type=v.CAPTURE, memory=v.MMAP)
