"""Telling systemd how the process is. Without systemd every call does nothing."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable

log = logging.getLogger(__name__)


def notify_ready() -> None:
    send("READY=1")


def notify_status(text: str) -> None:
    """One line for `systemctl status`."""
    send(f"STATUS={' '.join(text.split())}")


def notify_stopping() -> None:
    send("STOPPING=1")


def send(message: str) -> bool:
    """True when systemd took the message; a failure is logged, it never stops the box."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):  # Linux's abstract names begin with a zero byte
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.settimeout(1.0)
            out.sendto(message.encode(), address)
    except OSError as error:
        log.warning("systemd did not take a message", extra={"content": message, "error": str(error)})
        return False
    return True


def watchdog_interval_s() -> float | None:
    """Half of what systemd waits before it restarts this process; None when it does not watch."""
    pid = os.environ.get("WATCHDOG_PID", "")
    if pid and pid != str(os.getpid()):
        return None
    limit = os.environ.get("WATCHDOG_USEC", "")
    return int(limit) / 2e6 if limit.isdigit() and int(limit) > 0 else None


class Watchdog:
    """Fed only while everything that was expected has been heard of lately.

    Call ``beat`` where the work is done and ``feed`` from a loop that cannot hang on that work; a process
    whose loop turns while its work stands still is then restarted by systemd.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self.interval_s = watchdog_interval_s()
        self._now_s = now_s
        self._limits_s: dict[str, float] = {}
        self._heard_s: dict[str, float] = {}
        self._fed_s: float | None = None
        self._complained: set[str] = set()

    def expect(self, name: str, limit_s: float) -> None:
        """From now on ``name`` has to beat at least every ``limit_s``."""
        self._limits_s[name] = limit_s
        self.beat(name)

    def forget(self, name: str) -> None:
        """For work that has ended as it should."""
        self._limits_s.pop(name, None)

    def beat(self, name: str) -> None:
        self._heard_s[name] = self._now_s()

    def late(self) -> tuple[str, ...]:
        """What has been silent for too long."""
        now_s = self._now_s()
        limits_s = tuple(self._limits_s.items())
        return tuple(name for name, limit_s in limits_s if now_s - self._heard_s[name] > limit_s)

    def due(self) -> bool:
        """Whether it is time to feed; never without systemd."""
        if self.interval_s is None:
            return False
        return self._fed_s is None or self._now_s() - self._fed_s >= self.interval_s

    def feed(self) -> bool:
        """Feed when it is time and all is well; says once what is silent. True when it was fed."""
        late = set(self.late())
        for name in sorted(late - self._complained):
            log.error("no sign of life", extra={"of": name, "limit_s": self._limits_s[name]})
        self._complained = late
        if late or not self.due():
            return False
        self._fed_s = self._now_s()
        return send("WATCHDOG=1")
