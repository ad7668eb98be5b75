"""After a crash or a power cut: seal the segments being written. Safe to repeat and to interrupt."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import av

from appliance.core.paths import Paths
from appliance.core.types import Issue, Role, Segment, Severity, Take, TakeState
from appliance.takes.orphans import adopt_orphans
from appliance.takes.remux import REBUILT, Content, read_content, rebuild
from appliance.takes.store import list_takes, save_take
from appliance.takes.timeline import end_of

SEGMENT_NAME = re.compile(r"(tape|camera)-(\d+)\.mkv")
OPEN = (TakeState.RECORDING, TakeState.INTERRUPTED)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recovery:
    """``written_at`` is when the last recording was touched before its repair (seconds since 1970)."""

    take: Take
    issues: tuple[Issue, ...]
    notes: tuple[str, ...]  # what was done, a sentence each
    written_at: float


@dataclass(frozen=True)
class Torn:
    path: Path
    role: Role
    index: int


def recover_takes(paths: Paths) -> tuple[Recovery, ...]:
    """Every take that was being recorded when the box went away; one that fails keeps no other back."""
    adopt_orphans(paths)
    broken = (take for take in list_takes(paths) if take.state in OPEN)
    return tuple(recovered_or_told(paths.take(take.id), take) for take in broken)


def recovered_or_told(folder: Path, take: Take) -> Recovery:
    try:
        return recover_take(folder, take)
    except Exception as error:
        log.exception("take %s could not be recovered", take.id)
        return Recovery(take, (not_recovered(take, error),), (), written_at=0.0)


def recover_take(folder: Path, take: Take) -> Recovery:
    """The take with its torn segments sealed, saved as recorded; one without a tape frame is failed."""
    for leftover in folder.glob(f".*{REBUILT}"):
        leftover.unlink()
    written_at = last_written(folder)
    segments, notes = list(take.segments), []
    starts = {s.path: started_at(folder / s.path) for s in segments}
    for torn in torn_segments(folder, take):
        content = content_of(torn.path)
        notes.append(seal(torn, content))
        if content.frames:
            starts[torn.path.name] = tag_time(content)
            segments.append(segment_of(torn, content, tuple(segments), starts))
    has_tape = any(s.role is Role.TAPE and s.frames for s in segments)
    state = TakeState.RECORDED if has_tape else TakeState.FAILED
    whole = replace(take, state=state, segments=tuple(segments), interrupted=True, ended_by="power")
    save_take(whole, folder)
    for note in notes:
        log.warning("take %s: %s", take.id, note)
    return Recovery(whole, (issue(whole, notes),), tuple(notes), written_at)


def last_written(folder: Path) -> float:
    names = (p for p in folder.iterdir() if p.is_file())
    return max((p.stat().st_mtime for p in names), default=0.0)


def torn_segments(folder: Path, take: Take) -> Iterator[Torn]:
    """Files of segments that ``take.json`` does not know: nobody had the time to close them."""
    known = {segment.path for segment in take.segments}
    named = sorted(p for p in folder.glob("*.mkv") if p.name not in known)
    found = [(p, match) for p in named if (match := SEGMENT_NAME.fullmatch(p.name))]
    tapes_first = sorted(found, key=lambda pair: pair[1][1] != Role.TAPE.value)
    return (Torn(path, Role(match[1]), int(match[2])) for path, match in tapes_first)


def content_of(path: Path) -> Content:
    try:
        return read_content(path)
    except (av.FFmpegError, ValueError, OverflowError):  # what damage can make of a header has no end
        return Content()


def seal(torn: Torn, content: Content) -> str:
    """Rebuild the file, or put an unreadable one aside; says what was done."""
    name = torn.path.name
    if not content.frames:
        torn.path.replace(torn.path.with_name(name + ".unreadable"))
        return f"{name} held no readable picture and was put aside."
    text = f"{content.frames} frames ({content.duration_s:.1f} s)"
    behind = logged_frames(torn.path.with_suffix(".csv")) - content.frames
    if behind > 0:
        text += f"; the last {behind} had not reached the disk"
    try:
        rebuild(torn.path, content)
    except (OSError, av.FFmpegError) as error:
        log.warning("%s could not be rebuilt: %s", name, error)
        return f"{name} was kept as it is, readable without an index: {text}."
    return f"{name} was sealed with {text}."


def logged_frames(path: Path) -> int:
    """Lines of the frame log, its heading aside."""
    try:
        return max(0, path.read_bytes().count(b"\n") - 1)
    except FileNotFoundError:
        return 0


def segment_of(
    torn: Torn, content: Content, others: tuple[Segment, ...], starts: dict[str, datetime | None]
) -> Segment:
    tags = {key.upper(): value for key, value in content.tags}
    return Segment(
        role=torn.role,
        index=torn.index,
        path=torn.path.name,
        start_s=start_of(torn, others, starts),
        duration_s=content.duration_s,
        frames=content.frames,
        lost_frames=content.lost_frames,
        complete=False,
        device=tags.get("CAPTURE_DEVICE", ""),
    )


def start_of(torn: Torn, others: tuple[Segment, ...], starts: dict[str, datetime | None]) -> float:
    """On the take's clock, by the wall clock that both files carry; without it, after what came before."""
    mine = starts.get(torn.path.name)
    for other in others:
        reference = starts.get(other.path)
        if mine is not None and reference is not None:
            return max(0.0, other.start_s + (mine - reference).total_seconds())
    return max((end_of(s) for s in others if s.role is torn.role), default=0.0)


def started_at(path: Path) -> datetime | None:
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            return tag_time(Content(tags=tuple(container.metadata.items())))
    except (OSError, av.FFmpegError):
        return None


def tag_time(content: Content) -> datetime | None:
    text = {key.upper(): value for key, value in content.tags}.get("STARTED_AT", "")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def not_recovered(take: Take, error: Exception) -> Issue:
    return Issue(
        "take-unrecovered",
        Severity.ERROR,
        "A recording that was cut off could not be closed",
        f"The box's disk refused it ({error}). The files of take {take.id} are kept as they are.",
        "Make room on the box's disk and restart the box: it tries again.",
    )


def issue(take: Take, notes: list[str]) -> Issue:
    tape_s = sum(s.duration_s for s in take.segments if s.role is Role.TAPE)
    if take.state is TakeState.FAILED:
        return Issue(
            "take-empty",
            Severity.WARNING,
            "A recording was cut off before its first picture",
            "The power went away, or the recorder was stopped, just as it began.",
            "Record that tape again.",
        )
    return Issue(
        "take-recovered",
        Severity.NOTICE,
        "A recording was cut off, and saved",
        f"The power went away, or the recorder was stopped, in mid-take. {' '.join(notes)}".strip(),
        f"{tape_s / 60:.1f} minutes of tape are safe and go on to the film. Record the rest as a new take.",
    )
