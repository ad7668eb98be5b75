"""Stretches of a tape: what they show of its wear, what becomes of them when they are played again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from appliance.adapt.estimate import Findings, Seen, drawn
from appliance.adapt.verdict import BELIEVED, LATER, Errors, Verdict, against, gain_db, is_clean, still
from appliance.adapt.windows import SEQUENCE, TARGETS, Window, played, smaller, windows_of
from appliance.core.types import FieldOrder, Picture, Plane
from appliance.enhance.guided import believed, match_low, of_one_size
from appliance.enhance.look import TWIN, toward_twin
from appliance.sim.tape.parameters import Standard

SHRUNK = 0.72  # a film's own pictures are made smaller, to be cleaner and sharper for each of their pixels
EVERY = 3  # fields from one that is looked at to the next
PAL_ROWS = 576
SWITCH_ROWS = 16  # below, where the heads change: nobody knows what was there
HELD_BACK_SEEDS = 1000  # from there on, so that no tape that is judged was one that was learnt from

Sighting = tuple[Picture, Plane]  # the camera's registered picture, and 255 where it is believed at all
Answer = Callable[[Plane], Plane]  # of a net to the question (1, channels, rows / 4, columns / 4)


@dataclass(frozen=True)
class Stretch:
    """Following fields of the tape, what the shipped net makes of them, and what a camera saw then."""

    windows: list[Window]
    films: list[Picture]
    sightings: list[Sighting | None]

    def seen(self) -> Iterator[Seen]:
        for window, film in list(zip(self.windows, self.films, strict=True))[::EVERY]:
            yield Seen(window.plain, film, window.upside_down, window.field.moved_px)

    def clean(self) -> list[Picture]:
        """The films with the camera's detail where it is believed; without a camera made smaller."""
        if not any(self.sightings):
            return [smaller(film, SHRUNK) for film in self.films]
        return [clearer(film, seen) for film, seen in zip(self.films, self.sightings, strict=True)]


def clearer(film: Picture, sighting: Sighting | None) -> Picture:
    return toward_twin(film, film, *sighting, 1.0, TWIN) if sighting else film


def played_again(
    stretch: Stretch, findings: Findings, order: FieldOrder, seed: int
) -> list[tuple[Window, Picture]]:
    """Windows of a simulated tape like this one, and what they should become."""
    clean = stretch.clean()
    rng = np.random.default_rng([7, seed])
    first = int(rng.integers((len(clean) - SEQUENCE) // 2 + 1)) * 2
    chosen = clean[first : first + SEQUENCE]
    standard: Standard = "pal" if stretch.films[0].y.shape[0] >= PAL_ROWS else "ntsc"
    tape = drawn(findings, rng, standard, chosen[0].y.shape[::-1], order)
    windows = list(windows_of(played(chosen, tape, int(rng.integers(9999))), order))
    return [(windows[k], chosen[k]) for k in TARGETS]


def judge(
    held: Sequence[Stretch], findings: Findings, order: FieldOrder, shipped: Answer, tuned: Answer
) -> Verdict:
    """What tuning has gained on stretches that it did not see."""
    simulated: list[Errors] = []
    camera: list[Errors] = []
    tape: list[Errors] = []
    for number, stretch in enumerate(held):
        for window, truth in played_again(stretch, findings, order, HELD_BACK_SEEDS + number):
            one, other = (window.finished(answer(window.packed[None])) for answer in (shipped, tuned))
            simulated += found(against(above(truth.y), above(one.y), above(other.y)))
        for place in range(LATER, len(stretch.windows) - LATER, EVERY):
            window = stretch.windows[place]
            one, other = (window.finished(answer(window.packed[None])) for answer in (shipped, tuned))
            camera += found(by_camera(one, other, stretch.sightings[place]))
            tape += found(by_later_fields(stretch.windows, place, one, other))
    return Verdict(gain_db(simulated) or 0.0, gain_db(camera), gain_db(tape), is_clean(tape))


def found(errors: Errors | None) -> list[Errors]:
    return [] if errors is None else [errors]


def above(plane: Plane) -> Plane:
    return plane[:-SWITCH_ROWS]


def by_camera(shipped: Picture, tuned: Picture, sighting: Sighting | None) -> Errors | None:
    if sighting is None:
        return None
    camera = match_low(shipped, of_one_size(sighting[0], shipped))
    trust, _ = believed(shipped.y, camera.y, sighting[1])
    rows, columns = shipped.y.shape
    sure = cv2.resize(trust, (4 * trust.shape[1], 4 * trust.shape[0]))[:rows, :columns] >= BELIEVED
    truth, one, other = (above(picture.y) for picture in (camera, shipped, tuned))
    return against(truth, one, other, sure[: len(truth)])


def by_later_fields(windows: Sequence[Window], place: int, shipped: Picture, tuned: Picture) -> Errors | None:
    """Of the same lines as this field, so far away that the net has not seen them."""
    own = slice(int(windows[place].upside_down), None, 2)
    count = len(shipped.y[own]) - SWITCH_ROWS // 2
    before, now, after = (windows[place + by].field.field.y[:count] for by in (-LATER, 0, LATER))
    columns = shipped.y.shape[1]
    before, now, after = (plane[:, :columns] for plane in (before, now, after))
    one, other = (picture.y[own][:count] for picture in (shipped, tuned))
    return against(after, one, other, still(before, now, after))
