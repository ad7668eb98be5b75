"""How this code speaks to a device node; apart, so that a pretended kernel can hold the conversation."""

from __future__ import annotations

import fcntl
import mmap
import os
import select
from contextlib import suppress
from enum import Enum
from typing import Any, Protocol


class Ready(Enum):
    FRAME = "a buffer is filled"
    WOKEN = "somebody asked to stop waiting"
    NOTHING = "the time is over"
    GONE = "the device does not stream any more"


class Kernel(Protocol):
    def open(self, path: str) -> int: ...

    def close(self, fd: int) -> None: ...

    def ioctl(self, fd: int, request: int, argument: Any) -> None:
        """Fills the ctypes object in place; raises OSError with the kernel's number."""

    def map(self, fd: int, length: int, offset: int) -> Any:
        """A writable buffer of the driver's memory."""

    def unmap(self, memory: Any) -> None: ...

    def wait(self, fd: int, wake: int, timeout_s: float) -> Ready: ...


class LinuxKernel:
    def open(self, path: str) -> int:
        return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def close(self, fd: int) -> None:
        os.close(fd)

    def ioctl(self, fd: int, request: int, argument: Any) -> None:
        # A ctypes object goes by its address; a bare number would be taken for an address.
        fcntl.ioctl(fd, request, argument, True)

    def map(self, fd: int, length: int, offset: int) -> Any:
        return mmap.mmap(fd, length, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE, offset=offset)

    def unmap(self, memory: Any) -> None:
        with suppress(BufferError):  # a picture of it is still held somewhere; it goes with that one
            memory.close()

    def wait(self, fd: int, wake: int, timeout_s: float) -> Ready:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        poll.register(wake, select.POLLIN)
        events = dict(poll.poll(max(0.0, timeout_s) * 1000))
        if wake in events:
            return Ready.WOKEN
        if fd not in events:
            return Ready.NOTHING
        if events[fd] & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
            return Ready.GONE
        return Ready.FRAME


LINUX = LinuxKernel()
