"""``twinreel import``: asks the running box for a card's films and says how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from appliance.core.journal import Journal
from appliance.core.link import Link
from appliance.core.media import probe
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.snapshot import Command, CommandName, Snapshot, take_without_camera
from appliance.core.types import Issue, Severity, Stage
from appliance.core.wire import Hello, SnapshotUpdate
from appliance.takes.card import CardFilm, films_on
from appliance.takes.store import load_take

ASK_S = 60.0  # a slow card has to be read from end to end
LOOK_S = 0.5
WORD_S = 5.0  # within which the box says what went wrong
TROUBLES = ("take-gone", "take-damaged", "disk-full", "disk-failed")
Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Listed:
    """A film of a card; ``says_filmed`` is what its camera wrote down, which need not be true."""

    path: Path
    size_bytes: int
    duration_s: float = 0.0
    picture: str = ""
    says_filmed: str = ""
    trouble: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"path": str(self.path)} | {k: v for k, v in vars(self).items() if k != "path"}

    def sentence(self) -> str:
        if self.trouble:
            return f"{self.path}: {self.trouble}"
        when = f", says it was filmed {self.says_filmed}" if self.says_filmed else ""
        return f"{self.path}: {self.duration_s:.1f} s, {self.picture}, {self.size_bytes / 1e6:.0f} MB{when}"


def list_card(card: Path) -> tuple[Listed, ...]:
    """What would be taken from the card. Raises Problem where there is nothing."""
    return tuple(map(listed, films_on(card)))


def listed(film: CardFilm) -> Listed:
    try:
        info = probe(film.path)
        with av.open(str(film.path)) as container:
            says = container.metadata.get("creation_time", "")
    except Problem as problem:
        return Listed(film.path, film.size_bytes, trouble=f"{problem.issue.title}. {problem.issue.cause}")
    picture = f"{info.width} × {info.height}, {float(info.rate):.4g} frames/s"
    return Listed(film.path, film.size_bytes, info.duration_s, picture, says[:16].replace("T", " "))


def import_card(paths: Paths, card: Path, take_id: str, tell: Tell) -> str:
    """Returns when the films are in the take; says what was done. Raises Problem."""
    films_on(card)
    with closing(Link(paths.socket, Hello("cli"))) as link:
        stood = link.snapshot()
        take_id = take_id or take_without_camera(stood.takes)
        if not take_id:
            raise no_take()
        before = films_in(paths, take_id)
        issue = link.command(Command(CommandName.IMPORT, f"{take_id} {card.absolute()}"), ASK_S)
        if issue is not None:
            raise problem_of(issue)
        follow(link, paths, take_id, tell)
        added = films_in(paths, take_id) - before
        if added == 0 and not job_waits(paths, take_id):
            return nothing_added(word_of(paths, stood.issues))
    films = "One film was" if added == 1 else f"{added} films were"
    return f"{films} added to take {take_id}; its own film is made again."


def follow(link: Link, paths: Paths, take_id: str, tell: Tell) -> None:
    """Until the worker has done with the card, well or badly."""
    with closing(Journal(paths.journal)) as journal:
        while any(wanted.take_id == take_id for wanted in journal.imports()):
            message = link.receive(LOOK_S)
            if isinstance(message, SnapshotUpdate):
                tell(*how_far(message.snapshot, take_id))


def how_far(snapshot: Snapshot, take_id: str) -> tuple[float, str]:
    job = snapshot.job
    if job is not None and job.stage is Stage.IMPORT and job.take_id == take_id:
        return job.fraction, job.text
    if snapshot.recording is not None:
        return 0.0, "The card waits until the recording has ended"
    return 0.0, "Waiting for the box"


def films_in(paths: Paths, take_id: str) -> int:
    """How many films of a card the take has."""
    try:
        return sum(segment.imported for segment in load_take(paths.take(take_id)).segments)
    except Problem:
        return 0


def job_waits(paths: Paths, take_id: str) -> bool:
    with closing(Journal(paths.journal)) as journal:
        job = journal.job(take_id)
    return job is not None and job.state in ("queued", "running")


def nothing_added(issue: Issue) -> str:
    """Raises Problem unless the take simply has the films already."""
    if issue.severity is not Severity.NOTICE:
        raise problem_of(issue)
    return f"{issue.title}. {issue.cause}"


def word_of(paths: Paths, stood: Sequence[Issue]) -> Issue:
    """What the box says of the card; it may come a moment after. What ``stood`` before is of another time.

    Unless nothing else is said: then the same trouble came again. A new client is told all that stands.
    """
    said: Issue | None = None
    until_s = time.monotonic() + WORD_S
    with closing(Link(paths.socket, Hello("cli"))) as link:
        while (left_s := until_s - time.monotonic()) > 0:
            message = link.receive(left_s)
            for issue in message.snapshot.issues if isinstance(message, SnapshotUpdate) else ():
                if issue.code.startswith("card-") or issue.code in TROUBLES:
                    said = issue
                    if issue not in stood:
                        return issue
    return said or no_word()


def no_word() -> Issue:
    return Problem(
        "card-failed",
        "The films of the card could not be added",
        "The box does not say why.",
        "Look at its log.",
    ).issue


def problem_of(issue: Issue) -> Problem:
    return Problem(issue.code, issue.title, issue.cause, issue.remedy, issue.severity)


def no_take() -> Problem:
    return Problem(
        "take-none",
        "There is no take to add the films to",
        "Every take of the box has a camera already, or nothing was recorded yet.",
        "Record the tape first; or name a take with --take. `twinreel status --json` lists them.",
        Severity.WARNING,
    )
