"""From pieces of tape to finished films: sync, register, enhance, encode; for takes and for files alike."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import av

from appliance import __version__
from appliance.core.config import Config
from appliance.core.problems import Problem
from appliance.core.types import FieldOrder, Issue, ModelInfo, Stage
from appliance.encode.join import join
from appliance.encode.verify import verify_film, wrong
from appliance.enhance.course import Course, Shape
from appliance.enhance.limits import check_size
from appliance.enhance.look import RESTORED, no_camera_helped, place_of
from appliance.enhance.runtime import Runtime
from appliance.worker.building import wait_for_quiet
from appliance.worker.film import Chunk, Output, View, chunk_files, film_piece
from appliance.worker.guides import Guide
from appliance.worker.later import Later, LaterStage
from appliance.worker.models import Models, open_models, scale_of
from appliance.worker.notices import notices
from appliance.worker.outputs import access_output, comparison_output, single_output
from appliance.worker.progress import Progress
from appliance.worker.reel import Piece, film_sound, pictures_end_s
from appliance.worker.stages import open_later
from appliance.worker.stagewords import recipe_words
from appliance.worker.steps import PieceRegistration, PieceSync, once, register_piece, sync_piece
from appliance.worker.stills import Stills

T = TypeVar("T")
NO_MODEL = ModelInfo("none", "", "", "", 0)  # of a recipe that only encodes
SPOILT = ("film-wrong", "chunk-foreign")  # what was joined is no good: the next run makes it all again


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
    course: Course | None = None  # of a recipe; None: restored, with the camera's help where there is one

    @property
    def with_camera(self) -> bool:
        return self.config.enhance.guide_strength > 0 and any(piece.cameras for piece in self.pieces)

    @property
    def per_frame(self) -> int:
        """Moments of the film for each frame of the recording, before pictures are put between them."""
        return 2 if self.course is None or self.course.restores else 1

    @cached_property
    def shape(self) -> Shape:
        """Of the film's pictures."""
        if self.course is not None:
            return self.course.result
        tape, scale = self.pieces[0].tape, scale_of(self.config.enhance)
        frames = 2 * sum(piece.frames for piece in self.pieces)
        return Shape(scale * tape.width, scale * tape.height, 2 * tape.rate, frames)


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
    guide: ModelInfo | None = None  # that added it
    stages: tuple[LaterStage, ...] = ()  # after that

    @property
    def piece_frames(self) -> tuple[int, ...]:
        return tuple(sum(chunk.frames for chunk in run) for run in self.runs)

    @property
    def frames(self) -> int:
        return sum(self.piece_frames)

    @property
    def guided_fields(self) -> int:
        return sum(chunk.guided_fields for run in self.runs for chunk in run)

    @property
    def filled_frames(self) -> int:
        """That capture lost, and that the film shows all the same."""
        return sum(chunk.filled_frames for run in self.runs for chunk in run)


def single_film(making: Making, out: Path, progress: Progress) -> Made:
    """One film, uncropped: of the tape's own frame size (studio: twice that) and at the field rate, or as the
    recipe has it."""
    film = single_output(making, out)
    made = shoot(making, (film,), progress)
    finish(making, made, film, out, progress, 0.0, 1.0)
    keep_small_films(making, made, out, progress)
    return made


def film_pair(making: Making, folder: Path, progress: Progress) -> Made:
    """``film.mp4`` (access copy) and ``comparison.mp4`` in ``folder``, and stills beside them."""
    access, comparison = access_output(making), comparison_output(making)
    made = shoot(making, (access, comparison), progress)
    folder.mkdir(parents=True, exist_ok=True)
    finish(making, made, access, folder / "film.mp4", progress, 0.0, 0.5)
    finish(making, made, comparison, folder / "comparison.mp4", progress, 0.5, 0.9)
    keep_small_films(making, made, folder / "film.mp4", progress)
    return made


def shoot(making: Making, outputs: Sequence[Output], progress: Progress) -> Made:
    """Find how the camera lies, then make every chunk that is not there yet."""
    if making.per_frame == 2:
        scale = scale_of(making.config.enhance)
        for piece in making.pieces:
            check_size(piece.tape.width, piece.tape.height, piece.tape.path.name, scale)
    progress.recipe, progress.steps = recipe_words(making)
    models, later = models_of(making, progress), open_later(making)
    fresh_work(making, models, later, outputs)
    syncs = tuple(each(making, "sync", PieceSync, lambda piece: sync_step(piece, making, progress)))
    registrations = tuple(
        each(making, "register", PieceRegistration, lambda p: register_step(p, syncs, making, progress))
    )
    stills = Stills(making.work / "stills", making.pieces, making.order, making.per_frame)
    runs = []
    for piece, synced, registered in zip(making.pieces, syncs, registrations, strict=True):
        guides = guides_of(piece, synced, registered, making.config, models)
        runs.append(shoot_piece(making, piece, guides, outputs, models.tape, later, stills, progress))
    computed = models.tape or next((stage for stage in later.stages if stage.model), None)
    return Made(
        runs=tuple(runs),
        model=(computed.model if computed else None) or NO_MODEL,
        provider=computed.provider if computed else "cpu",
        provider_reason=computed.provider_reason if computed else "",
        tier=models.tier,
        guide_words=models.guide_words,
        guide=models.guide.model if models.guide else None,
        stages=later.stages,
        syncs=syncs,
        registrations=registrations,
        issues=(
            *making.issues,
            *models.issues,
            *look_notices(making, runs),
            *said(
                making, notices(making.pieces, syncs, registrations, [sum(c.frames for c in r) for r in runs])
            ),
        ),
    )


def said(making: Making, issues: Sequence[Issue]) -> Sequence[Issue]:
    """A clip that never had sound is no tape whose cable was forgotten."""
    return [issue for issue in issues if making.per_frame == 2 or issue.code != "tape-silent"]


def look_notices(making: Making, runs: Sequence[Sequence[Chunk]]) -> tuple[Issue, ...]:
    """Where a twin was wished for and no camera helped at all."""
    look = place_of(making.config.enhance.look)
    alone = not any(chunk.guided_fields for run in runs for chunk in run)
    return (no_camera_helped(look),) if look > RESTORED and alone else ()


def models_of(making: Making, progress: Progress) -> Models:
    if making.per_frame == 1:
        return Models()

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


def fresh_work(making: Making, models: Models, later: Later, outputs: Sequence[Output]) -> None:
    """Work of other sources or settings is thrown away, never mixed with this."""
    facts = [*key_facts(making, models, outputs), *later.identity]
    key = hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()
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
    runtime: Runtime | None,
    later: Later,
    stills: Stills,
    progress: Progress,
) -> tuple[Chunk, ...]:
    total = making.per_frame * sum(p.frames for p in making.pieces)
    before = making.per_frame * sum(p.frames for p in making.pieces[: piece.index])
    doing = "Restoring pictures" if runtime is not None else "Making pictures"

    def on_view(field: int, view: View) -> None:
        stills.see(before + field, view)
        stills.see_placed(piece.index, view.lying)
        if field % 10 == 0:
            text = f"{doing}, {before + field} of {total}"
            progress(Stage.ENHANCE, (before + field) / total, text)

    chunk_frames = max(1, round(making.config.work.chunk_s * piece.tape.rate))
    folder = piece_folder(making, piece)
    told, look = (on_view, progress.on_chunk), place_of(making.config.enhance.look)
    return film_piece(
        piece, making.order, guides, outputs, runtime, folder, chunk_frames, *told, later=later, look=look
    )


def piece_folder(making: Making, piece: Piece) -> Path:
    return making.work / f"piece-{piece.index:02d}"


def finish(
    making: Making, made: Made, output: Output, out: Path, progress: Progress, begin: float, end: float
) -> None:
    """Join the output's chunks, give it the tape's sound, and check what came out."""
    text = f"Writing {out.name}"

    def tell(fraction: float) -> None:
        progress(Stage.ENCODE, begin + (end - begin) * fraction, text)

    spec = output.spec
    finish_film(making, made, output.name, spec.rate, output.stretch, out, tell, spec.sample_aspect == 1)


def keep_small_films(making: Making, made: Made, out: Path, progress: Progress) -> None:
    """What stages squeezed, beside the film and with its sound."""
    kept = [stage for stage in made.stages if stage.keeps]
    for stage in kept:
        path = out.with_name(f"{out.stem}.{'small' if len(kept) == 1 else stage.keeps}.mp4")

        def tell(fraction: float, path: Path = path) -> None:
            progress(Stage.ENCODE, 0.99, f"Writing {path.name}")

        finish_film(making, made, stage.keeps, stage.rate, stage.stretch, path, tell)


def finish_film(
    making: Making,
    made: Made,
    name: str,
    rate: Fraction,
    stretch: int,
    out: Path,
    tell: Callable[[float], None],
    square: bool = False,
) -> None:
    chunks = [
        path
        for piece, run in zip(making.pieces, made.runs, strict=True)
        for path in chunk_files(piece_folder(making, piece), name, run)
    ]
    has_sound = any(piece.tape.has_audio for piece in making.pieces)
    sound = film_sound(making.pieces, made.piece_frames, stretch) if has_sound else None
    tell(0.0)
    with spoilt_thrown_away(making.work, out):
        frames = join(chunks, out, rate, sound, making.config.encode.audio_kbit_s, tell)
        verify_film(out, frames, frames / float(rate), sound is not None, square)


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
