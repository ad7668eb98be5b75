"""Whose turn it is: what reads a device comes first and stays in memory, as far as the system permits."""

from __future__ import annotations

import ctypes
import os
import resource
from functools import cache

READER_PRIORITY = 10  # of 1 to 99; above all usual work, below the kernel's own threads
LOCK_CURRENT, LOCK_FUTURE, LOCK_ON_FAULT = 1, 2, 4  # of mlockall


@cache
def lock_memory() -> str:
    """Keep this process out of swap; says what came of it.

    Pages are locked when they are first used: a library or a thread's stack that is never used takes nothing.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if hard != resource.RLIM_INFINITY:
        # With a limit, the first allocation beyond it would fail, in the middle of a recording.
        return f"memory is not locked: the system allows {hard} bytes only"
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
    system = ctypes.CDLL(None, use_errno=True)
    if system.mlockall(LOCK_CURRENT | LOCK_FUTURE | LOCK_ON_FAULT) != 0:
        return f"memory is not locked: {os.strerror(ctypes.get_errno())}"
    return "memory is locked"


def reader_priority() -> str:
    """Real time for the calling thread, and for none that it starts; says what came of it.

    For threads that fetch from a device and hand on. Whatever compresses or writes stays as it is: it would
    starve the rest of the box.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(READER_PRIORITY))
    except PermissionError:
        return "readers have no priority: the system does not permit real time"
    except OSError as error:
        return f"readers have no priority: {error.strerror}"
    return f"readers have real-time priority {READER_PRIORITY}"


def what_is_permitted() -> str:
    """For the log of the process's start; changes nothing of the calling thread."""
    limit = resource.getrlimit(resource.RLIMIT_RTPRIO)[0]
    allowed = os.geteuid() == 0 or limit == resource.RLIM_INFINITY or limit >= READER_PRIORITY
    return "readers get real-time priority" if allowed else "readers have no priority: LimitRTPRIO is too low"
