"""The job of one take: sync, register, enhance, encode, deliver. What is done is never done twice."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from appliance.core.config import Config
from appliance.core.journal import Journal
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.snapshot import JobProgress
from appliance.core.types import Artifact, ArtifactRole, Issue, Receipt, Role, Stage, Take, TakeState
from appliance.deliver.copy import deliver
from appliance.deliver.drives import Drive, DriveWatcher, best_first, sticks
from appliance.encode.digest import sha256_file
from appliance.takes.outcome import note_delivery, note_films
from appliance.takes.store import load_take
from appliance.worker.box_recipe import with_recipe, without
from appliance.worker.building import is_recording
from appliance.worker.latencies import known_latencies
from appliance.worker.making import Made, Making, film_pair
from appliance.worker.progress import Progress
from appliance.worker.reel import reel_of_take
from appliance.worker.reporting import write_take_report
from appliance.worker.scan import scan_of
from appliance.worker.steps import once
from appliance.worker.stills import still_pairs

SMALL_FILMS = "film.small*.mp4"  # of a recipe that squeezes
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """What a finished film's take says of itself; kept, since a later run does not make the film again."""

    note: str
    issues: tuple[Issue, ...]


def make_films(
    take_id: str,
    paths: Paths,
    config: Config,
    journal: Journal,
    progress: Progress,
    drives: DriveWatcher | None = None,
) -> tuple[Issue, ...]:
    """The take's films, still on the spool; says what is worth saying. Raises Problem.

    ``drives``: where a recipe's film has to fit.
    """
    folder = paths.take(take_id)
    verdict = folder / "work/verdict.json"
    if not finished(journal, take_id, folder):
        journal.set_state(take_id, TakeState.WORKING)
        verdict.unlink(missing_ok=True)
    found = once(verdict, Verdict, lambda: made_films(take_id, paths, config, journal, progress, drives))
    journal.set_state(take_id, TakeState.FINISHED, found.note)
    for chunks in (folder / "work").glob("piece-*"):
        shutil.rmtree(chunks, ignore_errors=True)
    return found.issues


def made_films(
    take_id: str,
    paths: Paths,
    config: Config,
    journal: Journal,
    progress: Progress,
    drives: DriveWatcher | None,
) -> Verdict:
    """Make them, and enter them into the journal with their hashes."""
    folder = paths.take(take_id)
    take = load_take(folder)
    reel = reel_of_take(take, folder, known_latencies(paths.latencies))
    if not reel.pieces:
        raise nothing_to_make(take_id)
    order, said = scan_of(max(reel.pieces, key=lambda piece: piece.frames))
    making = Making(
        reel.pieces,
        order,
        folder / "work",
        config,
        title=take_id,
        cache=paths.cache,
        for_take=True,
        issues=(*reel.issues, *said),
        recording=lambda: is_recording(paths.journal),
    )
    job = journal.job(take_id)
    wanted = with_recipe(making, paths, job.attempts if job else 0, drives)
    making, made = filmed(wanted, making, folder, progress)
    progress(Stage.ENCODE, 0.9, "Writing the report")
    keep_stills(folder)
    artifacts = hashed(folder, take, progress)
    write_take_report(folder / "report.html", take, making, made, artifacts)
    artifacts = (*artifacts, artifact(folder, "report.html", ArtifactRole.REPORT, progress))
    keep_seconds(folder, progress)
    note_films(folder, artifacts)
    journal.put_artifacts(take_id, artifacts)
    return Verdict(note_of(take, made), made.issues)


def filmed(wanted: Making, plain: Making, folder: Path, progress: Progress) -> tuple[Making, Made]:
    """By the recipe that is wanted; where it fails, whatever the reason, without one."""
    for small in folder.glob(SMALL_FILMS):
        small.unlink()
    if wanted.course is None:
        return wanted, film_pair(wanted, folder, progress)
    try:
        return wanted, film_pair(wanted, folder, progress)
    except Exception as error:
        log.exception("the recipe %s failed", wanted.course.recipe.name)
        plain = without(plain, str(error) if isinstance(error, Problem) else f"It failed: {error}.")
        return plain, film_pair(plain, folder, progress)


class TakeProgress(Progress):
    """Progress that also tells the journal which stage the job has reached."""

    def __init__(self, take_id: str, tell: Callable[[JobProgress], None], journal: Journal) -> None:
        super().__init__(take_id, tell)
        self._journal = journal

    def on_stage(self, stage: Stage) -> None:
        self._journal.set_stage(self.take_id, stage)

    def on_chunk(self) -> None:
        self._journal.came_further(self.take_id)


def finished(journal: Journal, take_id: str, folder: Path) -> bool:
    artifacts = journal.artifacts(take_id)
    return bool(artifacts) and all((folder / a.path).is_file() for a in artifacts)


def hashed(folder: Path, take: Take, progress: Progress) -> tuple[Artifact, ...]:
    """Every file that goes to the stick but the report, with its hash."""
    roles = {Role.TAPE: ArtifactRole.MASTER, Role.CAMERA: ArtifactRole.CAMERA}
    files = [("film.mp4", ArtifactRole.ACCESS), ("comparison.mp4", ArtifactRole.COMPARISON)]
    files += [(path.name, ArtifactRole.ACCESS) for path in sorted(folder.glob(SMALL_FILMS))]
    files += [(s.path, roles[s.role]) for s in take.segments]
    logs = [Path(s.path).with_suffix(kind) for s in take.segments for kind in (".csv", ".json")]
    files += [(str(path), ArtifactRole.LOG) for path in logs]
    files += [(name, ArtifactRole.STILL) for name in ("before.jpg", "after.jpg")]
    there = [(name, role) for name, role in files if (folder / name).is_file()]
    return tuple(artifact(folder, name, role, progress) for name, role in there)


def artifact(folder: Path, name: str, role: ArtifactRole, progress: Progress) -> Artifact:
    path = folder / name
    digest = sha256_file(path, lambda: progress(Stage.ENCODE, 0.9, "Taking the fingerprints of all files"))
    return Artifact(name, role, digest, path.stat().st_size)


def keep_stills(folder: Path) -> None:
    """The middle pair becomes the take's picture on the page."""
    pairs = still_pairs(folder / "work/stills")
    if pairs:
        middle = pairs[len(pairs) // 2]
        (folder / "before.jpg").write_bytes(middle.before)
        (folder / "after.jpg").write_bytes(middle.after)


def keep_seconds(folder: Path, progress: Progress) -> None:
    """Beside those of an earlier run, for the stages that this one did not come through."""
    path = folder / "work/seconds.json"
    seconds = {stage: round(spent, 2) for stage, spent in progress.seconds.items()}
    with suppress(OSError, ValueError):
        seconds = json.loads(path.read_bytes()) | seconds
    path.write_text(json.dumps(seconds))


def note_of(take: Take, made: Made) -> str:
    notes = [f"{issue.title}: {issue.cause}" for issue in made.issues]
    if take.interrupted:
        notes.insert(0, "The recording was interrupted.")
    return " ".join(notes) or (
        "Restored with the camera's help." if made.guided_fields else "Restored from the tape alone."
    )


def deliver_take(
    take_id: str, paths: Paths, config: Config, journal: Journal, drives: DriveWatcher, progress: Progress
) -> None:
    """Copy the take's files to the stick and read them back. Raises Problem where there is no fit stick."""
    progress(Stage.DELIVER, 0.0, "Copying to the stick")
    fit = best_first(sticks(drives))
    if not fit:
        raise no_stick()
    receipt = to_first_that_takes_it(take_id, paths, config, journal, fit, progress)
    journal.put_receipt(receipt)
    journal.set_state(take_id, TakeState.DELIVERED)
    progress(Stage.DELIVER, 1.0, "Delivered and checked")
    try:
        note_delivery(paths.take(take_id), receipt)
        keep_seconds(paths.take(take_id), progress)
    except OSError as error:  # the films are on the stick: a full disk must not call that a failure
        log.warning("the delivery of take %s could not be noted in its folder: %s", take_id, error)


def to_first_that_takes_it(
    take_id: str, paths: Paths, config: Config, journal: Journal, fit: tuple[Drive, ...], progress: Progress
) -> Receipt:
    """Where several sticks are plugged in, one that fails is no reason not to try the next."""
    first: Problem | None = None
    for drive in fit:
        try:
            return deliver(
                take_id,
                journal.artifacts(take_id),
                paths.take(take_id),
                drive,
                lambda fraction, text: progress(Stage.DELIVER, fraction, text),
                config.deliver.chunk_mb,
                config.deliver.spare_mb,
                recorded_on=load_take(paths.take(take_id)).created_at,
                part_mb=config.deliver.part_mb,
            )
        except Problem as problem:
            if not problem.issue.code.startswith("stick-"):
                raise
            first = first or problem
    raise first or no_stick()


def no_stick() -> Problem:
    return Problem(
        "stick-absent",
        "There is no stick",
        "The films are finished and safe in the box, but no USB stick is plugged in. (Nothing is ever written"
        " to a camera's card.)",
        "Plug a stick in; the films are copied to it by themselves.",
    )


def nothing_to_make(take_id: str) -> Problem:
    return Problem(
        "take-empty",
        "This take holds no pictures",
        f"No tape frame of take {take_id} could be read.",
        "Record the tape again.",
    )
