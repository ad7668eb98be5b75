"""The film of one piece of tape, made in chunks: a chunk that is finished is never made again."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice
from pathlib import Path

from appliance.core.flow import Sink, ahead
from appliance.core.types import FieldOrder, Picture, Plane
from appliance.encode.files import whole_file
from appliance.encode.planes import to_420
from appliance.encode.writer import FilmSpec, FilmWriter
from appliance.enhance.double import Fine, halved_picture
from appliance.enhance.look import RESTORED, TAPE, toward_tape, toward_twin
from appliance.enhance.pipeline import CONTEXT_FRAMES, Question, answered, guide_question, restore
from appliance.enhance.placed import Tell
from appliance.enhance.runtime import Runtime
from appliance.worker.filling import LEAD_FRAMES, Shown, filled_in
from appliance.worker.following import Followed, Follower, Known, keep_known, known_after
from appliance.worker.guides import Guide
from appliance.worker.later import NOTHING_LATER, Later, Where, chunk_file, stem
from appliance.worker.reel import Piece, tape_pictures
from appliance.worker.seen import Watched, laid_by

QUEUE_DEPTH = 8


@dataclass(frozen=True)
class Lying:
    """How the camera lay on the film of the tape alone; ``coverage`` is 255 where it is believed at all."""

    film: Picture
    camera: Picture
    coverage: Plane
    recording: int = 0  # of the piece's cameras


@dataclass(frozen=True)
class View:
    """One moment of the film: the tape's frame, the restored picture of one of its fields.

    ``fine`` is for a film that is larger than the tape; ``known`` is what following the camera has taught;
    ``lying`` is there where the camera was placed; ``plain`` (the tape's own pixels of the moment) where the
    look asks for it.
    """

    tape: Picture
    film: Picture
    guided: bool
    fine: Fine | None = None
    known: Known | None = None
    lying: Lying | None = None
    filled: bool = False  # capture lost the frame; the film shows what lies between its neighbours
    plain: Picture | None = None
    shown: tuple[Picture, ...] = ()  # what a recipe's later stages made of ``film``, always as many

    @property
    def moments(self) -> tuple[View, ...]:
        """A view for each picture of the film that shows this moment."""
        if not self.shown:
            return (self,)
        return tuple(replace(self, film=picture, fine=None, shown=()) for picture in self.shown)


@dataclass(frozen=True)
class Output:
    """A film that is written; ``every`` 2 takes only the first field's picture of each tape frame.

    ``stretch``: how many times as long as the tape it plays; at 1 a slower film's first pictures are taken.
    """

    name: str
    spec: FilmSpec
    compose: Callable[[View], Picture]
    every: int = 1
    first_only: bool = False  # of what the later stages made of a moment
    stretch: int = 1


@dataclass(frozen=True)
class Chunk:
    frames: int  # of the tape
    guided_fields: int
    last: bool
    filled_frames: int = 0  # that capture lost


def film_piece(
    piece: Piece,
    order: FieldOrder,
    guides: Sequence[Guide],
    outputs: Sequence[Output],
    runtime: Runtime | None,
    folder: Path,
    chunk_frames: int,
    on_view: Callable[[int, View], None],
    on_chunk: Callable[[], None] = lambda: None,
    later: Later = NOTHING_LATER,
    look: float = RESTORED,
) -> tuple[Chunk, ...]:
    """Write the piece's outputs into ``folder``, going on after the chunks that are already there.

    Without ``runtime`` the recording's own pictures are taken, one view a frame; ``later`` goes on with them.
    ``on_chunk`` is called when a chunk is finished, which nothing takes away any more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = list(finished_chunks(folder, (*(output.name for output in outputs), *later.kept)))
    if made and made[-1].last:
        return tuple(made)
    first = sum(chunk.frames for chunk in made)
    known = known_after(folder / stem(len(made) - 1)) if made else None
    per_frame = 1 if runtime is None else 2
    context = min(later.lead_frames(per_frame), chunk_frames - 1)
    lead = min(first, context)
    restored = piece_views(piece, order, guides, runtime, first - lead, known, look)
    where = Where(folder, len(made), lead * per_frame, chunk_frames * per_frame)
    depth = later.depth(QUEUE_DEPTH)
    with closing(ahead(later.shown(restored, where), depth)) as ready:
        views = numbered(ready, per_frame * first, on_view)
        following: View | None = next(views, None)
        while following is not None:
            now = chain([following], islice(views, per_frame * chunk_frames - 1))
            chunk = folder / stem(len(made))
            fields, guided, filled, known = write_views(now, outputs, chunk, context * per_frame, depth)
            keep_known(folder / stem(len(made)), known)
            following = next(views, None)
            made.append(Chunk(fields // per_frame, guided, following is None, filled // per_frame))
            mark_finished(folder / stem(len(made) - 1), made[-1])
            on_chunk()
    return tuple(made)


def numbered(views: Iterable[View], first: int, on_view: Callable[[int, View], None]) -> Iterator[View]:
    """The same views; tells ``on_view`` each one's number in the piece."""
    for number, view in enumerate(views, first):
        on_view(number, view)
        yield view


def finished_chunks(folder: Path, names: Sequence[str]) -> tuple[Chunk, ...]:
    """The unbroken run of finished chunks from the first on."""
    found: list[Chunk] = []
    while (chunk := finished_chunk(folder / stem(len(found)), names)) is not None:
        found.append(chunk)
    return tuple(found)


def finished_chunk(stem: Path, names: Sequence[str]) -> Chunk | None:
    """None for one that is not there whole, or whose marker a power cut has emptied."""
    try:
        chunk = Chunk(**json.loads(stem.with_suffix(".json").read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return chunk if all(chunk_file(stem, name).is_file() for name in names) else None


def mark_finished(stem: Path, chunk: Chunk) -> None:
    with whole_file(stem.with_suffix(".json")) as part:
        part.write_text(json.dumps(asdict(chunk)))


def chunk_files(folder: Path, name: str, chunks: Sequence[Chunk]) -> list[Path]:
    """Of the output of this name."""
    return [chunk_file(folder / stem(number), name) for number in range(len(chunks))]


def write_views(
    views: Iterable[View], outputs: Sequence[Output], stem: Path, context: int = 0, depth: int = QUEUE_DEPTH
) -> tuple[int, int, int, Known | None]:
    """One chunk of every output: how many fields, how many the camera helped, how many of them capture had
    lost, and what is known where a later run would begin: ``context`` views before the chunk's end."""
    fields = guided = filled = 0
    known: deque[Known | None] = deque(maxlen=context + 1)
    with ExitStack() as stack:
        writers = [
            stack.enter_context(FilmWriter(chunk_file(stem, output.name), output.spec)) for output in outputs
        ]

        def write(item: tuple[int, View]) -> None:
            for output, writer in zip(outputs, writers, strict=True):
                if item[0] % output.every == 0:
                    for moment in item[1].moments[: 1 if output.first_only else None]:
                        writer.write(output.compose(moment))

        sink = Sink(write, depth)
        try:
            for view in views:
                sink.give((fields, view))
                fields += 1
                guided += view.guided
                filled += view.filled
                known.append(view.known)
        finally:
            sink.finish()
    return fields, guided, filled, known[0] if known else None


def piece_views(
    piece: Piece,
    order: FieldOrder,
    guides: Sequence[Guide],
    runtime: Runtime | None,
    first: int,
    known: Known | None = None,
    look: float = RESTORED,
) -> Iterator[View]:
    """Every moment of the piece from tape frame ``first`` on, before which the camera's track was there."""
    if runtime is None:
        return recorded(piece, first)
    with_plain = look < RESTORED
    if not guides:
        return looked(restored(piece, order, runtime, first, with_plain=with_plain), look)
    start = begun_before(first)
    pictures = ahead(laid_by(piece, guides, start), QUEUE_DEPTH)
    watched = Watched(pictures, 2 * (first - start), order != "progressive")
    views = restored(piece, order, runtime, first, watched.tell, with_plain)
    follower = Follower(piece, guides, runtime.model.scale, known)
    return looked(with_guides(views, watched, follower, guides[0]), look, guides[0].strength)


def recorded(piece: Piece, first: int) -> Iterator[View]:
    """The recording as it is: a view for each of its frames."""
    for picture in tape_pictures(piece, first):
        yield View(picture, to_420(picture), False)


def restored(
    piece: Piece,
    order: FieldOrder,
    runtime: Runtime,
    first: int,
    tell: Tell | None = None,
    with_plain: bool = False,
) -> Iterator[View]:
    """The tape alone, made better: two views for each of its frames."""
    lead = max(0, first - LEAD_FRAMES)
    shown = filled_in(restored_from(piece, order, runtime, lead, tell, with_plain))
    for item in islice(shown, 2 * (first - lead), None):
        yield View(item.tape, item.film, False, plain=item.plain, filled=item.filled)


def begun_before(first: int) -> int:
    """The frame with which reading begins: a gap that ends after ``first``, and a window's reach."""
    return max(0, first - LEAD_FRAMES - CONTEXT_FRAMES)


def restored_from(
    piece: Piece, order: FieldOrder, runtime: Runtime, first: int, tell: Tell | None, with_plain: bool
) -> Iterator[Shown]:
    start = max(0, first - CONTEXT_FRAMES)
    waiting: deque[Picture] = deque()
    plain: deque[Picture] = deque()

    def watched() -> Iterator[Picture]:
        for number, picture in enumerate(tape_pictures(piece, start), start):
            if number >= first:
                waiting.append(picture)
            yield picture

    see = plain.append if with_plain else None
    films = restore(ahead(watched(), QUEUE_DEPTH), order, runtime, first - start, tell=tell, see_plain=see)
    for field, film in enumerate(films):
        tape = waiting[0] if field % 2 == 0 else waiting.popleft()
        yield Shown(tape, film, plain.popleft() if plain else None)


def with_guides(views: Iterator[View], watched: Watched, follower: Follower, guide: Guide) -> Iterator[View]:
    """The same views with the detail of the camera that ran at the moment, if any did."""
    both = zip(views, watched, strict=False)
    seen = ahead(((view, follower.see(view.film, laid)) for view, laid in both), QUEUE_DEPTH)
    return answered((view_question(view, found, guide) for view, found in seen), guide.runtime)


def looked(views: Iterator[View], look: float, strength: float = 0.0) -> Iterator[View]:
    """The same views in another look than that in which they were made."""
    if look == RESTORED:
        return views
    return (with_look(view, look, strength) for view in views)


def with_look(view: View, look: float, strength: float) -> View:
    """Less of the camera towards the tape, and more towards the twin, where there was one at all."""
    lying, alone = view.lying, view.lying.film if view.lying else view.film
    if look > RESTORED:
        if lying is None:
            return view
        film = toward_twin(view.film, alone, lying.camera, lying.coverage, strength, look)
        return replace(view, film=film)
    if view.plain is None:
        return view
    film = toward_tape(view.film, alone, view.plain, look)
    fine = replace(view.fine, strength=view.fine.strength * look / RESTORED) if view.fine else None
    return replace(view, film=film, fine=fine, guided=view.guided and look > TAPE, plain=None)


def view_question(view: View, found: Followed, guide: Guide) -> Question[View]:
    view = replace(view, known=found.known)
    if found.guide is None:
        return Question(None, lambda _: view)
    picture, coverage = found.guide, found.coverage
    fine = None
    if picture.y.shape[0] > view.film.y.shape[0]:
        fine = Fine(picture, view.film.y, coverage, guide.strength)
        picture = halved_picture(picture)
    asked = guide_question(view.film, picture, coverage, guide.strength, guide.runtime is not None)
    lying = Lying(view.film, picture, coverage, found.recording)
    seen_view = replace(view, guided=True, fine=fine, lying=lying)
    return Question(asked.fields, lambda answer: replace(seen_view, film=asked.finish(answer)))
