"""Who may command the box: pages of this very address, and, where others can reach it, those with the PIN."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from appliance.core.config import WebConfig
from appliance.core.problems import Problem

COOKIE = "twinreel_session"
SHORTEST_PIN = 4
FREE_TRIES = 5
FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 900.0
MOST_SESSIONS = 100


def is_loopback(host: str) -> bool:
    """Only this machine can reach a page that is bound to ``host``."""
    if host == "localhost":
        return True
    address = as_address(host)
    return address is not None and address.is_loopback


def as_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def host_is_ours(header: str, bound_host: str) -> bool:
    """Whether a request's Host names this box.

    A page of a foreign name that was re-pointed at this box (DNS rebinding) comes with that foreign name.
    An address cannot be re-pointed, so any is good unless only this machine may ask.
    """
    try:
        name = urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return False
    if is_loopback(name):
        return True
    if is_loopback(bound_host):
        return False
    own = socket.gethostname().lower()
    return as_address(name) is not None or name in {own, f"{own}.local", bound_host.lower()}


def origin_is_ours(origin: str | None, host: str) -> bool:
    """Browsers name the page that sends a POST; a program that is not a browser names none."""
    return origin is None or urlsplit(origin).netloc == host


class PinGuard:
    """The PIN, its sessions, and a pause for everybody after wrong tries.

    The pause is not kept per address: who wants to guess has many addresses. Sessions that stand are not
    touched by it, and the button on the box needs no PIN.
    """

    def __init__(self, config: WebConfig, now_s: Callable[[], float] = time.monotonic) -> None:
        self.needed = not is_loopback(config.host)
        if self.needed and len(config.pin) < SHORTEST_PIN:
            raise Problem(
                "pin-missing",
                "The page needs a PIN",
                f"It would be reachable for others at {config.host}, and anybody could command the box.",
                f"Set web.pin to {SHORTEST_PIN} characters or more, or web.host to 127.0.0.1.",
            )
        self._pin = config.pin.encode()
        self._now_s = now_s
        self._sessions: list[str] = []
        self._wrong = 0
        self._closed_until_s = 0.0

    def wait_s(self) -> float:
        """How long no PIN is looked at; 0 when one may be tried."""
        return max(0.0, self._closed_until_s - self._now_s())

    def enter(self, pin: str) -> str | None:
        """A new session's token for the right PIN; None for a wrong one, or while ``wait_s()`` lasts."""
        if self.wait_s() > 0:
            return None
        if not hmac.compare_digest(pin.encode(errors="surrogatepass"), self._pin):
            self._count_wrong()
            return None
        self._wrong = 0
        token = secrets.token_urlsafe(32)
        self._sessions = [*self._sessions[-MOST_SESSIONS + 1 :], token]
        return token

    def admits(self, token: str | None) -> bool:
        if not self.needed:
            return True
        given = (token or "").encode()
        return any(hmac.compare_digest(given, session.encode()) for session in self._sessions)

    def _count_wrong(self) -> None:
        self._wrong += 1
        if self._wrong >= FREE_TRIES:
            pause_s = FIRST_PAUSE_S * 2.0 ** min(self._wrong - FREE_TRIES, 10)
            self._closed_until_s = self._now_s() + min(pause_s, LONGEST_PAUSE_S)
