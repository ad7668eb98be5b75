"""What a recipe does with whole pictures, after the tape was restored: a chain of generators."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.core.types import ModelInfo, Picture

if TYPE_CHECKING:
    from appliance.worker.film import View


@dataclass(frozen=True)
class Where:
    """Where in a piece a run of the chain begins, counted in what it is given.

    ``lead`` pictures come before chunk ``number``, only for others to be seen beside them; ``chunk`` is how
    many a chunk has.
    """

    folder: Path
    number: int
    lead: int
    chunk: int


@dataclass(frozen=True)
class LaterStage:
    """``work`` makes ``times`` pictures of each one and looks at ``reach`` on both sides of it.

    ``keeps`` is the name of a small film that the stage leaves in every chunk, or "".
    """

    words: str
    work: Callable[[Iterator[Picture], Where], Iterator[Picture]]
    times: int = 1
    reach: int = 0
    keeps: str = ""
    model: ModelInfo | None = None
    provider: str = ""
    provider_reason: str = ""
    rate: Fraction = Fraction(0)  # of the small film
    stretch: int = 1  # and how many times as long as the recording it plays


@dataclass(frozen=True)
class Later:
    """``first`` gives what the chain begins with; ``large`` is how many of a tape's pictures a view takes."""

    stages: tuple[LaterStage, ...] = ()
    first: Callable[[View], Picture] = lambda view: view.film
    large: float = 1.0

    @property
    def times(self) -> int:
        product = 1
        for stage in self.stages:
            product *= stage.times
        return product

    @property
    def identity(self) -> list[str]:
        """Changes with everything that changes the film."""
        return [f"{stage.words} {stage.times} {stage.model} {stage.rate}" for stage in self.stages]

    @property
    def kept(self) -> tuple[str, ...]:
        return tuple(stage.keeps for stage in self.stages if stage.keeps)

    def lead_frames(self, per_frame: int) -> int:
        """Frames of the recording that a run begins earlier, so that its first pictures see others."""
        return -(-sum(stage.reach for stage in self.stages) // per_frame)

    def depth(self, usual: int) -> int:
        """How many views may wait: fewer, where each holds many pictures or large ones."""
        return max(1, min(usual, round(usual / self.large)))

    def shown(self, views: Iterator[View], where: Where) -> Iterator[View]:
        """The same views with what the stages make of them, without the leading ones."""
        return self._made(views, where) if self.stages else views

    def _made(self, views: Iterator[View], where: Where) -> Generator[View, None, None]:
        waiting: deque[View] = deque()
        lead = where.lead

        def films() -> Iterator[Picture]:
            for view in views:
                waiting.append(view)
                yield self.first(view)

        pictures: Iterator[Picture] = films()
        for stage in self.stages:
            pictures = stage.work(pictures, where)
            where = replace(where, lead=where.lead * stage.times, chunk=where.chunk * stage.times)
        with closing(pictures):  # type: ignore[type-var]
            while shown := tuple(islice(pictures, self.times)):
                view = waiting.popleft()
                if lead <= 0:
                    yield replace(view, shown=shown)
                lead -= 1


NOTHING_LATER = Later()


def stem(number: int) -> str:
    """Of the files of a chunk."""
    return f"{number:05d}"


def chunk_file(stem: Path, name: str) -> Path:
    return stem.parent / f"{stem.name}-{name}.mkv"


Squeezed = Callable[[Iterable[Picture], Path], Iterator[Picture]]


def by_chunks(pictures: Iterator[Picture], where: Where, name: str, squeezed: Squeezed) -> Iterator[Picture]:
    """``squeezed`` for every chunk apart: its file is whole when the chunk is. That of the lead is no use."""
    if where.lead:
        aside = where.folder / f"lead-{name}.mkv"
        yield from squeezed(islice(pictures, where.lead), aside)
        aside.unlink(missing_ok=True)
    for number in count(where.number):
        following = next(pictures, None)
        if following is None:
            return
        now = chain([following], islice(pictures, where.chunk - 1))
        yield from squeezed(now, chunk_file(where.folder / stem(number), name))
