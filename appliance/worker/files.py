"""The same film for plain files: ``twinreel enhance`` and ``twinreel sync``."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from appliance.core.config import Config, merge, validate
from appliance.core.media import MediaInfo, probe
from appliance.core.paths import check_writable
from appliance.core.problems import Problem
from appliance.core.snapshot import JobProgress
from appliance.core.types import FieldOrder, Issue, SyncEstimate
from appliance.encode.files import DISK_ERRORS, disk_problem
from appliance.enhance.look import RESTORED, name_of, place_of, twin_alone
from appliance.enhance.tiers import known_tier
from appliance.takes.card import films_on
from appliance.worker.making import Making, single_film
from appliance.worker.placing import Placer, tell_share
from appliance.worker.progress import Progress
from appliance.worker.reel import Piece, piece_of, readable
from appliance.worker.reporting import package
from appliance.worker.scan import scan_of
from appliance.worker.stamps import stamp_notices

ORDERS: dict[str, FieldOrder] = {"tff": "tff", "bff": "bff", "progressive": "progressive"}
FILM_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv")


@dataclass(frozen=True)
class FileJob:
    tape: Path
    cameras: tuple[Path, ...]  # films, or folders of films
    out: Path
    field_order: str
    provider: str
    strength: float
    force: bool
    cache: Path | None = None  # keeps what a processor compiles of the model
    tier: str = "auto"
    look: str = ""  # empty: as configured


@dataclass(frozen=True)
class ClipSync:
    """How one camera's film lies on a tape; ``trouble`` where a file has no sound to compare."""

    tape: Path
    camera: Path
    estimate: SyncEstimate
    trouble: Issue | None = None

    def as_json(self) -> dict[str, Any]:
        return {"tape": str(self.tape), "camera": str(self.camera), **asdict(self.estimate)}

    def sentence(self) -> str:
        estimate = self.estimate
        if estimate.offset_s is None:
            return f"They do not belong together. {estimate.reason}"
        return (
            f"offset {estimate.offset_s:+.4f} s, drift {estimate.drift_ppm:+.1f} ppm,"
            f" confidence {estimate.confidence:.2f} (by {estimate.method})"
        )


@dataclass(frozen=True)
class FileResult:
    out: Path
    frames: int
    guided_fields: int
    provider: str
    model_sha256: str
    sync: SyncEstimate
    issues: tuple[Issue, ...]
    seconds: dict[str, float]
    incomplete: bool
    tier: str = "live"
    guide_words: str = ""  # how the camera's detail came into the film; "" where it did not help
    clips: tuple[ClipSync, ...] = ()  # every film of the camera
    look: float = RESTORED
    filled_frames: int = 0  # that capture lost

    def as_json(self) -> dict[str, Any]:
        return {
            "out": str(self.out),
            "tape_frames": self.frames,
            "film_frames": 2 * self.frames,
            "guided_fields": self.guided_fields,
            "filled_frames": self.filled_frames,
            "provider": self.provider,
            "tier": self.tier,
            "guided_by": self.guide_words,
            "look": name_of(self.look),
            "model_sha256": self.model_sha256,
            "offset_s": self.sync.offset_s,
            "drift_ppm": self.sync.drift_ppm,
            "cameras": [
                {
                    key: clip.as_json()[key]
                    for key in ("camera", "offset_s", "drift_ppm", "confidence", "reason")
                }
                for clip in self.clips
            ],
            "issues": [issue.code for issue in self.issues],
            "seconds": self.seconds,
        }

    def sentence(self) -> str:
        helped = f", {self.guided_fields} of them with the camera's help" if self.guided_fields else ""
        made = f"made by the tier {self.tier} on {self.provider}"
        return f"{self.out}: {2 * self.frames} pictures{helped}, {made}."


def enhance_files(job: FileJob, config: Config, tell: Callable[[float, str], None]) -> FileResult:
    """Raises Problem for input that is no film, an output that is there already, or a full disk."""
    check_output(job)
    chosen = with_choices(config, job.provider, job.strength, job.tier, job.look)
    look = place_of(chosen.enhance.look)
    cameras, unread = camera_films(job.cameras)
    piece = piece_of(0, probe(job.tape), cameras)
    if job.look and look > RESTORED and not (cameras and chosen.enhance.guide_strength):
        raise twin_alone(job.tape.name, look)
    order, said = wanted_order(job.field_order, piece)

    def on_progress(progress: JobProgress) -> None:
        tell(progress.fraction, progress.text)

    progress = Progress(job.tape.name, on_progress)
    making = Making(
        (piece,), order, work_folder(job), chosen, job.tape.name, job.cache, issues=(*unread, *said)
    )
    with work_kept_if_worth_it(making.work):
        made = single_film(making, job.out, progress) if is_film(job) else package(making, job.out, progress)
    shutil.rmtree(making.work, ignore_errors=True)
    return FileResult(
        job.out,
        made.frames,
        made.guided_fields,
        made.provider,
        made.model.sha256,
        made.syncs[0].best,
        made.issues,
        progress.seconds,
        incomplete=any(issue.code == "cut-off" for issue in made.issues),
        tier=made.tier,
        guide_words=made.guide_words if made.guided_fields else "",
        clips=tuple(
            ClipSync(job.tape, camera.path, estimate)
            for camera, estimate in zip(cameras, made.syncs[0].clips, strict=True)
        ),
        look=look,
        filled_frames=made.filled_frames,
    )


def camera_films(given: Sequence[Path]) -> tuple[tuple[MediaInfo, ...], tuple[Issue, ...]]:
    """A film that was named must be readable; of a folder's films, one that is not is only told."""
    films: list[MediaInfo] = []
    issues: list[Issue] = []
    for path in given:
        if path.is_dir():
            found, unread = readable(film.path for film in films_on(path))
            films += found
            issues += unread
        else:
            films.append(probe(path))
    return tuple(films), (*issues, *stamp_notices(films))


def is_film(job: FileJob) -> bool:
    """Whether one film is wanted; else a folder of everything."""
    return job.out.suffix.lower() in FILM_SUFFIXES and not job.out.is_dir()


def work_folder(job: FileJob) -> Path:
    return work_beside(job.out)


def work_beside(out: Path) -> Path:
    """What is done, until all is done."""
    out = out.resolve()
    return out.with_name(f"{out.name}.unfinished")


@contextmanager
def work_kept_if_worth_it(work: Path) -> Iterator[None]:
    """After a trouble the work stays for the next run, unless not one chunk of the film was finished."""
    try:
        work.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException as error:
        if not any(work.glob("piece-*/*.json")):
            shutil.rmtree(work, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            raise disk_problem(Path(str(error.filename or work)), error) from error
        raise


def with_choices(
    config: Config, provider: str, strength: float, tier: str = "auto", look: str = ""
) -> Config:
    """The command's choices before the configuration's, which also decides where the tier is auto."""
    chosen: dict[str, dict[str, Any]] = {"enhance": {"provider": provider, "guide_strength": strength}}
    if known_tier(tier) != "auto":
        chosen["enhance"]["tier"] = tier
    if look:
        chosen["enhance"]["look"] = place_of(look)
    return validate(merge(config.model_dump(), chosen), "of this command")


def wanted_order(choice: str, piece: Piece) -> tuple[FieldOrder, tuple[Issue, ...]]:
    """What was insisted on, else what the pictures show, else what the file says."""
    if choice == "auto":
        return scan_of(piece)
    if choice not in ORDERS:
        raise Problem(
            "field-order",
            f"There is no field order {choice!r}",
            "The order of a tape's fields is tff (PAL), bff (NTSC) or progressive.",
            "Leave it at auto, or name one of these.",
        )
    return ORDERS[choice], ()


def check_output(job: FileJob) -> None:
    check_files(job.out, (job.tape, *job.cameras), job.force)


def check_files(out: Path, sources: Iterable[Path], force: bool) -> None:
    """Refuse before the work what would fail or harm after it."""
    suffix = out.suffix.lower()
    if any(out.resolve() == source.resolve() for source in sources):
        raise Problem(
            "output-is-input",
            "The film would replace its own source",
            f"{out} is one of the recordings.",
            "Choose another name for the film.",
        )
    if suffix and suffix not in FILM_SUFFIXES and not out.is_dir():
        raise Problem(
            "output-kind",
            f"{out.name} is no kind of film that can be written",
            f"Its name ends in {suffix}.",
            f"End it in {', '.join(FILM_SUFFIXES)}, or name a folder.",
        )
    taken = out / "film.mp4" if out.is_dir() else out
    if taken.exists() and not force:
        raise Problem(
            "output-exists",
            f"{taken} is there already",
            "A film of that name was made before, and nothing is written over unasked.",
            "Choose another name, or add --force.",
        )
    check_writable(out.resolve().parent)


def sync_files(
    tapes: Sequence[Path],
    cameras: Sequence[Path],
    tell: Callable[[float, str], None],
    way: str = "auto",
) -> tuple[tuple[ClipSync, ...], tuple[Issue, ...]]:
    """Every film of the camera on every tape, each placed on its own, and what could not be read.

    ``way`` is "auto" (light where sound does not tell), "sound" or "light".
    """
    clips, unread = camera_films(cameras)
    found: list[ClipSync] = []
    for number, path in enumerate(tapes):
        tape = probe(path)
        placer = Placer(tape, way=way)
        for count, clip in enumerate(clips, number * len(clips)):
            estimate = placer.place(clip, partial(tell_share, tell, count, len(tapes) * len(clips)))
            found.append(ClipSync(path, clip.path, estimate, trouble_of(estimate, (tape, clip), way)))
    return tuple(found), unread


def trouble_of(estimate: SyncEstimate, films: Iterable[MediaInfo], way: str) -> Issue | None:
    """What hindered it where a file has no sound."""
    silent = next((film.path for film in films if not film.has_audio), None)
    return no_sound(silent) if estimate.offset_s is None and silent is not None and way != "light" else None


def no_sound(path: Path) -> Issue:
    return Problem(
        "no-sound",
        f"{path.name} has no sound",
        "Recordings are compared by their sound, and this one has none; what they show did not tell either.",
        "Record again with the sound cable plugged in, or restore the tape alone.",
    ).issue
