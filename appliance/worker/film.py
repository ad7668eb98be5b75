"""The film of one piece of tape, made in chunks: a chunk that is finished is never made again."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from itertools import chain, count, groupby, islice
from pathlib import Path

import numpy as np

from appliance.core.flow import Sink, ahead
from appliance.core.media import MediaInfo, read_pictures
from appliance.core.types import FieldOrder, Picture, Registration, SyncEstimate
from appliance.encode.files import whole_file
from appliance.encode.writer import FilmSpec, FilmWriter
from appliance.enhance.double import Fine, halved_picture
from appliance.enhance.pipeline import CONTEXT_FRAMES, Question, answered, guide_question, restore
from appliance.enhance.placed import Tell
from appliance.enhance.runtime import Runtime
from appliance.register.moments import Moment, moments
from appliance.register.warp import GuideWarper, scaled
from appliance.worker.reel import Piece, tape_pictures
from appliance.worker.seen import Seen, Watched, shown

CAMERA_LEAD_S = 3.0  # more than the key frames of a camera's film are apart as a rule
QUEUE_DEPTH = 8


@dataclass(frozen=True)
class Guide:
    """The camera recording that helps a piece, and how it lies on the tape's clock and picture."""

    camera: MediaInfo
    sync: SyncEstimate
    registration: Registration
    strength: float
    runtime: Runtime | None = None  # the guide net's; without one the detail is carried by rule


@dataclass(frozen=True)
class View:
    """One moment of the film: the tape's frame, the restored picture of one of its fields.

    ``fine`` is for a film that is larger than the tape.
    """

    tape: Picture
    film: Picture
    guided: bool
    fine: Fine | None = None


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
    with closing(ahead(piece_views(piece, order, guide, runtime, first), QUEUE_DEPTH)) as restored:
        views = numbered(restored, first, on_view)
        following: View | None = next(views, None)
        while following is not None:
            now = chain([following], islice(views, 2 * chunk_frames - 1))
            fields, guided = write_views(now, outputs, folder / stem(len(made)))
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


def mark_finished(stem: Path, chunk: Chunk) -> None:
    with whole_file(stem.with_suffix(".json")) as part:
        part.write_text(json.dumps(asdict(chunk)))


def chunk_file(stem: Path, output: Output) -> Path:
    return stem.parent / f"{stem.name}-{output.name}.mkv"


def chunk_files(folder: Path, output: Output, chunks: Sequence[Chunk]) -> list[Path]:
    return [chunk_file(folder / stem(number), output) for number in range(len(chunks))]


def write_views(views: Iterable[View], outputs: Sequence[Output], stem: Path) -> tuple[int, int]:
    """One chunk of every output; says how many fields, and how many of them the camera helped."""
    fields = guided = 0
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
        finally:
            sink.finish()
    return fields, guided


def piece_views(
    piece: Piece, order: FieldOrder, guide: Guide | None, runtime: Runtime, first: int
) -> Iterator[View]:
    """Every moment of the piece from tape frame ``first`` on."""
    if guide is None:
        return restored(piece, order, runtime, first)
    start = max(0, first - CONTEXT_FRAMES)
    pictures = ahead(guide_pictures(piece, guide, start, runtime.model.scale), QUEUE_DEPTH)
    watched = Watched(pictures, 2 * (first - start), order != "progressive")
    return with_guide(restored(piece, order, runtime, first, watched.tell), watched, guide)


def restored(
    piece: Piece, order: FieldOrder, runtime: Runtime, first: int, tell: Tell | None = None
) -> Iterator[View]:
    """The tape alone, made better: two views for each of its frames."""
    start = max(0, first - CONTEXT_FRAMES)
    waiting: deque[Picture] = deque()

    def watched() -> Iterator[Picture]:
        for number, picture in enumerate(tape_pictures(piece, start), start):
            if number >= first:
                waiting.append(picture)
            yield picture

    films = restore(ahead(watched(), QUEUE_DEPTH), order, runtime, first=first - start, tell=tell)
    for field, film in enumerate(films):
        yield View(waiting[0] if field % 2 == 0 else waiting.popleft(), film, False)


def with_guide(views: Iterator[View], watched: Watched, guide: Guide) -> Iterator[View]:
    """The same views with the camera's detail wherever the camera was running."""
    both = zip(views, watched, strict=False)
    return answered((view_question(view, seen, guide) for view, seen in both), guide.runtime)


def view_question(view: View, seen: Seen | None, guide: Guide) -> Question[View]:
    if seen is None:
        return Question(None, lambda _: view)
    picture, coverage = seen
    fine = None
    if picture.y.shape[0] > view.film.y.shape[0]:
        fine = Fine(picture, view.film.y, coverage, guide.strength)
        picture = halved_picture(picture)
    asked = guide_question(view.film, picture, coverage, guide.strength, guide.runtime is not None)
    return Question(asked.fields, lambda answer: View(view.tape, asked.finish(answer), True, fine))


def guide_pictures(piece: Piece, guide: Guide, first: int, scale: int) -> Iterator[Seen | None]:
    """What the camera saw at the moment of each field from tape frame ``first`` on, without end."""
    rows, columns = piece.tape.height, piece.tape.width
    warper = GuideWarper(scaled(guide.registration, scale), scale * columns, scale * rows)
    coverage = np.zeros((rows, columns), np.uint8)

    def laid(camera: Picture) -> Picture:
        nonlocal coverage
        coverage = warper.coverage(camera)[::scale, ::scale]
        return warper.apply(camera)

    for moment in camera_moments(piece, guide, first, laid):
        yield shown(moment, coverage) if moment else None


def camera_moments(
    piece: Piece, guide: Guide, first: int, laid: Callable[[Picture], Picture]
) -> Iterator[Moment | None]:
    """Every picture is ``laid`` into the tape's frame first.

    Where one recording lost a part the camera's clock jumps, also backwards: its film is opened anew there.
    """
    sync = guide.sync
    fields = (piece.start_s + float(n / (2 * piece.tape.rate)) for n in count(2 * first))
    for _, run in groupby(fields, lambda time_s: sum(step.t_tape_s <= time_s for step in sync.steps)):
        times = map(sync.camera_time, run)
        begin_s = next(times)
        pictures = read_pictures(guide.camera.path, max(0.0, begin_s - CAMERA_LEAD_S))
        yield from moments(map(laid, pictures), chain([begin_s], times))
