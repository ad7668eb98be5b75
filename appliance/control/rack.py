"""The devices that are plugged in, each with the session that reads it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from appliance.capture.session import DeviceSession
from appliance.core.config import CaptureConfig
from appliance.core.problems import Problem
from appliance.core.snapshot import DeviceStatus
from appliance.core.types import DeviceInfo, Role, Signal
from appliance.devices.base import DeviceWatcher

PATIENCE_S = 5.0  # with another device of the same role that is being opened
log = logging.getLogger(__name__)


class Rack:
    """At most one device a role is used: the first that was plugged in.

    ``plug``, ``remove`` and ``close`` block and are for a thread; everything else answers at once.
    """

    def __init__(
        self,
        watcher: DeviceWatcher,
        config: CaptureConfig,
        on_preview: Callable[[Role, bytes], None],
        on_lost: Callable[[Role, DeviceSession, Problem], None],
        watched: Callable[[], bool] = lambda: True,
    ) -> None:
        """``watched``: whether anybody wants to see the pictures of ``on_preview`` now."""
        self._watcher, self._watched = watcher, watched
        self._config = config
        self._on_preview = on_preview
        self._on_lost = on_lost
        self._sessions: dict[Role, DeviceSession] = {}
        self._infos: dict[Role, DeviceInfo] = {}
        self._changing = threading.Lock()
        self._opening = {role: threading.Lock() for role in Role}  # a device that hangs holds up no other
        self._closed = False

    def plug(self, info: DeviceInfo) -> bool:
        """Open the device and begin to watch it; says whether it is used now. Raises Problem."""
        opening = self._opening[info.role]
        if not opening.acquire(timeout=PATIENCE_S):  # threads that wait for a device that hangs run out
            return False
        try:
            return self._plug(info)
        finally:
            opening.release()

    def _plug(self, info: DeviceInfo) -> bool:
        if info.role in self._sessions or self._closed:
            return False
        session = self._open(info)
        with self._changing:
            if not self._closed:
                self._infos[info.role], self._sessions[info.role] = info, session
                log.info("%s: %s is plugged in", info.role.value, info.name)
                return True
        session.stop()
        return False

    def opening(self, role: Role) -> bool:
        """A device is being opened for it now, which takes seconds where one hangs."""
        return self._opening[role].locked()

    def _open(self, info: DeviceInfo) -> DeviceSession:
        role, source = info.role, self._watcher.open(info.id)
        session = DeviceSession(
            source,
            self._config,
            on_preview=lambda jpeg: self._on_preview(role, jpeg),
            on_lost=lambda problem: self._on_lost(role, session, problem),
            watched=self._watched,
        )
        try:
            session.start()
        except BaseException:
            source.stop()
            raise
        return session

    def remove(self, role: Role) -> None:
        with self._changing:
            session = self._sessions.pop(role, None)
            if session is not None:
                session.stop()

    def session(self, role: Role) -> DeviceSession | None:
        return self._sessions.get(role)

    def sessions(self) -> dict[Role, DeviceSession]:
        return dict(self._sessions)

    def info(self, role: Role) -> DeviceInfo | None:
        """Of the device that is used for this role."""
        return self._infos.get(role) if role in self._sessions else None

    def statuses(self) -> tuple[DeviceStatus, ...]:
        sessions = self.sessions()
        return tuple(sessions[role].status() for role in Role if role in sessions)

    @property
    def tape_signal(self) -> Signal:
        tape = self.session(Role.TAPE)
        return tape.status().signal if tape is not None else Signal.UNKNOWN

    def heartbeats(self) -> list[float]:
        """When each reading loop last made progress, on the monotonic clock."""
        return [session.heartbeat() for session in self.sessions().values()]

    def close(self) -> None:
        """No device is opened after this, not even by a thread that is about to."""
        self._closed = True
        for role in Role:
            self.remove(role)
