"""A take as its job sees it: unbroken pieces of tape, each with the camera recordings that may go with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from appliance.core.media import MediaInfo, probe, read_pictures, read_sound_channels
from appliance.core.problems import Problem
from appliance.core.types import Issue, Picture, Role, Severity, Take
from appliance.encode.stretch import stretched
from appliance.worker.stamps import stamp_notices

SYNC_RATE_HZ = 8000
FILM_SOUND_RATE_HZ = 48000
CANCELLED = 0.05  # of one channel's power; a channel that is silent leaves a quarter
LEAD_S = 2.0  # read so much before the frame wanted, and more where a gap is longer


@dataclass(frozen=True)
class Piece:
    """One unbroken tape recording. ``cameras`` are those that ran during the take, in order."""

    index: int
    tape: MediaInfo
    cameras: tuple[MediaInfo, ...] = ()
    blank_tail_s: float = 0.0  # the tape had ended by then; not a part of the film
    start_s: float = 0.0  # the first picture's time in the file; the sound may begin a little before it
    sound_late_s: Mapping[Path, float] = field(default_factory=dict)  # inside a device; see sync/latency.py
    expected_s: Mapping[Path, float] = field(default_factory=dict)  # of a camera that ran beside the tape

    @property
    def frames(self) -> int:
        """About how many the film will have; a file's own duration is not always exact."""
        return max(1, round((self.tape.duration_s - self.start_s - self.blank_tail_s) * self.tape.rate))

    @property
    def last_frame(self) -> int | None:
        """The film ends before this frame; None: with the file."""
        return self.frames if self.blank_tail_s else None


@dataclass(frozen=True)
class Reel:
    """What of a take can become one film, and what is worth saying about the rest."""

    pieces: tuple[Piece, ...]
    issues: tuple[Issue, ...] = ()


def on_time(device: str, info: MediaInfo) -> float:
    """Every device's sound, as long as nothing else is known."""
    return 0.0


def reel_of_take(take: Take, folder: Path, late_of: Callable[[str, MediaInfo], float] = on_time) -> Reel:
    """Raises Problem where a tape's file is missing or broken; a broken camera file is left out and named.

    A film has one size and one rate: pieces of another kind than the longest stay out of it.
    ``late_of`` says how late a device's sound is.
    """
    tapes = [probe(folder / s.path) for s in take.segments if s.role is Role.TAPE and s.frames]
    if not tapes:
        return Reel(())
    cameras, issues = readable(folder / s.path for s in take.segments if s.role is Role.CAMERA and s.frames)
    tails = [0.0] * (len(tapes) - 1) + [take.blank_tail_s]
    kind = kind_of(max(tapes, key=lambda tape: tape.duration_s))
    alike = [(tape, tail) for tape, tail in zip(tapes, tails, strict=True) if kind_of(tape) == kind]
    issues += [left_out(tape) for tape in tapes if kind_of(tape) != kind]
    imported = {folder / s.path for s in take.segments if s.imported}
    issues += stamp_notices(camera for camera in cameras if camera.path in imported)
    known = {folder / segment.path: segment for segment in take.segments}
    late_s = {info.path: late_of(known[info.path].device, info) for info in (*tapes, *cameras)}
    ran = [known[camera.path] for camera in cameras if camera.path not in imported]
    pieces = (
        replace(
            piece_of(n, tape, cameras, tail, late_s),
            expected_s={folder / s.path: s.start_s - known[tape.path].start_s for s in ran},
        )
        for n, (tape, tail) in enumerate(alike)
    )
    return Reel(tuple(pieces), tuple(issues))


def piece_of_files(tape: Path, *cameras: Path | None) -> Piece:
    return piece_of(0, probe(tape), tuple(probe(camera) for camera in cameras if camera))


def piece_of(
    index: int,
    tape: MediaInfo,
    cameras: tuple[MediaInfo, ...],
    tail_s: float = 0.0,
    late_s: Mapping[Path, float] | None = None,
) -> Piece:
    return Piece(index, tape, cameras, tail_s, first_picture_s(tape.path), late_s or {})


def kind_of(tape: MediaInfo) -> tuple[int, int, Fraction]:
    return tape.width, tape.height, tape.rate


def readable(paths: Iterable[Path]) -> tuple[tuple[MediaInfo, ...], list[Issue]]:
    """The camera recordings that can be read, and why the others cannot."""
    found, issues = [], []
    for path in paths:
        try:
            found.append(probe(path))
        except Problem as problem:
            issues.append(camera_broken(problem.issue))
    return tuple(found), issues


def camera_broken(found: Issue) -> Issue:
    return Problem(
        "camera-broken",
        "A recording of the camera cannot be used",
        f"{found.title}. {found.cause}",
        "Nothing needs to be done; the tape was restored without it.",
        Severity.NOTICE,
    ).issue


def left_out(tape: MediaInfo) -> Issue:
    size = f"{tape.width} × {tape.height} at {float(tape.rate):.4g} frames/s"
    return Problem(
        "piece-other-kind",
        "A part of the recording is not in the film",
        f"{tape.path.name} was recorded as {size}, the longest part otherwise, and a film has one size.",
        "Its master is on the stick; `twinreel enhance` makes a film of its own of it.",
        Severity.WARNING,
    ).issue


def heard(
    path: Path, on_block: Callable[[], None] = lambda: None, rate_hz: int = SYNC_RATE_HZ
) -> Iterator[NDArray[np.float32]]:
    """The sound for synchronising in blocks: mono at a rate that keeps speech; none where there is none."""
    for block in read_sound_channels(path, rate_hz):
        yield both_or_louder(block)
        on_block()


def both_or_louder(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Both channels as one; the louder alone where they cancel out, as with one plug turned round."""
    both = block.mean(axis=1)
    power = np.mean(block**2, axis=0)
    cancelled = float(np.mean(both**2)) < CANCELLED * float(power.max())
    return np.ascontiguousarray(block[:, int(power.argmax())]) if cancelled else both


def on_the_grid(pictures: Iterable[Picture], rate: Fraction, start_s: float, first: int) -> Iterator[Picture]:
    """One picture per frame time from frame ``first`` on: where capture lost one, the last is shown again.

    ``start_s`` is the time of frame 0 in the file.
    """
    due = first
    last: Picture | None = None
    for picture in pictures:
        slot = round((picture.time_s - start_s) * float(rate))
        last = last or picture
        while due < slot:
            yield replace(last, time_s=start_s + due / float(rate))
            due += 1
        if slot >= due:
            yield picture
            due = slot + 1
        last = picture


def tape_pictures(piece: Piece, first: int = 0) -> Iterator[Picture]:
    """The tape's frames on their grid, from frame ``first`` to the film's end."""
    recorded = recorded_before(piece, first)
    pictures = on_the_grid(recorded, piece.tape.rate, piece.start_s, first)
    count = None if piece.last_frame is None else max(0, piece.last_frame - first)
    return islice(pictures, count)


def recorded_before(piece: Piece, first: int) -> Iterator[Picture]:
    """What was recorded, from some picture at or before frame ``first`` on, however long a gap there is."""
    wanted_s = piece.start_s + first / float(piece.tape.rate)
    lead_s = LEAD_S
    while wanted_s - lead_s > piece.start_s:
        pictures = read_pictures(piece.tape.path, wanted_s - lead_s)
        earliest = next(pictures, None)
        if earliest is not None and earliest.time_s <= wanted_s:
            return chain([earliest], pictures)
        lead_s *= 4
    return read_pictures(piece.tape.path)


def first_picture_s(path: Path) -> float:
    """The first picture's time; the sound may begin a little before it."""
    return next(read_pictures(path)).time_s


def pictures_end_s(film: MediaInfo) -> float:
    """When the last picture ends; the sound may go on, and a file's own duration counts it too."""
    lead_s = LEAD_S
    while True:
        pictures = read_pictures(film.path, max(0.0, film.duration_s - lead_s))
        last = deque((picture.time_s for picture in pictures), maxlen=1)
        if last:
            return last[0] + 1 / float(film.rate)
        if lead_s > film.duration_s:
            return 0.0
        lead_s *= 4


def film_sound(
    pieces: Iterable[Piece], frames: Iterable[int], stretch: int = 1
) -> Iterator[NDArray[np.float32]]:
    """The tapes' stereo sound, one piece after the other, each exactly as long as its pictures.

    ``stretch``: how many times as long as they were recorded they are shown.
    """
    for piece, count in zip(pieces, frames, strict=True):
        length = round(count / piece.tape.rate * FILM_SOUND_RATE_HZ)
        skip = round(piece.start_s * FILM_SOUND_RATE_HZ)
        sound = cut_to_length(read_sound_channels(piece.tape.path, FILM_SOUND_RATE_HZ), skip, length)
        if stretch > 1:
            exactly = round(stretch * count / piece.tape.rate * FILM_SOUND_RATE_HZ)
            sound = cut_to_length(stretched(sound, stretch), 0, exactly)
        yield from sound


def cut_to_length(
    blocks: Iterable[NDArray[np.float32]], skip: int, length: int
) -> Iterator[NDArray[np.float32]]:
    """``length`` samples after the first ``skip``; silence follows where the sound ends early."""
    left = length
    for block in blocks:
        kept = block[skip:][:left]
        skip = max(0, skip - len(block))
        left -= len(kept)
        if len(kept):
            yield kept
        if left <= 0:
            return
    while left > 0:
        step = min(left, FILM_SOUND_RATE_HZ)
        yield np.zeros((step, 2), np.float32)
        left -= step
