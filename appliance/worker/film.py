"""The film of one piece of tape, made in chunks: a chunk that is finished is never made again."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from itertools import chain, count, groupby, islice
from pathlib import Path

from appliance.core.flow import Sink, ahead
from appliance.core.media import MediaInfo, read_pictures
from appliance.core.types import FieldOrder, Picture, Plane, Registration, SyncEstimate
from appliance.encode.files import whole_file
from appliance.encode.writer import FilmSpec, FilmWriter
from appliance.enhance.double import Fine, halved_picture
from appliance.enhance.guide import camera_at
from appliance.enhance.pipeline import CONTEXT_FRAMES, Question, answered, guide_question, restore
from appliance.enhance.runtime import Runtime
from appliance.register.guide_track import GuideTrack, State
from appliance.register.keep import read, written
from appliance.worker.reel import Piece, tape_pictures

CAMERA_LEAD_S = 3.0  # more than the key frames of a camera's film are apart as a rule
QUEUE_DEPTH = 8
Seen = tuple[Picture, Plane]  # a registered guide, and 255 where it shows the scene


@dataclass(frozen=True)
class Guide:
    """The camera recording that helps a piece, and how it lies on the tape's clock and picture."""

    camera: MediaInfo
    sync: SyncEstimate
    registration: Registration
    strength: float
    runtime: Runtime | None = None  # the guide net's; without one the detail is carried by rule


@dataclass(frozen=True)
class Lying:
    """How the camera lay on the film of the tape alone; ``coverage`` is 255 where it is believed at all."""

    film: Picture
    camera: Picture
    coverage: Plane


@dataclass(frozen=True)
class View:
    """One moment of the film: the tape's frame, the restored picture of one of its fields.

    ``fine`` is for a film that is larger than the tape; ``state`` is what the camera's track remembers;
    ``lying`` is there where the camera was placed.
    """

    tape: Picture
    film: Picture
    guided: bool
    fine: Fine | None = None
    state: State | None = None
    lying: Lying | None = None


@dataclass(frozen=True)
class Output:
    """A film that is written; ``every`` 2 takes only the first field's picture of each tape frame."""

    name: str
    spec: FilmSpec
    compose: Callable[[View], Picture]
    every: int = 1


@dataclass(frozen=True)
class Chunk:
    frames: int  # of the tape
    guided_fields: int
    last: bool


def film_piece(
    piece: Piece,
    order: FieldOrder,
    guide: Guide | None,
    outputs: Sequence[Output],
    runtime: Runtime,
    folder: Path,
    chunk_frames: int,
    on_view: Callable[[int, View], None],
    on_chunk: Callable[[], None] = lambda: None,
) -> tuple[Chunk, ...]:
    """Write the piece's outputs into ``folder``, going on after the chunks that are already there.

    ``on_chunk`` is called when a chunk is finished, which nothing takes away any more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = list(finished_chunks(folder, outputs))
    if made and made[-1].last:
        return tuple(made)
    first = sum(chunk.frames for chunk in made)
    state = kept_state(folder / stem(len(made) - 1)) if made else None
    with closing(ahead(piece_views(piece, order, guide, runtime, first, state), QUEUE_DEPTH)) as restored:
        views = numbered(restored, first, on_view)
        following: View | None = next(views, None)
        while following is not None:
            now = chain([following], islice(views, 2 * chunk_frames - 1))
            fields, guided, state = write_views(now, outputs, folder / stem(len(made)))
            keep_state(folder / stem(len(made)), state)
            following = next(views, None)
            made.append(Chunk(fields // 2, guided, last=following is None))
            mark_finished(folder / stem(len(made) - 1), made[-1])
            on_chunk()
    return tuple(made)


def stem(number: int) -> str:
    return f"{number:05d}"


def numbered(views: Iterable[View], first: int, on_view: Callable[[int, View], None]) -> Iterator[View]:
    """The same views; tells ``on_view`` each one's field number."""
    for field, view in enumerate(views, 2 * first):
        on_view(field, view)
        yield view


def finished_chunks(folder: Path, outputs: Sequence[Output]) -> tuple[Chunk, ...]:
    """The unbroken run of finished chunks from the first on."""
    found: list[Chunk] = []
    while (chunk := finished_chunk(folder / stem(len(found)), outputs)) is not None:
        found.append(chunk)
    return tuple(found)


def finished_chunk(stem: Path, outputs: Sequence[Output]) -> Chunk | None:
    """None for one that is not there whole, or whose marker a power cut has emptied."""
    try:
        chunk = Chunk(**json.loads(stem.with_suffix(".json").read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return chunk if all(chunk_file(stem, output).is_file() for output in outputs) else None


def keep_state(stem: Path, state: State | None) -> None:
    """What the camera's track knew after a chunk, for a run that goes on there."""
    if state is not None:
        with whole_file(stem.with_suffix(".track")) as part:
            part.write_text(written(state))


def kept_state(stem: Path) -> State | None:
    try:
        return read(stem.with_suffix(".track").read_text())
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # the track begins anew, as the registration says


def mark_finished(stem: Path, chunk: Chunk) -> None:
    with whole_file(stem.with_suffix(".json")) as part:
        part.write_text(json.dumps(asdict(chunk)))


def chunk_file(stem: Path, output: Output) -> Path:
    return stem.parent / f"{stem.name}-{output.name}.mkv"


def chunk_files(folder: Path, output: Output, chunks: Sequence[Chunk]) -> list[Path]:
    return [chunk_file(folder / stem(number), output) for number in range(len(chunks))]


def write_views(
    views: Iterable[View], outputs: Sequence[Output], stem: Path
) -> tuple[int, int, State | None]:
    """One chunk of every output: how many fields, how many the camera helped, what is known at its end."""
    fields = guided = 0
    state: State | None = None
    with ExitStack() as stack:
        writers = [
            stack.enter_context(FilmWriter(chunk_file(stem, output), output.spec)) for output in outputs
        ]

        def write(item: tuple[int, View]) -> None:
            for output, writer in zip(outputs, writers, strict=True):
                if item[0] % output.every == 0:
                    writer.write(output.compose(item[1]))

        sink = Sink(write, QUEUE_DEPTH)
        try:
            for view in views:
                sink.give((fields, view))
                fields += 1
                guided += view.guided
                state = view.state
        finally:
            sink.finish()
    return fields, guided, state


def piece_views(
    piece: Piece,
    order: FieldOrder,
    guide: Guide | None,
    runtime: Runtime,
    first: int,
    state: State | None = None,
) -> Iterator[View]:
    """Every moment of the piece from tape frame ``first`` on, before which the camera's track was there."""
    views = restored(piece, order, runtime, first)
    return with_guide(views, piece, guide, first, runtime.model.scale, state) if guide else views


def restored(piece: Piece, order: FieldOrder, runtime: Runtime, first: int) -> Iterator[View]:
    """The tape alone, made better: two views for each of its frames."""
    start = max(0, first - CONTEXT_FRAMES)
    waiting: deque[Picture] = deque()

    def watched() -> Iterator[Picture]:
        for number, picture in enumerate(tape_pictures(piece, start), start):
            if number >= first:
                waiting.append(picture)
            yield picture

    films = restore(ahead(watched(), QUEUE_DEPTH), order, runtime, first=first - start)
    for field, film in enumerate(films):
        yield View(waiting[0] if field % 2 == 0 else waiting.popleft(), film, False)


def with_guide(
    views: Iterator[View], piece: Piece, guide: Guide, first: int, scale: int, state: State | None = None
) -> Iterator[View]:
    """The same views with the camera's detail wherever the camera was running."""
    size = piece.tape.width, piece.tape.height
    track = GuideTrack(guide.registration, size, piece.tape.sample_aspect, scale, state)
    both = zip(views, ahead(camera_pictures(piece, guide, first), QUEUE_DEPTH), strict=False)
    seen = ahead(seen_by(track, both), QUEUE_DEPTH)
    return answered((view_question(view, picture, guide) for view, picture in seen), guide.runtime)


def seen_by(
    track: GuideTrack, both: Iterable[tuple[View, Picture | None]]
) -> Iterator[tuple[View, Seen | None]]:
    """Each view with the camera's picture, registered; in order, for each is followed from the one before."""
    for view, picture in both:
        seen = track.see(view.film, picture) if picture else None
        yield replace(view, state=track.state), seen


def view_question(view: View, seen: Seen | None, guide: Guide) -> Question[View]:
    if seen is None:
        return Question(None, lambda _: view)
    picture, coverage = seen
    fine = None
    if picture.y.shape[0] > view.film.y.shape[0]:
        fine = Fine(picture, view.film.y, coverage, guide.strength)
        picture = halved_picture(picture)
    asked = guide_question(view.film, picture, coverage, guide.strength, guide.runtime is not None)
    seen_view = replace(view, guided=True, fine=fine, lying=Lying(view.film, picture, coverage))
    return Question(asked.fields, lambda answer: replace(seen_view, film=asked.finish(answer)))


def camera_pictures(piece: Piece, guide: Guide, first: int) -> Iterator[Picture | None]:
    """What the camera saw at each field's moment from tape frame ``first`` on, without end.

    Where one recording lost a part the camera's clock jumps, also backwards: its film is opened anew there.
    """
    sync = guide.sync
    moments = (piece.start_s + float(n / (2 * piece.tape.rate)) for n in count(2 * first))
    for _, run in groupby(moments, lambda moment: sum(step.t_tape_s <= moment for step in sync.steps)):
        times = map(sync.camera_time, run)
        begin_s = next(times)
        pictures = read_pictures(guide.camera.path, max(0.0, begin_s - CAMERA_LEAD_S))
        yield from camera_at(pictures, chain([begin_s], times))
