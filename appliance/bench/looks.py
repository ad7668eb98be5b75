"""The looks of one tape side by side, and figures that say whether each is what it is called.

Everything is measured on clips that no training saw, on the bench's own tapes, with a camera that lies as far
beside its place as a registration leaves it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.bench.material import Material, crop_of
from appliance.bench.metrics import psnr_y
from appliance.bench.ours import GUIDE, Camera, guided, model_or_none
from appliance.bench.quality import Tell, Wanted, find_samples
from appliance.bench.stills import LABEL_ROWS, LARGER, QUALITY, colours
from appliance.core.types import Picture, Plane
from appliance.enhance.look import MARKS, RESTORED, toward_tape, toward_twin
from appliance.enhance.manifest import load_model
from appliance.enhance.pipeline import restore
from appliance.enhance.runtime import open_session

Reals = NDArray[np.floating[Any]]

PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
FINE_PX, BROAD_PX = 2.0, 12.0  # finer is texture, broader is light and colour
COMB_LEVELS = 20.0  # a line this far from both of its neighbours is a comb's tooth, or grain
CROP = (150, 200)
WOVEN = "as played"


@dataclass(frozen=True)
class LookScore:
    """``grain`` and ``camera``: how what it adds to the truth in fine detail goes with what the tape and the
    camera add, -1..1. ``light`` and ``colour``: levels from the tape's broad ones. ``combs`` in per cent."""

    clip: str
    wear: str
    look: str
    psnr_y: float
    grain: float
    camera: float
    light: float
    colour: float
    combs: float
    ms: float = 0.0  # of one core or more, for one picture


@dataclass(frozen=True)
class Films:
    """What every look is made from, and the truth, picture by picture."""

    film: list[Picture]
    alone: list[Picture]
    plain: list[Picture]
    camera: list[Picture]
    coverage: list[Plane]

    def look(self, place: float) -> list[Picture]:
        if place < RESTORED:
            every = zip(self.film, self.alone, self.plain, strict=True)
            return [toward_tape(*one, place) for one in every]
        seen = zip(self.film, self.alone, self.camera, self.coverage, strict=True)
        return [toward_twin(*one, 1.0, place) for one in seen]


def measure_looks(wanted: Wanted, tell: Tell) -> list[LookScore]:
    """With the first of the wanted tiers; ``out`` gets looks.jpg with a row for each clip and wear."""
    samples = find_samples(wanted)
    found: list[LookScore] = []
    rows = []
    for number, sample in enumerate(samples):
        tell(number / len(samples), f"Looking at {sample.name}")
        material = Material(sample)
        films = films_of(material, wanted.own_tiers[0])
        looks = {place: timed(films, place) for place in PLACES}
        found += scores_of(material, films, looks)
        if wanted.out:
            rows.append(row_of(material, films, {place: made for place, (made, _) in looks.items()}))
    if wanted.out:
        wanted.out.mkdir(parents=True, exist_ok=True)
        write_sheet(wanted.out / "looks.jpg", rows)
    tell(1.0, "Done")
    return found


def films_of(material: Material, tier: str) -> Films:
    seen = list(material.guide("placed"))
    plain: list[Picture] = []
    runtime = open_session(load_model(tier), "cpu")
    told = Camera(seen, False).tell
    alone = list(restore(material.tape, material.standard.order, runtime, tell=told, see_plain=plain.append))
    film = guided(alone, seen, model_or_none(GUIDE))
    return Films(film, alone, plain, [picture for picture, _ in seen], [there for _, there in seen])


def timed(films: Films, place: float) -> tuple[list[Picture], float]:
    began = time.process_time()
    made = films.look(place)
    return made, 1000 * (time.process_time() - began) / len(made)


def scores_of(
    material: Material, films: Films, looks: dict[float, tuple[list[Picture], float]]
) -> Iterator[LookScore]:
    """The tape as a plain player weaves it, its pixels deinterlaced and nothing more, then the looks."""
    sample, truth = material.sample, material.truth
    plain, camera = material.measured(films.plain), material.measured(films.camera)
    names = {place: name for name, place in MARKS.items()}
    made = {WOVEN: (material.woven, 0.0), "deinterlaced": (plain, 0.0)}
    made |= {names.get(p, f"{p:g}"): (material.measured(film), ms) for p, (film, ms) in looks.items()}
    for name, (pictures, ms) in made.items():
        yield LookScore(
            sample.clip.stem.split("__")[-1],
            sample.wear,
            name,
            psnr_y(pictures, truth),
            alike(pictures, plain, truth),
            alike(pictures, camera, truth),
            off(pictures, plain, "y"),
            (off(pictures, plain, "u") + off(pictures, plain, "v")) / 2,
            mean(100 * comb_share(picture.y) for picture in pictures),
            ms,
        )


def alike(made: Sequence[Picture], other: Sequence[Picture], truth: Sequence[Picture]) -> float:
    """-1..1: of what both have more than the truth, in fine detail."""
    found = []
    for one, two, true in zip(made, other, truth, strict=True):
        a, b = (fine(picture.y.astype(np.float32) - true.y) for picture in (one, two))
        found.append(float((a * b).sum() / (np.sqrt(float((a * a).sum()) * float((b * b).sum())) + 1e-6)))
    return mean(found)


def fine(plane: Reals) -> Reals:
    return np.asarray(plane - cv2.GaussianBlur(plane, (0, 0), FINE_PX))


def off(made: Sequence[Picture], tape: Sequence[Picture], name: str) -> float:
    """Mean difference of broad areas, in levels."""
    pairs = ((getattr(one, name), getattr(two, name)) for one, two in zip(made, tape, strict=True))
    each = [
        float(np.abs(cv2.GaussianBlur(a.astype(np.float32) - b, (0, 0), BROAD_PX)).mean()) for a, b in pairs
    ]
    return mean(each)


def comb_share(luma: Plane) -> float:
    """Of all places: where three lines one below the other go to and fro by much."""
    rows = luma.astype(np.float32)
    steps = np.diff(rows, axis=0)
    one, two, three = steps[:-2], steps[1:-1], steps[2:]
    teeth = (np.minimum(-one * two, -two * three) > COMB_LEVELS**2) & (one * three > 0)
    return float(teeth.mean())


def row_of(material: Material, films: Films, looks: dict[float, list[Picture]]) -> list[tuple[str, Plane]]:
    """The same piece of one moment, enlarged, each with its name."""
    where = crop_of(material.truth, *CROP)
    looked = {name: material.measured(looks[place]) for name, place in MARKS.items()}
    sources = {WOVEN: material.woven, **looked, "camera": material.measured(films.camera)}
    middle = len(material.truth) // 2
    pieces = {name: colours(pictures[middle])[where] for name, pictures in sources.items()}
    return [(f"{name} ({material.sample.wear})" if name == WOVEN else name, p) for name, p in pieces.items()]


def write_sheet(path: Path, rows: Sequence[list[tuple[str, Plane]]]) -> None:
    lines = [np.hstack([labelled(name, piece) for name, piece in row]) for row in rows]
    cv2.imwrite(str(path), np.vstack(lines), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def labelled(name: str, piece: Plane) -> Plane:
    large = cv2.resize(piece, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_NEAREST)
    label = np.full((LABEL_ROWS, large.shape[1], 3), 255, np.uint8)
    cv2.putText(label, name, (6, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (0, 0, 0), 1, cv2.LINE_AA)
    return np.pad(np.vstack([label, large]), ((0, 0), (0, 4), (0, 0)), constant_values=255)


def look_rows(found: Sequence[LookScore]) -> Iterator[str]:
    """For each wear the means of each look over the clips."""
    yield f"{'':20} PSNR-Y   tape's   camera's   light   colour    combs      ms"
    for wear in sorted({row.wear for row in found}):
        for look in dict.fromkeys(row.look for row in found):
            rows = [row for row in found if (row.wear, row.look) == (wear, look)]
            yield f"{wear:5} {look:14} " + line_of(rows)


def line_of(rows: Sequence[LookScore]) -> str:
    def of(name: str) -> float:
        return mean(float(getattr(row, name)) for row in rows)

    cells = (f"{of('psnr_y'):6.2f}", f"{of('grain'):8.2f}", f"{of('camera'):10.2f}", f"{of('light'):7.2f}")
    return " ".join((*cells, f"{of('colour'):8.2f}", f"{of('combs'):7.3f}%", f"{of('ms'):7.1f}"))
