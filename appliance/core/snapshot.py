"""What panel, page and ops may know of the box at one moment, and what they may ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from appliance.core.types import DeviceInfo, Issue, Role, Signal, Stage, TakeState


class BoxState(str, Enum):
    """What the panel and the page show. ``control/states.py`` says how one becomes another."""

    STARTING = "starting"
    WAITING = "waiting"
    READY = "ready"
    RECORDING = "recording"
    INTERRUPTED = "interrupted"
    WORKING = "working"
    DONE = "done"
    ATTENTION = "attention"
    EJECTED = "ejected"
    OFF = "off"  # switching off; dark lights say when it is done


@dataclass(frozen=True)
class Levels:
    """Peak and mean loudness of the last moment, left and right; -90 is silence."""

    peak_dbfs: tuple[float, float] = (-90.0, -90.0)
    rms_dbfs: tuple[float, float] = (-90.0, -90.0)


@dataclass(frozen=True)
class DeviceStatus:
    info: DeviceInfo
    signal: Signal = Signal.UNKNOWN
    levels: Levels = Levels()
    frames: int = 0
    lost_frames: int = 0
    format_text: str = ""  # "720 × 576, 25 frames/s, interlaced"


@dataclass(frozen=True)
class StickStatus:
    name: str
    free_bytes: int
    size_bytes: int
    read_only: bool = False
    safe_to_remove: bool = False


@dataclass(frozen=True)
class CardStatus:
    """A camera's card that is plugged in; ``take_id`` is the take that its films are offered to, or "" ."""

    name: str
    films: int
    size_bytes: int
    take_id: str = ""


@dataclass(frozen=True)
class RecordingStatus:
    take_id: str
    elapsed_s: float
    tape_frames: int
    tape_lost: int
    camera_frames: int
    camera_lost: int
    bytes_written: int
    tape_end_in_s: float | None = None  # counts down while the tape seems to have ended


@dataclass(frozen=True)
class JobProgress:
    take_id: str
    stage: Stage
    fraction: float  # of the whole job, 0..1
    text: str  # "Restoring pictures, 312 of 1500"
    remaining_s: float | None = None
    waiting_for: str = ""  # "" or "stick"
    recipe: str = ""  # its title; "" before it is known
    steps: tuple[str, ...] = ()  # of the recipe, in words


@dataclass(frozen=True)
class TakeSummary:
    """A take as the page lists it; file names are relative to the take's folder."""

    id: str
    created_at: str
    state: TakeState
    duration_s: float
    interrupted: bool
    has_camera: bool
    files: dict[str, str] = field(default_factory=dict)  # artifact role -> file name
    note: str = ""  # one sentence: "Restored alone: the camera filmed something else."


@dataclass(frozen=True)
class Snapshot:
    """All that panel, page and ops may know, at one moment."""

    state: BoxState
    sentence: str  # the state in words
    devices: tuple[DeviceStatus, ...] = ()
    stick: StickStatus | None = None
    minutes_left: float = 0.0
    recording: RecordingStatus | None = None
    job: JobProgress | None = None
    takes: tuple[TakeSummary, ...] = ()
    issues: tuple[Issue, ...] = ()
    simulated: bool = False
    version: str = ""
    card: CardStatus | None = None

    @property
    def tape_signal(self) -> Signal:
        """What comes from the tape; UNKNOWN where nothing is plugged in."""
        tapes = (status.signal for status in self.devices if status.info.role is Role.TAPE)
        return next(tapes, Signal.UNKNOWN)


def take_without_camera(takes: Sequence[TakeSummary]) -> str:
    """The newest take that has ended and has no camera yet; "" where there is none."""
    ended = [take for take in takes if take.state not in (TakeState.RECORDING, TakeState.INTERRUPTED)]
    alone = [take for take in ended if not take.has_camera]
    newest = max(alone, key=lambda take: (take.created_at, take.id), default=None)
    return newest.id if newest is not None else ""


class CommandName(str, Enum):
    RECORD = "record"
    STOP = "stop"
    PRESS = "press"  # the button, short: record or stop
    EJECT = "eject"  # the button, long
    POWER_OFF = "power-off"  # the button, very long
    DISMISS = "dismiss"  # argument: an issue's code
    RETRY = "retry"  # argument: a take's id; its job runs again
    IMPORT = (
        "import"  # argument: a take's id, and a folder of films; without one, the card that is plugged in
    )
    SIMULATE = "simulate"  # argument: a fault or a hand on simulated hardware


@dataclass(frozen=True)
class Command:
    name: CommandName
    argument: str = ""
