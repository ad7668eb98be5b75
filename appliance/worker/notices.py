"""What a job has to say though it could do its work: nobody needs to act on these."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import av

from appliance.core.problems import Problem
from appliance.core.types import Issue, Severity
from appliance.worker.reel import Piece
from appliance.worker.steps import PieceRegistration, PieceSync

NAMED = 5  # more than so many files are not named one by one in a notice


def notices(
    pieces: Sequence[Piece],
    syncs: Sequence[PieceSync],
    registrations: Sequence[PieceRegistration],
    frames: Sequence[int],
) -> tuple[Issue, ...]:
    """Which recordings of the camera did not help; why a film is silent, or shorter than its tape."""
    found = {issue.code: issue for issue in camera_notices(pieces, syncs, registrations)}
    for piece, made in zip(pieces, frames, strict=True):
        for issue in [*([] if piece.tape.has_audio else [silent(piece)]), *cut_off(piece, made)]:
            found[issue.code] = issue
    return tuple(found.values())


def cut_off(piece: Piece, made: int) -> list[Issue]:
    """A recording that says that it is longer than what could be read.

    Its sound may well be longer than its pictures; where no track reaches the end, something is missing.
    """
    tape, expected = piece.tape, piece.frames
    missing_s = (expected - made) / float(tape.rate)
    if (
        made >= expected - max(2, expected // 50)
        or tape.duration_s - last_moment_s(tape.path) < missing_s / 2
    ):
        return []
    cause = f"It should hold {expected} frames, and {made} could be read; the film was made of these."
    remedy = (
        "Copy the recording again if it came from elsewhere; if the box recorded it, have its disk checked."
    )
    return [Problem("cut-off", f"{tape.path.name} is cut off", cause, remedy, Severity.WARNING).issue]


def last_moment_s(path: Path) -> float:
    """Where the last packet of any track ends that can be read, in seconds from the start of the file."""
    last_s = 0.0
    with suppress(av.FFmpegError), av.open(str(path)) as container:
        zero_s = float(container.start_time or 0) / av.time_base
        for packet in container.demux():
            if packet.pts is not None and packet.time_base is not None:
                end = (packet.pts + (packet.duration or 0)) * packet.time_base
                last_s = max(last_s, float(end) - zero_s)
    return last_s


def camera_notices(
    pieces: Sequence[Piece], syncs: Sequence[PieceSync], registrations: Sequence[PieceRegistration]
) -> list[Issue]:
    """A recording that helped with any piece of tape is not told of: it need not reach over all of them."""
    helped: set[Path] = set()
    unseen: dict[Path, str] = {}  # why the tape's picture was not found in it
    other: dict[Path, str] = {}  # why it has no place on the tape's clock
    for piece, synced, registered in zip(pieces, syncs, registrations, strict=True):
        clips = zip(piece.cameras, synced.clips, registered.clips, strict=True)
        for camera, sync, registration in clips:
            if registration.homography is not None:
                helped.add(camera.path)
            elif sync.offset_s is not None:
                unseen[camera.path] = registration.reason
            else:
                other[camera.path] = sync.reason
    left = {path: reason for path, reason in (other | unseen).items() if path not in helped}
    if not left:
        return []
    if helped:
        return [left_out(left, of=len(helped | left.keys()))]
    return [camera_unused("camera-unseen", left) if unseen else camera_unused("camera-other", left)]


def camera_unused(code: str, reasons: dict[Path, str]) -> Issue:
    return Problem(
        code,
        "The tape was restored alone",
        each_with_reason(reasons),
        "If the camera did film the same event, check that its microphone was on and that it saw the scene.",
        Severity.NOTICE,
    ).issue


def left_out(reasons: dict[Path, str], of: int) -> Issue:
    return Problem(
        "camera-left-out",
        f"{len(reasons)} of the {of} recordings of the camera did not help",
        each_with_reason(reasons, always_named=True),
        "Nothing needs to be done; where they ran, the tape was restored alone or with another recording.",
        Severity.NOTICE,
    ).issue


def each_with_reason(reasons: dict[Path, str], always_named: bool = False) -> str:
    """A sentence for each; the names only where there is more than one."""
    sentences = [
        f"{path.name}: {reason.rstrip('.') or 'it does not fit the tape'}."
        for path, reason in reasons.items()
    ]
    if len(reasons) == 1 and not always_named:
        reason = next(iter(reasons.values())).rstrip(".")
        return f"{reason}." if reason else "The camera's recording does not fit the tape."
    more = len(sentences) - NAMED
    return " ".join(
        sentences[:NAMED] + ([f"And {more} more; the report names them all."] if more > 0 else [])
    )


def silent(piece: Piece) -> Issue:
    return Problem(
        "tape-silent",
        "The film has no sound",
        f"{piece.tape.path.name} has no sound track.",
        "If the tape has sound, plug the sound cable in and record it again.",
        Severity.NOTICE,
    ).issue
