"""The take in progress: its folder, its segments, its clock."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from appliance.capture.session import DeviceSession
from appliance.control.errands import going_on
from appliance.core.clock import Clock
from appliance.core.types import Role, Segment, Take, TakeState
from appliance.takes.store import save_take

SAME_CLOCK_S = 5.0  # a first frame whose stamp is further from when it was asked for is of another clock
log = logging.getLogger(__name__)


class Taking:
    """Begins and ends segments and keeps ``take.json`` true at every moment, as far as the disk lets it."""

    def __init__(self, take: Take, folder: Path, clock: Clock) -> None:
        self.take = take
        self.saved = True
        self.folder = folder
        self._clock = clock
        last_end_s = max((s.start_s + s.duration_s for s in take.segments), default=0.0)
        self._zero_s = clock.now_s() - last_end_s
        self._running: dict[Role, tuple[DeviceSession, int, float]] = {}
        self._blank_tail_s = 0.0

    @property
    def elapsed_s(self) -> float:
        return self._clock.now_s() - self._zero_s

    def running(self, role: Role) -> bool:
        return role in self._running

    def begin(self, role: Role, session: DeviceSession) -> None:
        """A new segment of this device, from its next frame on."""
        index = sum(segment.role is role for segment in self.take.segments)
        session.begin_segment(self.folder, index)
        self._running[role] = (session, index, max(0.0, self.elapsed_s))

    def end(self, role: Role, complete: bool) -> None:
        """Close the device's segment, however short it is. Blocks until it is on the disk."""
        if role not in self._running:
            return
        session, _, start_s = self._running.pop(role)
        segment = session.end_segment(complete)
        start_s = self._exactly(session.began_s, start_s)
        if role is Role.TAPE:
            self._blank_tail_s = session.blank_tail_s
        if segment is not None and segment.frames:
            self._add(replace(segment, start_s=start_s))

    def _exactly(self, began_s: float | None, about_s: float) -> float:
        """By the first frame's stamp: two devices stamped by one clock lie exactly beside each other."""
        if began_s is None or abs(began_s - self._zero_s - about_s) > SAME_CLOCK_S:
            return about_s
        return began_s - self._zero_s

    def _add(self, segment: Segment) -> None:
        broken = self.take.interrupted or not segment.complete
        self.take = replace(self.take, segments=(*self.take.segments, segment), interrupted=broken)
        self._save()

    def _save(self) -> None:
        """A full disk ends no recording: what it refuses now is saved when the take is handed over."""
        try:
            save_take(self.take, self.folder)
            self.saved = True
        except OSError as error:
            self.saved = False
            log.error("take %s could not be saved: %s", self.take.id, error)

    def finish(self, ended_by: str, tape_ended: bool = False) -> Take:
        """Close what still runs and seal the take; ``tape_ended``: what follows its end is no film."""
        for role in list(self._running):
            with going_on(f"closing the {role.value}"):
                self.end(role, complete=True)
        tail_s = self._blank_tail_s if tape_ended else 0.0
        self.take = replace(self.take, state=TakeState.RECORDED, ended_by=ended_by, blank_tail_s=tail_s)
        self._save()
        return self.take

    @property
    def tape_frames(self) -> int:
        return sum(s.frames for s in self.take.segments if s.role is Role.TAPE)

    @property
    def tape_seconds(self) -> float:
        return sum(s.duration_s for s in self.take.segments if s.role is Role.TAPE)

    @property
    def has_camera(self) -> bool:
        return any(s.role is Role.CAMERA for s in self.take.segments)
