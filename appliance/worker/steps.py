"""The job's steps before the film: how the camera lies on the tape's clock and in its picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from appliance.core.media import MediaInfo, read_pictures
from appliance.core.types import FieldOrder, Picture, Registration, SyncEstimate
from appliance.encode.files import whole_file
from appliance.register.estimate import estimate_registration
from appliance.worker.placing import Placer, Tell
from appliance.worker.reel import Piece

T = TypeVar("T")
REGISTRATION_PAIRS = 8


@dataclass(frozen=True)
class PieceSync:
    """The camera recording that fits a piece best (an index), or None where none fits."""

    camera: int | None
    estimate: SyncEstimate


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


def sync_piece(piece: Piece, progress: Tell, order: FieldOrder | None = None) -> PieceSync:
    """Compare the tape with each camera recording, by sound or else by light; the most certain one wins."""
    if not piece.cameras:
        return PieceSync(None, SyncEstimate(None, reason="There was no camera."))
    share = 1 / len(piece.cameras)
    placer = Placer(piece.tape, order, sound_late_s=piece.sound_late_s)
    best = PieceSync(None, SyncEstimate(None, reason="No camera recording could be compared."))
    for index, camera in enumerate(piece.cameras):

        def tell(fraction: float, text: str, begin: float = index * share) -> None:
            progress(begin + share * fraction, text)

        estimate = placer.place(camera, tell)
        if estimate.offset_s is not None and estimate.confidence > best.estimate.confidence:
            best = PieceSync(index, estimate)
        elif best.camera is None:
            best = PieceSync(None, estimate)
    return best


def register_piece(piece: Piece, synced: PieceSync, order: FieldOrder) -> Registration:
    """Find the tape's picture in the camera's at several moments that both have seen."""
    if synced.camera is None:
        return Registration(None, reason=synced.estimate.reason)
    camera = piece.cameras[synced.camera]
    pairs = list(common_moments(piece, camera, synced.estimate))
    if not pairs:
        return Registration(None, reason="Tape and camera have no moment in common.")
    return estimate_registration(pairs, order, piece.tape.sample_aspect)


def common_moments(piece: Piece, camera: MediaInfo, sync: SyncEstimate) -> Iterator[tuple[Picture, Picture]]:
    """Pairs of pictures of the same moment, spread over the time that both were running."""
    tape = piece.tape
    begin_s = max(piece.start_s, sync.tape_time(0.0))
    end_s = min(tape.duration_s - piece.blank_tail_s, sync.tape_time(camera.duration_s))
    for number in range(REGISTRATION_PAIRS if end_s > begin_s else 0):
        tape_s = begin_s + (end_s - begin_s) * (number + 0.5) / REGISTRATION_PAIRS
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
