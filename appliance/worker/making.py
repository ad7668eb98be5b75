"""From pieces of tape to finished films: sync, register, enhance, encode; for takes and for files alike."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np

from appliance import __version__
from appliance.core.config import Config
from appliance.core.problems import Problem
from appliance.core.types import FieldOrder, Issue, ModelInfo, Picture, Stage
from appliance.encode.access import access_spec, to_square
from appliance.encode.comparison import comparison_spec, side_by_side
from appliance.encode.join import join
from appliance.encode.planes import Field
from appliance.encode.verify import verify_film, wrong
from appliance.encode.writer import FilmSpec
from appliance.enhance.double import doubled
from appliance.enhance.limits import check_size
from appliance.enhance.look import RESTORED, no_camera_helped, place_of
from appliance.enhance.runtime import Runtime
from appliance.worker.building import wait_for_quiet
from appliance.worker.film import Chunk, Output, View, chunk_files, film_piece
from appliance.worker.guides import Guide
from appliance.worker.models import Models, open_models, scale_of
from appliance.worker.notices import notices
from appliance.worker.progress import Progress
from appliance.worker.reel import Piece, film_sound, pictures_end_s
from appliance.worker.steps import PieceRegistration, PieceSync, once, register_piece, sync_piece
from appliance.worker.stills import Stills

T = TypeVar("T")
ENCODER_THREADS = 2  # fixed, since the bytes depend on it
FILE_CRF = 17
SPOILT = ("film-wrong", "chunk-foreign")  # what was joined is no good: the next run makes it all again
COMPARISON_PRESET = "superfast"
COMPARISON_CRF = 1  # more than the film's: it is for looking, not for keeping


@dataclass(frozen=True)
class Making:
    """What a film is made of; ``work`` keeps what is done, so that a second run goes on from there."""

    pieces: tuple[Piece, ...]
    order: FieldOrder
    work: Path
    config: Config
    title: str
    cache: Path | None = None  # keeps what a processor compiles of the model
    for_take: bool = False  # of the box itself, which has to be done before the next one
    issues: tuple[Issue, ...] = ()  # what was worth saying before the work began
    recording: Callable[[], bool] = lambda: False  # whether the box records a tape now

    @property
    def with_camera(self) -> bool:
        return self.config.enhance.guide_strength > 0 and any(piece.cameras for piece in self.pieces)


@dataclass(frozen=True)
class Made:
    runs: tuple[tuple[Chunk, ...], ...]  # one for each piece
    model: ModelInfo
    provider: str
    provider_reason: str
    syncs: tuple[PieceSync, ...]
    registrations: tuple[PieceRegistration, ...]
    issues: tuple[Issue, ...]
    tier: str = "live"
    guide_words: str = ""  # how the camera's detail came into the film

    @property
    def piece_frames(self) -> tuple[int, ...]:
        return tuple(sum(chunk.frames for chunk in run) for run in self.runs)

    @property
    def frames(self) -> int:
        return sum(self.piece_frames)

    @property
    def guided_fields(self) -> int:
        return sum(chunk.guided_fields for run in self.runs for chunk in run)


def single_film(making: Making, out: Path, progress: Progress) -> Made:
    """One film of the tape's own frame size (studio: twice that), uncropped, at the field rate."""
    tape = making.pieces[0].tape
    lossless = out.suffix.lower() == ".mkv"
    scale = scale_of(making.config.enhance)
    width, height = scale * tape.width, scale * tape.height
    if not lossless:
        width, height = up_to_even(width), up_to_even(height)
    spec = FilmSpec(
        width=width,
        height=height,
        rate=2 * tape.rate,
        sample_aspect=tape.sample_aspect,
        colour=tape.colour,
        codec="ffv1" if lossless else "h264",
        crf=FILE_CRF,
        preset=making.config.encode.preset,
        threads=ENCODER_THREADS,
    )
    film = Output("film", spec, lambda view: padded(film_of(view, scale), height, width))
    made = shoot(making, (film,), progress)
    finish(making, made, film, out, progress, 0.0, 1.0)
    return made


def film_of(view: View, scale: int) -> Picture:
    return doubled(view.film, view.fine) if scale > 1 else view.film


def up_to_even(size: int) -> int:
    return size + size % 2


def padded(picture: Picture, height: int, width: int) -> Picture:
    """H.264 takes even sizes only: an odd picture gets its last line or column twice, and loses nothing."""
    rows, columns = height - picture.y.shape[0], width - picture.y.shape[1]
    if not rows and not columns:
        return picture
    return replace(picture, y=np.pad(picture.y, ((0, rows), (0, columns)), mode="edge"))


def film_pair(making: Making, folder: Path, progress: Progress) -> Made:
    """``film.mp4`` (access copy) and ``comparison.mp4`` in ``folder``, and stills beside them."""
    access, comparison = access_output(making), comparison_output(making)
    made = shoot(making, (access, comparison), progress)
    folder.mkdir(parents=True, exist_ok=True)
    finish(making, made, access, folder / "film.mp4", progress, 0.0, 0.5)
    finish(making, made, comparison, folder / "comparison.mp4", progress, 0.5, 0.9)
    return made


def access_output(making: Making) -> Output:
    tape, encode = making.pieces[0].tape, making.config.encode
    aspect, scale = tape.sample_aspect, scale_of(making.config.enhance)
    spec = access_spec(
        tape.width, tape.height, aspect, 2 * tape.rate, encode.crf, encode.preset, ENCODER_THREADS, scale
    )
    return Output("access", spec, lambda view: to_square(film_of(view, scale), aspect, scale))


def comparison_output(making: Making) -> Output:
    tape, encode = making.pieces[0].tape, making.config.encode
    aspect = tape.sample_aspect
    spec = comparison_spec(
        tape.width,
        tape.height,
        aspect,
        tape.rate,
        encode.crf + COMPARISON_CRF,
        COMPARISON_PRESET,
        ENCODER_THREADS,
    )
    field = first_field(making.order)
    return Output("comparison", spec, lambda v: side_by_side(v.tape, v.film, aspect, field), every=2)


def first_field(order: FieldOrder) -> Field:
    return "bottom" if order == "bff" else "top"


def shoot(making: Making, outputs: Sequence[Output], progress: Progress) -> Made:
    """Find how the camera lies, then make every chunk that is not there yet."""
    scale = scale_of(making.config.enhance)
    for piece in making.pieces:
        check_size(piece.tape.width, piece.tape.height, piece.tape.path.name, scale)
    models = models_of(making, progress)
    fresh_work(making, models, outputs)
    syncs = tuple(each(making, "sync", PieceSync, lambda piece: sync_step(piece, making, progress)))
    registrations = tuple(
        each(making, "register", PieceRegistration, lambda p: register_step(p, syncs, making, progress))
    )
    stills = Stills(making.work / "stills", making.pieces, making.order)
    runs = []
    for piece, synced, registered in zip(making.pieces, syncs, registrations, strict=True):
        guides = guides_of(piece, synced, registered, making.config, models)
        runs.append(shoot_piece(making, piece, guides, outputs, models.tape, stills, progress))
    return Made(
        runs=tuple(runs),
        model=models.tape.model,
        provider=models.tape.provider,
        provider_reason=models.tape.provider_reason,
        tier=models.tier,
        guide_words=models.guide_words,
        syncs=syncs,
        registrations=registrations,
        issues=(
            *making.issues,
            *models.issues,
            *look_notices(making, runs),
            *notices(making.pieces, syncs, registrations, [sum(c.frames for c in run) for run in runs]),
        ),
    )


def look_notices(making: Making, runs: Sequence[Sequence[Chunk]]) -> tuple[Issue, ...]:
    """Where a twin was wished for and no camera helped at all."""
    look = place_of(making.config.enhance.look)
    alone = not any(chunk.guided_fields for run in runs for chunk in run)
    return (no_camera_helped(look),) if look > RESTORED and alone else ()


def models_of(making: Making, progress: Progress) -> Models:
    def tell(text: str) -> None:
        progress(Stage.SYNC, 0.0, text)

    return open_models(
        making.config.enhance,
        for_take=making.for_take,
        with_camera=making.with_camera,
        cache=making.cache,
        tell=tell,
        before_build=lambda: wait_for_quiet(making.recording, tell),
    )


def fresh_work(making: Making, models: Models, outputs: Sequence[Output]) -> None:
    """Work of other sources or settings is thrown away, never mixed with this."""
    key = hashlib.sha256(json.dumps(key_facts(making, models, outputs), default=str).encode()).hexdigest()
    marker = making.work / "key"
    if marker.is_file() and marker.read_text() == key:
        return
    shutil.rmtree(making.work, ignore_errors=True)
    making.work.mkdir(parents=True)
    marker.write_text(key)


def key_facts(making: Making, models: Models, outputs: Sequence[Output]) -> list[Any]:
    sources = [info for piece in making.pieces for info in (piece.tape, *piece.cameras)]
    files = [(str(i.path), i.path.stat().st_size, i.path.stat().st_mtime_ns) for i in sources]
    specs = [asdict(output.spec) for output in outputs]
    tails = [piece.blank_tail_s for piece in making.pieces]
    settings = [making.config.enhance.model_dump(), making.config.work.chunk_s]
    late = [sorted((str(p), s) for p, s in piece.sound_late_s.items()) for piece in making.pieces]
    return [__version__, files, tails, late, making.order, models.identity, settings, specs]


def each(making: Making, name: str, kind: type[T], step: Callable[[Piece], T]) -> list[T]:
    """The step's result for every piece, kept from an earlier run where there is one."""
    kept = [(making.work / f"{name}-{piece.index:02d}.json", piece) for piece in making.pieces]
    return [once(path, kind, partial(step, piece)) for path, piece in kept]


def sync_step(piece: Piece, making: Making, progress: Progress) -> PieceSync:
    def tell(fraction: float, text: str) -> None:
        progress(Stage.SYNC, (piece.index + fraction) / len(making.pieces), text)

    return sync_piece(piece, tell, making.order, making.work)


def register_step(
    piece: Piece, syncs: Sequence[PieceSync], making: Making, progress: Progress
) -> PieceRegistration:
    def tell(fraction: float) -> None:
        whole = (piece.index + fraction) / len(making.pieces)
        progress(Stage.REGISTER, whole, "Finding the tape's picture in the camera's")

    tell(0.0)
    return register_piece(piece, syncs[piece.index], making.order, tell)


def guides_of(
    piece: Piece, synced: PieceSync, registered: PieceRegistration, config: Config, models: Models
) -> tuple[Guide, ...]:
    """Every recording that was placed both on the tape's clock and in its picture."""
    strength = config.enhance.guide_strength
    clips = zip(piece.cameras, synced.clips, registered.clips, strict=True)
    return tuple(
        Guide(camera, sync, registration, strength, models.guide, number, pictures_end_s(camera))
        for number, (camera, sync, registration) in enumerate(clips)
        if sync.offset_s is not None and registration.homography is not None and strength > 0
    )


def shoot_piece(
    making: Making,
    piece: Piece,
    guides: Sequence[Guide],
    outputs: Sequence[Output],
    runtime: Runtime,
    stills: Stills,
    progress: Progress,
) -> tuple[Chunk, ...]:
    total = 2 * sum(p.frames for p in making.pieces)
    before = 2 * sum(p.frames for p in making.pieces[: piece.index])

    def on_view(field: int, view: View) -> None:
        stills.see(before + field, view)
        stills.see_placed(piece.index, view.lying)
        if field % 10 == 0:
            text = f"Restoring pictures, {before + field} of {total}"
            progress(Stage.ENHANCE, (before + field) / total, text)

    chunk_frames = max(1, round(making.config.work.chunk_s * piece.tape.rate))
    folder = piece_folder(making, piece)
    look = place_of(making.config.enhance.look)
    return film_piece(
        piece, making.order, guides, outputs, runtime, folder, chunk_frames, on_view, progress.on_chunk, look
    )


def piece_folder(making: Making, piece: Piece) -> Path:
    return making.work / f"piece-{piece.index:02d}"


def finish(
    making: Making, made: Made, output: Output, out: Path, progress: Progress, begin: float, end: float
) -> None:
    """Join the output's chunks, give it the tape's sound, and check what came out."""
    chunks = [
        path
        for piece, run in zip(making.pieces, made.runs, strict=True)
        for path in chunk_files(piece_folder(making, piece), output, run)
    ]
    has_sound = any(piece.tape.has_audio for piece in making.pieces)
    sound = film_sound(making.pieces, made.piece_frames) if has_sound else None
    text = f"Writing {out.name}"

    def tell(fraction: float) -> None:
        progress(Stage.ENCODE, begin + (end - begin) * fraction, text)

    tell(0.0)
    with spoilt_thrown_away(making.work, out):
        frames = join(chunks, out, output.spec.rate, sound, making.config.encode.audio_kbit_s, tell)
        square = output.spec.sample_aspect == 1
        verify_film(out, frames, frames / float(output.spec.rate), sound is not None, square)


@contextmanager
def spoilt_thrown_away(work: Path, out: Path) -> Iterator[None]:
    """After a film that came out wrong the next run must not join the same bad chunks again."""
    try:
        yield
    except Problem as problem:
        if problem.issue.code in SPOILT:
            out.unlink(missing_ok=True)
            shutil.rmtree(work, ignore_errors=True)
        raise
    except av.FFmpegError as error:
        shutil.rmtree(work, ignore_errors=True)
        raise wrong(out, f"A part of it could not be read back ({error.strerror}).") from error
