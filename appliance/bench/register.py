"""How well the camera is placed on the tape: synthetic pairs of which every place is known.

The tape is the bench's own, the film that of the tier live; the camera stands elsewhere (``stand.py``). The
clips are those that no training saw.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.bench.clips import COLUMNS, Standard, standard_of
from appliance.bench.clips import read_scene as read
from appliance.bench.material import SKIP, SWITCH_ROWS
from appliance.bench.ours import tape_only
from appliance.bench.quality import find_clips, stranger_of
from appliance.bench.stand import CAMERA_SIZE, Stand, camera_pictures, draw_stand
from appliance.bench.tape import record
from appliance.bench.wear import wear_named
from appliance.core.problems import Problem
from appliance.core.types import Picture, Registration
from appliance.enhance.guided import believed
from appliance.enhance.manifest import load_model
from appliance.register.estimate import estimate_registration
from appliance.register.guide_track import GuideTrack
from appliance.register.place import Placing, dense, grid, luma_raster

Reals = NDArray[np.floating[Any]]
Tell = Callable[[float, str], None]

MOTIONS = "still", "hand", "knock"
PAIRS = 8  # pictures that a registration is made of, as the product takes them
SURE = 0.5  # the confidence from which a place counts
BACK_PX, BACK_SHARE = 1.0, 0.2  # found again: so near, in so much of the picture
STRANGE_FIELDS = 10
QUARTER = 4  # one place for so many pixels is looked at
VISIBLE = 2.0  # levels of the truth's slope from which a misplacement can be seen


@dataclass(frozen=True)
class Asked:
    """``clips`` 0: all of them."""

    data: Path
    clips: int
    fields: int
    wears: tuple[str, ...]
    motions: tuple[str, ...]


@dataclass(frozen=True)
class Placed:
    """One clip on one tape by one camera. Residuals are those of places with a confidence above one half.

    ``visible_95_px`` is of those among them where the picture shows anything; ``share`` is theirs of the
    picture; ``stranger`` is the highest confidence in a camera that films another clip, from this
    registration; ``back_after`` are the fields from the knock until it is placed again.
    """

    clip: str
    wear: str
    motion: str
    found: bool
    median_px: float = float("nan")
    high_px: float = float("nan")  # 95 % lie below
    visible_95_px: float = float("nan")
    share: float = 0.0
    stranger: float = 0.0
    back_after: int | None = None
    fields_per_s: float = 0.0


@dataclass(frozen=True)
class Scene:
    """A clip as a tape and as the film that is made of it."""

    clip: Path
    stranger: Path
    wear: str
    seed: int
    standard: Standard
    tape: Sequence[Picture]
    films: Sequence[Picture]
    truth: Sequence[Reals]  # luma

    @property
    def size(self) -> tuple[int, int]:
        return COLUMNS, self.standard.rows

    @property
    def aspect(self) -> Fraction:
        return Fraction(4, 3) * Fraction(self.standard.rows, COLUMNS)


def measure_registration(asked: Asked, tell: Tell) -> list[Placed]:
    for motion in asked.motions:
        if motion not in MOTIONS:
            raise no_motion(motion)
    clips = find_clips(asked.data)
    jobs = [
        (number, clip, wear)
        for number, clip in list(enumerate(clips))[: asked.clips or None]
        for wear in asked.wears
    ]
    found = []
    for done, (number, clip, wear) in enumerate(jobs):
        tell(done / len(jobs), f"Making {name_of(clip)}, {wear}")
        scene = make_scene(clip, stranger_of(number, clips), wear, asked.fields, 100 + number)
        for turn, motion in enumerate(asked.motions):
            tell(
                (done + (turn + 1) / (len(asked.motions) + 1)) / len(jobs),
                f"{name_of(clip)}, {wear}, {motion}",
            )
            found.append(place(scene, motion))
    tell(1.0, "Done")
    return found


def name_of(clip: Path) -> str:
    return clip.stem.split("__")[-1]


def make_scene(clip: Path, stranger: Path, wear: str, fields: int, seed: int) -> Scene:
    standard = standard_of(clip)
    pictures = read(clip, standard, fields, SKIP)
    tape = record(pictures, standard, wear_named(wear), seed)
    films = tape_only(tape, standard, load_model("live"))
    return Scene(
        clip, stranger, wear, seed, standard, tape, films, [p[..., 0].astype(np.float32) for p in pictures]
    )


def place(scene: Scene, motion: str) -> Placed:
    """Registered as the product does it, then followed through all the fields."""
    count = len(scene.films)
    stand = draw_stand(np.random.default_rng([scene.seed, 5]), scene.standard, motion, count)
    camera = list(camera_pictures(scene.clip, scene.standard, stand, count, SKIP, scene.seed))
    registration = registered(scene, camera, stand.knocked_at or count)
    if registration.homography is None:
        return Placed(name_of(scene.clip), scene.wear, motion, False)
    track = GuideTrack(registration, scene.size, scene.aspect)
    fields = list(followed(scene, camera, stand, track))
    off, fine = (np.concatenate([one[kind] for one in fields]) for kind in (0, 1))
    return Placed(
        name_of(scene.clip),
        scene.wear,
        motion,
        True,
        median_px=float(np.median(off)) if len(off) else float("nan"),
        high_px=float(np.percentile(off, 95)) if len(off) else float("nan"),
        visible_95_px=float(np.percentile(fine, 95)) if len(fine) else float("nan"),
        share=float(np.mean([one[2] for one in fields])),
        stranger=strange(scene, registration),
        back_after=None if stand.knocked_at is None else back_after(fields, stand.knocked_at),
        fields_per_s=1 / float(np.median([one[3] for one in fields])),
    )


def registered(scene: Scene, camera: Sequence[Picture], fields: int) -> Registration:
    """From moments of the time before somebody moves the camera."""
    chosen = [round((number + 0.5) / PAIRS * (fields // 2 - 1)) for number in range(PAIRS)]
    pairs = [(scene.tape[k], camera[2 * k]) for k in chosen]
    return estimate_registration(pairs, scene.standard.order, scene.aspect)


Field = tuple[Reals, Reals, float, float]  # residuals, visible ones, share of the picture, seconds


def followed(scene: Scene, camera: Sequence[Picture], stand: Stand, track: GuideTrack) -> Iterator[Field]:
    for number, (film, picture) in enumerate(zip(scene.films, camera, strict=True)):
        with one_thread():
            begun_s = time.thread_time()
            guide, coverage = track.see(film, picture)
            trust, _ = believed(film.y, guide.y, coverage)
            seconds = time.thread_time() - begun_s
        off = residual(track.placing, stand, number, scene)
        sure = trust[: off.shape[0], : off.shape[1]] > SURE
        sure[-SWITCH_ROWS // QUARTER :] = False
        yield off[sure], off[sure & visible(scene.truth[number])], float(sure.mean()), seconds


def residual(placing: Placing, stand: Stand, field: int, scene: Scene) -> Reals:
    """How many tape pixels beside the truth the track puts each place, at a quarter of the size."""
    places = placing.places(scene.size, CAMERA_SIZE).astype(np.float64)
    off = stand.on_tape(places, field, scene.standard.field_rate) - grid(scene.size)
    apart = dense(off.astype(np.float32), luma_raster(scene.size, 1 / QUARTER))
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]))


def visible(truth: Reals) -> NDArray[np.bool_]:
    soft = cv2.GaussianBlur(truth, (0, 0), 1.0)
    slope = np.hypot(
        cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(soft, cv2.CV_32F, 0, 1, scale=0.125)
    )
    size = truth.shape[1] // QUARTER, truth.shape[0] // QUARTER
    return np.asarray(cv2.resize(slope, size, interpolation=cv2.INTER_AREA) > VISIBLE)


def back_after(fields: Sequence[Field], knocked_at: int) -> int | None:
    """Fields until most of what is believed lies right; None: never again."""
    for number, (off, _, share, _) in enumerate(fields[knocked_at:]):
        if share > BACK_SHARE and float(np.median(off)) < BACK_PX:
            return number
    return None


def strange(scene: Scene, registration: Registration) -> float:
    """The highest confidence anywhere in a camera that films something else, placed as the right one was."""
    rng = np.random.default_rng([scene.seed, 6])
    stand = draw_stand(rng, scene.standard, "still", STRANGE_FIELDS)
    standard = standard_of(scene.stranger)
    pictures = camera_pictures(scene.stranger, standard, stand, STRANGE_FIELDS, SKIP, scene.seed + 1)
    track = GuideTrack(registration, scene.size, scene.aspect)
    highest = 0.0
    for film, picture in zip(scene.films, pictures, strict=False):
        guide, coverage = track.see(film, picture)
        highest = max(highest, float(believed(film.y, guide.y, coverage)[0].max()))
    return highest


@contextmanager
def one_thread() -> Iterator[None]:
    """OpenCV on one core, as the product has to share them."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def no_motion(name: str) -> Problem:
    return Problem(
        "bench-choice",
        f"The bench has no camera that is {name!r}",
        f"Its cameras are {', '.join(MOTIONS)}.",
        f"Name one or more of {', '.join(MOTIONS)}, with commas between them.",
    )
