"""The report of a take: one HTML file that needs nothing else, for the visitor and for the archive."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from appliance.core.types import Artifact, ArtifactRole, Issue, Registration, Role, Segment, SyncEstimate
from appliance.encode.files import whole_file

TEMPLATES = Path(__file__).parent / "templates"
ENDINGS = {
    "button": "somebody pressed stop",
    "end of tape": "the tape had ended",
    "device lost": "the VCR's cable was pulled and did not come back",
    "power": "the power went away",
    "space": "the box was full",
    "disk": "the box's disk did not take more",
    "switched off": "the box was switched off",
    "the end of the file": "the file is at its end",
}
KINDS = {
    ArtifactRole.MASTER: "the tape as recorded",
    ArtifactRole.CAMERA: "the camera as recorded",
    ArtifactRole.ACCESS: "the restored film",
    ArtifactRole.COMPARISON: "before and after, side by side",
    ArtifactRole.REPORT: "this report",
    ArtifactRole.LOG: "every frame's time, and what the device told",
    ArtifactRole.STILL: "a still",
}


@dataclass(frozen=True)
class Still:
    """The same moment before and after, as JPEG or PNG files."""

    before: bytes
    after: bytes
    caption: str = ""


@dataclass(frozen=True)
class ClipReport:
    """How one recording of the camera lay on a piece of the tape; ``sync_svg`` is a drawing, or nothing."""

    name: str
    sync: SyncEstimate
    sync_svg: str = ""
    registration: Registration | None = None
    duration_s: float = 0.0
    checkerboard: bytes = b""  # tape and registered camera in turns, and the camera's edges: JPEG files
    overlay: bytes = b""

    @property
    def end_s(self) -> float:
        """Where it ends on the tape's clock."""
        return self.sync.tape_time(self.duration_s)


@dataclass(frozen=True)
class PieceReport:
    """An unbroken piece of the tape and what became of each recording of the camera there."""

    clips: tuple[ClipReport, ...] = ()

    @property
    def placed(self) -> tuple[ClipReport, ...]:
        return tuple(clip for clip in self.clips if clip.sync.offset_s is not None)

    @property
    def not_placed(self) -> tuple[ClipReport, ...]:
        return tuple(clip for clip in self.clips if clip.sync.offset_s is None)


@dataclass(frozen=True)
class StageReport:
    """One stage of the recipe; without a model it was done by rule."""

    words: str
    model: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class ReportData:
    """Everything the report says; it adds no time of its own, so the same data give the same bytes."""

    title: str
    take_id: str
    recorded_at: str  # ISO 8601
    standard: str  # "PAL, 720 × 576, 25 frames/s, interlaced"
    ended_by: str
    segments: tuple[Segment, ...]
    film_frames: int
    guided_frames: int
    provider: str
    provider_reason: str
    model_name: str
    model_sha256: str
    pieces: tuple[PieceReport, ...] = ()
    stills: tuple[Still, ...] = ()
    files: tuple[Artifact, ...] = ()
    notes: tuple[Issue, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    recipe: str = ""
    stages: tuple[StageReport, ...] = ()
    made_by: str = "Twinreel"


@dataclass(frozen=True)
class Gap:
    """A time in which nothing of the tape was recorded."""

    start_s: float
    length_s: float


def write_report(path: Path, report: ReportData) -> None:
    """Write the page, whole or not at all."""
    with whole_file(path) as part:
        part.write_text(render_report(report), encoding="utf-8")


def render_report(report: ReportData) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        duration=duration, size=size, image=image, drawing=drawing, thousands=thousands
    )
    return environment.get_template("report.html").render(
        report=report,
        tapes=of_role(report, Role.TAPE),
        cameras=of_role(report, Role.CAMERA),
        gaps=gaps(of_role(report, Role.TAPE)),
        ending=ENDINGS.get(report.ended_by, ""),
        kinds=KINDS,
        guided_percent=round(100 * report.guided_frames / max(1, report.film_frames)),
    )


def of_role(report: ReportData, role: Role) -> tuple[Segment, ...]:
    return tuple(segment for segment in report.segments if segment.role is role)


def gaps(segments: tuple[Segment, ...]) -> tuple[Gap, ...]:
    """Between the end of each segment and the start of the next."""
    found = []
    for before, after in pairwise(segments):
        end_s = before.start_s + before.duration_s
        if after.start_s > end_s:
            found.append(Gap(end_s, after.start_s - end_s))
    return tuple(found)


def duration(seconds: float) -> str:
    """As a person says it: "1 h 2 min", "3 min 20 s", "4.2 s"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size(count: int) -> str:
    for unit, divisor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= divisor:
            return f"{count / divisor:.1f} {unit}"
    return f"{count} bytes"


def thousands(count: int) -> str:
    return f"{count:,}"


def image(data: bytes) -> str:
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{b64encode(data).decode()}"


def drawing(svg: str) -> str:
    """As an image, in which no script runs."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
