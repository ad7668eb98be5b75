"""What a job has to say though it could do its work: nobody needs to act on these."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import av

from appliance.core.problems import Problem
from appliance.core.types import Issue, Registration, Severity
from appliance.worker.reel import Piece
from appliance.worker.steps import PieceSync


def notices(
    pieces: Sequence[Piece],
    syncs: Sequence[PieceSync],
    registrations: Sequence[Registration],
    frames: Sequence[int],
) -> tuple[Issue, ...]:
    """Why a piece that had a camera was restored alone; why a film is silent, or shorter than its tape."""
    found: dict[str, Issue] = {}
    for piece, synced, registration, made in zip(pieces, syncs, registrations, frames, strict=True):
        for issue in [*piece_notices(piece, synced, registration), *cut_off(piece, made)]:
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


def piece_notices(piece: Piece, synced: PieceSync, registration: Registration) -> list[Issue]:
    issues = []
    if piece.cameras and synced.camera is None:
        issues.append(camera_unused("camera-other", synced.estimate.reason))
    elif piece.cameras and registration.homography is None:
        issues.append(camera_unused("camera-unseen", registration.reason))
    if not piece.tape.has_audio:
        issues.append(silent(piece))
    return issues


def camera_unused(code: str, reason: str) -> Issue:
    return Problem(
        code,
        "The tape was restored alone",
        f"{reason.rstrip('.')}." if reason else "The camera's recording does not fit the tape.",
        "If the camera did film the same event, check that its microphone was on and that it saw the scene.",
        Severity.NOTICE,
    ).issue


def silent(piece: Piece) -> Issue:
    return Problem(
        "tape-silent",
        "The film has no sound",
        f"{piece.tape.path.name} has no sound track.",
        "If the tape has sound, plug the sound cable in and record it again.",
        Severity.NOTICE,
    ).issue
