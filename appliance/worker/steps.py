"""The job's steps before the film: how the camera lies on the tape's clock and in its picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from appliance.core.media import MediaInfo, read_pictures
from appliance.core.types import FieldOrder, Picture, Registration, SyncEstimate
from appliance.encode.files import whole_file
from appliance.register.estimate import estimate_registration
from appliance.worker.placing import Placer, Tell, tell_share
from appliance.worker.reel import Piece

T = TypeVar("T")
REGISTRATION_PAIRS = 32  # a worn tape's lines waver: many moments together know the place


@dataclass(frozen=True)
class PieceSync:
    """How each camera recording lies on the piece's clock, in the order of ``Piece.cameras``.

    One that does not fit has no offset, and says why.
    """

    clips: tuple[SyncEstimate, ...]

    @property
    def placed(self) -> tuple[int, ...]:
        return tuple(number for number, clip in enumerate(self.clips) if clip.offset_s is not None)

    @property
    def best(self) -> SyncEstimate:
        """The most certain one; where none fits, one that says why."""
        if not self.clips:
            return SyncEstimate(None, reason="There was no camera.")
        return max(self.clips, key=lambda clip: (clip.offset_s is not None, clip.confidence))


@dataclass(frozen=True)
class PieceRegistration:
    """Where the tape's picture lies in that of each camera recording, in the order of ``Piece.cameras``."""

    clips: tuple[Registration, ...]


def once(path: Path, kind: type[T], work: Callable[[], T]) -> T:
    """The result kept in ``path`` by an earlier run, or that of ``work``, which is then kept there."""
    adapter = TypeAdapter(kind)
    try:
        return adapter.validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):  # not there, or emptied by a power cut
        result = work()
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        part.write_bytes(adapter.dump_json(result, indent=1))
    return result


def sync_piece(
    piece: Piece, progress: Tell, order: FieldOrder | None = None, work: Path | None = None
) -> PieceSync:
    """Compare the tape, read once, with each camera recording, by sound or else by light.

    Every recording gets its place. ``work`` is a folder for what is read meanwhile.
    """
    placer = Placer(piece.tape, order, "auto", piece.sound_late_s, piece.expected_s, work)
    count = len(piece.cameras)
    return PieceSync(
        tuple(
            placer.place(camera, partial(tell_share, progress, number, count))
            for number, camera in enumerate(piece.cameras)
        )
    )


def register_piece(
    piece: Piece, synced: PieceSync, order: FieldOrder, progress: Callable[[float], None]
) -> PieceRegistration:
    """Each placed recording on its own: the camera may have been carried elsewhere between two of them."""
    found = []
    for number, (camera, sync) in enumerate(zip(piece.cameras, synced.clips, strict=True)):
        progress(number / len(piece.cameras))
        found.append(register_clip(piece, camera, sync, order))
    return PieceRegistration(tuple(found))


def register_clip(piece: Piece, camera: MediaInfo, sync: SyncEstimate, order: FieldOrder) -> Registration:
    """Find the tape's picture in the camera's at several moments that both have seen."""
    if sync.offset_s is None:
        return Registration(None, reason=sync.reason)
    pairs = list(common_moments(piece, camera, sync))
    if not pairs:
        return Registration(None, reason="Tape and camera have no moment in common.")
    return estimate_registration(pairs, order, piece.tape.sample_aspect)


def common_moments(piece: Piece, camera: MediaInfo, sync: SyncEstimate) -> Iterator[tuple[Picture, Picture]]:
    """Pairs of pictures of the same moment, spread over the time that both were running."""
    tape = piece.tape
    begin_s = max(piece.start_s, sync.tape_time(0.0))
    end_s = min(tape.duration_s - piece.blank_tail_s, sync.tape_time(camera.duration_s))
    count = min(REGISTRATION_PAIRS, int((end_s - begin_s) * tape.rate)) if end_s > begin_s else 0
    for number in range(count):
        tape_s = begin_s + (end_s - begin_s) * (number + 0.5) / count
        tape_picture = picture_at(tape, tape_s)
        if tape_picture is None:
            continue
        camera_picture = picture_at(camera, sync.camera_time(tape_picture.time_s))
        if camera_picture is not None:
            yield tape_picture, camera_picture


def picture_at(film: MediaInfo, time_s: float) -> Picture | None:
    """The picture nearest to ``time_s``; None outside the film."""
    half_s = 0.5 / float(film.rate)
    if time_s < -half_s:
        return None
    return next(islice(read_pictures(film.path, max(0.0, time_s)), 1), None)
