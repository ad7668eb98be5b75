"""Whether a film's own time stamps can be trusted: some jump where a file was pieced together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import av

from appliance.core.media import MediaInfo
from appliance.core.problems import Problem
from appliance.core.types import Issue, Severity

JUMP_S = 1.0  # a slow telephone in the dark leaves less between two pictures
NAMED = 3


def jumps(path: Path) -> list[tuple[float, float]]:
    """Where the stamps of the pictures jump, and how far: (seconds, by seconds). Nothing is decoded."""
    return jumps_in(times_of(path))


def jumps_in(times_s: Iterable[float]) -> list[tuple[float, float]]:
    """The times may be a little out of order, as a film stores its pictures."""
    found = []
    latest_s: float | None = None
    for time_s in times_s:
        if latest_s is not None and not -JUMP_S < time_s - latest_s < JUMP_S:
            found.append((latest_s, time_s - latest_s))
            latest_s = time_s
        latest_s = time_s if latest_s is None else max(latest_s, time_s)
    return found


def times_of(path: Path) -> Iterator[float]:
    """Of every picture, as stored, up to a torn end."""
    with suppress(av.FFmpegError), av.open(str(path)) as container:
        zero_s = float(container.start_time or 0) / av.time_base
        for packet in container.demux(video=0):
            if packet.pts is not None and packet.time_base is not None:
                yield float(packet.pts * packet.time_base) - zero_s


def stamp_notices(films: Iterable[MediaInfo]) -> list[Issue]:
    """One notice for all films whose stamps jump."""
    told = []
    for film in films:
        found = jumps(film.path)
        if found:
            places = ", ".join(f"at {at_s:.1f} s by {by_s:+.1f} s" for at_s, by_s in found[:NAMED])
            told.append(f"{film.path.name}: {places}{' and more' if len(found) > NAMED else ''}.")
    return [camera_jumps(" ".join(told))] if told else []


def camera_jumps(cause: str) -> Issue:
    return Problem(
        "camera-jumps",
        "The clock of a camera's film jumps",
        cause,
        "Nothing needs to be done; what follows a jump helps only where the sound could place it anew.",
        Severity.NOTICE,
    ).issue
