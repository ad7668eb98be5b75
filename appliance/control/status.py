"""The snapshot: everything that panel, page and ops may know, put together at one moment."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path

from appliance import __version__
from appliance.control.rack import Rack
from appliance.control.sentences import sentence
from appliance.control.spool import FAILURES, Spool
from appliance.control.taking import Taking
from appliance.core.config import Config
from appliance.core.snapshot import (
    BoxState,
    CardStatus,
    JobProgress,
    RecordingStatus,
    Snapshot,
    StickStatus,
    TakeSummary,
    take_without_camera,
)
from appliance.core.types import Issue, Role, TakeState

TAKES_LOOK_S = 1.0
log = logging.getLogger(__name__)


class Desk:
    """Gathers; holds nothing but what was last seen."""

    def __init__(self, config: Config, spool: Spool, rack: Rack, simulated: bool) -> None:
        self._config = config
        self._spool = spool
        self._rack = rack
        self._simulated = simulated
        self._preparing = ""
        self._takes: tuple[TakeSummary, ...] = ()
        self.minutes_left = 0.0
        self._looked_at_s = float("-inf")
        self._state = BoxState.STARTING

    def preparing(self, fraction: float) -> None:
        """From any thread: how far the simulated hardware's preparation is."""
        self._preparing = f"Preparing the simulated tape and camera: {fraction:.0%}. Only the first time."

    def snapshot(
        self,
        state: BoxState,
        taking: Taking | None,
        job: JobProgress | None,
        stick: StickStatus | None,
        issues: tuple[Issue, ...],
        card: CardStatus | None = None,
    ) -> Snapshot:
        recording = self._recording(taking) if taking is not None else None
        self._look(state, recording)
        devices = self._rack.statuses()
        trouble = f"{issues[0].title}. {issues[0].remedy}" if issues else ""
        waiting = sum(take.state is TakeState.FINISHED for take in self._takes)
        return Snapshot(
            state=state,
            sentence=sentence(state, recording, job, devices, trouble, self._preparing, waiting),
            devices=devices,
            stick=stick,
            minutes_left=self.minutes_left,
            recording=recording,
            job=job,
            takes=self._takes,
            issues=issues,
            simulated=self._simulated,
            version=__version__,
            card=card and replace(card, take_id=take_without_camera(self._takes)),
        )

    def _look(self, state: BoxState, recording: RecordingStatus | None) -> None:
        """The takes and the space are looked up once a second, and at once when the state changes."""
        now_s = time.monotonic()
        if state is self._state and now_s - self._looked_at_s < TAKES_LOOK_S:
            return
        self._looked_at_s, self._state = now_s, state
        so_far = (recording.bytes_written, recording.elapsed_s) if recording is not None else (0, 0.0)
        devices = max(1, len(self._rack.sessions()))
        try:
            self.minutes_left = round(self._spool.minutes_left(devices, *so_far), 1)
            self._takes = self._spool.summaries()
        except FAILURES as error:
            log.warning("takes and space could not be looked up: %s", error)

    def _recording(self, taking: Taking) -> RecordingStatus:
        frames: dict[Role, int] = {}
        lost: dict[Role, int] = {}
        size = sum(size_of(taking.folder / s.path) for s in taking.take.segments)
        for role in Role:
            done = [s for s in taking.take.segments if s.role is role]
            frames[role] = sum(s.frames for s in done)
            lost[role] = sum(s.lost_frames for s in done)
            session = self._rack.session(role)
            recorder = session.recorder if session is not None else None
            if recorder is not None:
                frames[role] += recorder.frames
                lost[role] += recorder.lost_frames
                size += recorder.bytes_written
        tape = self._rack.session(Role.TAPE)
        return RecordingStatus(
            take_id=taking.take.id,
            elapsed_s=round(taking.elapsed_s, 1),
            tape_frames=frames[Role.TAPE],
            tape_lost=lost[Role.TAPE],
            camera_frames=frames[Role.CAMERA],
            camera_lost=lost[Role.CAMERA],
            bytes_written=size,
            tape_end_in_s=tape.tape_end_in_s if tape is not None else None,
        )


def size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
