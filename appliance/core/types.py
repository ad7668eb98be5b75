"""What passes between the stages: frozen values, units in the names, no behaviour beyond arithmetic.

Clock rule, used everywhere: ``t_tape = offset_s + (1 + drift_ppm * 1e-6) * t_camera``.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
FieldOrder = Literal["tff", "bff", "progressive"]


class Role(str, Enum):
    TAPE = "tape"
    CAMERA = "camera"


class Signal(str, Enum):
    """What the picture says about the tape; UNKNOWN until enough frames were seen."""

    UNKNOWN = "unknown"
    OK = "ok"
    NONE = "no signal"
    BLUE = "blue"
    NOISE = "noise"
    FROZEN = "frozen"  # the same picture again and again: a dongle that hangs, or a VCR in pause
    WRONG_STANDARD = "wrong standard"  # the tape has 50 fields and the dongle takes 60, or the other way
    PUMPING = "pumping"  # there is a picture, but a copy protection makes it lighter and darker


class Severity(str, Enum):
    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"


class TakeState(str, Enum):
    RECORDING = "recording"
    INTERRUPTED = "interrupted"
    RECORDED = "recorded"
    WORKING = "working"
    FINISHED = "finished"  # the films exist on the spool
    DELIVERED = "delivered"  # and, verified, on a stick
    FAILED = "failed"


class Stage(str, Enum):
    """The stages of a job in their order; the first only where a card's films are added to a take."""

    IMPORT = "import"
    SYNC = "sync"
    REGISTER = "register"
    ENHANCE = "enhance"
    ENCODE = "encode"
    DELIVER = "deliver"


class ArtifactRole(str, Enum):
    MASTER = "master"
    CAMERA = "camera"
    ACCESS = "access"
    COMPARISON = "comparison"
    REPORT = "report"
    LOG = "log"
    STILL = "still"


@dataclass(frozen=True)
class Colour:
    """Tags as H.273 numbers, the way FFmpeg counts them; range 1 is limited (16-235), 2 is full."""

    primaries: int
    transfer: int
    matrix: int
    range: int


BT601_625 = Colour(primaries=5, transfer=1, matrix=5, range=1)
BT601_525 = Colour(primaries=6, transfer=1, matrix=6, range=1)
JPEG_FULL = Colour(primaries=1, transfer=1, matrix=5, range=2)


@dataclass(frozen=True)
class StreamFormat:
    """What a device delivers. ``pixel_format`` is 'yuv422p' (planes), or 'mjpeg', 'h264' (its bytes)."""

    width: int
    height: int
    rate: Fraction  # frames per second
    pixel_format: str
    field_order: FieldOrder
    colour: Colour
    sample_aspect: Fraction = Fraction(1)
    audio_rate_hz: int = 48000
    audio_channels: int = 2  # 0: no sound


@dataclass(frozen=True)
class DeviceInfo:
    id: str  # stable for this port and model
    name: str  # as a person would say it
    role: Role
    port: str = ""  # where it is plugged in, as the page names it; remembered, never required
    simulated: bool = False
    usb: str = ""  # vendor and product, such as "534d:0021"


@dataclass(frozen=True)
class VideoFrame:
    """One frame as it left the device; the time stamp is its start on the device's own clock."""

    sequence: int
    timestamp_s: float
    planes: tuple[Plane, ...] = ()  # Y, U, V of an uncompressed stream
    data: bytes = b""  # the bytes of a compressed one
    damaged: bool = False


@dataclass(frozen=True)
class AudioBlock:
    timestamp_s: float  # of the first sample
    samples: NDArray[np.int16]  # (n, channels)


@dataclass(frozen=True)
class Picture:
    """A decoded frame: planar YUV, chroma as stored; ``time_s`` counts from the start of the file."""

    y: Plane
    u: Plane
    v: Plane
    time_s: float


@dataclass(frozen=True)
class Segment:
    """One unbroken piece of a take from one device; the path is relative to the take's folder.

    ``start_s`` is on the take's clock (0 at its first tape frame).
    """

    role: Role
    index: int
    path: str
    start_s: float
    duration_s: float
    frames: int
    lost_frames: int
    complete: bool  # False: the device, the power or the process went away in the middle
    device: str = ""
    imported: bool = False  # from a camera's card: where it lies on the take's clock only its sound can tell


@dataclass(frozen=True)
class Take:
    id: str
    created_at: str  # ISO 8601, UTC
    state: TakeState
    segments: tuple[Segment, ...] = ()
    interrupted: bool = False
    ended_by: str = ""  # "button", "end of tape", "device lost", "power", "space", "disk", "switched off"
    blank_tail_s: float = 0.0  # after the tape had ended; kept in the master, left out of the film


@dataclass(frozen=True)
class SyncWindow:
    """One measured piece: at ``t_camera_s`` the tape was at ``t_tape_s``; ``weight`` is 0..1."""

    t_camera_s: float
    t_tape_s: float
    weight: float


@dataclass(frozen=True)
class SyncStep:
    """At this tape time one recording lost a piece; later tape times move by ``shift_s``."""

    t_tape_s: float
    shift_s: float


@dataclass(frozen=True)
class SyncBend:
    """A tape runs now faster, now slower: then it was ``late_s`` behind its clock; straight between two."""

    t_tape_s: float
    late_s: float


@dataclass(frozen=True)
class SyncEstimate:
    """``offset_s`` is None when the recordings do not belong together; ``reason`` then says why."""

    offset_s: float | None
    drift_ppm: float = 0.0
    steps: tuple[SyncStep, ...] = ()
    confidence: float = 0.0
    method: str = "sound"
    windows: tuple[SyncWindow, ...] = ()
    residual_ms: float = 0.0
    reason: str = ""
    bends: tuple[SyncBend, ...] = ()

    def tape_time(self, t_camera_s: float) -> float:
        t_tape_s = (self.offset_s or 0.0) + (1 + self.drift_ppm * 1e-6) * t_camera_s
        for step in self.steps:
            if t_tape_s + step.shift_s >= step.t_tape_s:
                t_tape_s += step.shift_s
        return t_tape_s + self.bend_s(t_tape_s)

    def camera_time(self, t_tape_s: float) -> float:
        shift_s = sum(step.shift_s for step in self.steps if step.t_tape_s <= t_tape_s) + self.bend_s(
            t_tape_s
        )
        return (t_tape_s - (self.offset_s or 0.0) - shift_s) / (1 + self.drift_ppm * 1e-6)

    def bend_s(self, t_tape_s: float) -> float:
        """How late the tape is then, beside offset, drift and steps."""
        after = bisect_left(self.bends, t_tape_s, key=lambda bend: bend.t_tape_s)
        if not self.bends or after in (0, len(self.bends)):
            return self.bends[min(after, len(self.bends) - 1)].late_s if self.bends else 0.0
        one, other = self.bends[after - 1], self.bends[after]
        share = (t_tape_s - one.t_tape_s) / max(other.t_tape_s - one.t_tape_s, 1e-9)
        return one.late_s + share * (other.late_s - one.late_s)


Matrix3 = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
IDENTITY: Matrix3 = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True)
class ColourMatch:
    """Camera YUV to the tape's YUV: ``matrix @ (yuv - 128) + offset + 128``, on 8-bit values."""

    matrix: Matrix3 = IDENTITY
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Registration:
    """Where the tape's picture lies in the camera's; a pixel's centre is at whole numbers."""

    homography: Matrix3 | None  # straightened camera pixels (luma) to tape frame pixels; None: not found
    colour: ColourMatch = ColourMatch()
    residual_px: float = 0.0
    matches: int = 0
    confidence: float = 0.0
    reason: str = ""
    lens: float = 0.0  # by how much of half the diagonal the camera's lens moves its corners outwards
    mesh: tuple[tuple[tuple[float, float], ...], ...] = ()  # rows of (x, y): what the rest displaces, tape px


@dataclass(frozen=True)
class ModelInfo:
    """One row of ``models/manifest.toml`` after its file's hash was checked."""

    name: str
    path: str
    sha256: str
    tier: str
    window: int  # fields
    looks: int = 1  # at each field, each time a little aside
    scale: int = 1  # of the film against the tape
    soft_px: float = 0.0  # how far a net of whole pictures has its picture softened before it adds to it


@dataclass(frozen=True)
class Film:
    """The restored pictures as they were made: progressive, one frame per field."""

    path: str
    width: int
    height: int
    rate: Fraction
    frames: int
    guided_frames: int
    provider: str
    provider_reason: str
    model_sha256: str
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Artifact:
    path: str
    role: ArtifactRole
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Receipt:
    """Proof that a take's files were read back from the stick and matched."""

    take_id: str
    stick: str
    folder: str
    artifacts: tuple[Artifact, ...]
    verified_at: str


@dataclass(frozen=True)
class Issue:
    """A trouble that a visitor can read: its name, what caused it, what to do."""

    code: str
    severity: Severity
    title: str
    cause: str
    remedy: str
