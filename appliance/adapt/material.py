"""Stretches of a tape: what they show of its wear, what becomes of them when they are played again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from appliance.adapt.again import SWITCH_ROWS, Again, again, left, places_of
from appliance.adapt.estimate import Findings, Seen, drawn, measure
from appliance.adapt.light import Light, measure_light
from appliance.adapt.tuning import Glimpse
from appliance.adapt.verdict import BELIEVED, CLEAN, LEAST_SHARE, Errors, Verdict, against, gain_db
from appliance.adapt.windows import SEQUENCE, TARGETS, Window, played, smaller, windows_of
from appliance.core.types import FieldOrder, Picture, Plane
from appliance.enhance.guided import believed, match_low, of_one_size
from appliance.enhance.look import TWIN, toward_twin
from appliance.sim.tape.parameters import Standard

SHRUNK = 0.72  # a film's own pictures are made smaller, to be cleaner and sharper for each of their pixels
EVERY = 3  # fields from one that is looked at to the next
PAL_ROWS = 576
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


@dataclass(frozen=True)
class Wear:
    """All that is known of the tape."""

    findings: Findings
    light: Light


def wear_of(stretches: Sequence[Stretch]) -> Wear:
    light = measure_light(((s.windows, s.films) for s in stretches), EVERY)
    findings = measure([seen for stretch in stretches for seen in stretch.seen()], light.noise)
    return Wear(findings, light)


def played_again(stretch: Stretch, wear: Wear, order: FieldOrder, seed: int) -> list[tuple[Window, Picture]]:
    """Windows of a simulated tape like this one, and what they should become."""
    clean = stretch.clean()
    rng = np.random.default_rng([7, seed])
    first = int(rng.integers((len(clean) - SEQUENCE) // 2 + 1)) * 2
    chosen = clean[first : first + SEQUENCE]
    standard: Standard = "pal" if stretch.films[0].y.shape[0] >= PAL_ROWS else "ntsc"
    tape = drawn(wear.findings, rng, standard, chosen[0].y.shape[::-1], order)
    lit = [replace(picture, y=wear.light.upon(picture.y, rng)) for picture in chosen]
    windows = list(windows_of(played(lit, tape, int(rng.integers(9999))), order))
    return [(windows[k], chosen[k]) for k in TARGETS]


def glimpses(stretch: Stretch, light: Light, reached: Callable[[Plane], Plane]) -> Iterator[Glimpse]:
    """Of the tape's own windows: what later fields show of them where nothing moves."""
    for place in places_of(stretch.windows):
        window, seen = stretch.windows[place], again(stretch.windows, place)
        yield Glimpse(reached(window.packed), *window.lacking(seen.shown, seen.still, light.response))


def judge(held: Sequence[Stretch], wear: Wear, order: FieldOrder, shipped: Answer, tuned: Answer) -> Verdict:
    """What tuning has gained on stretches that it did not see."""
    simulated: list[Errors] = []
    camera: list[Errors] = []
    tape: list[Errors] = []
    for number, stretch in enumerate(held):
        for window, truth in played_again(stretch, wear, order, HELD_BACK_SEEDS + number):
            one, other = (window.finished(answer(window.packed[None])) for answer in (shipped, tuned))
            simulated += found(against(above(truth.y), above(one.y), above(other.y)))
        for place in places_of(stretch.windows)[::EVERY]:
            window = stretch.windows[place]
            one, other = (window.finished(answer(window.packed[None])) for answer in (shipped, tuned))
            camera += found(by_camera(one, other, stretch.sightings[place]))
            seen = again(stretch.windows, place)
            tape += found(by_other_fields(seen, window.whole(one.y), window.whole(other.y)))
    return Verdict(gain_db(simulated) or 0.0, gain_db(camera), gain_db(tape), wear.light.noise < CLEAN)


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


def by_other_fields(seen: Again, shipped: Plane, tuned: Plane) -> Errors | None:
    if seen.still.mean() < LEAST_SHARE:
        return None
    return Errors(left(seen, shipped), left(seen, tuned))
