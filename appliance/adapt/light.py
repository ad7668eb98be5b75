"""The tape's own light: what a clean row goes through on it, and the noise that lies upon it.

Laid upon clean pictures, both make pairs to learn from that have this very tape's texture. The noise is told
from fields that show the same again, the response from how fine detail is across beside how fine it is down,
where no tape takes any: in pictures of the world both are much alike. The film could not tell it, for what it
has left of the noise, or sharpened too little, would be taken for the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.adapt.again import Again, again, places_of
from appliance.adapt.estimate import DEVIATION, FAR, LEFT, calm
from appliance.adapt.windows import Window, filtered
from appliance.core.types import Picture, Plane
from appliance.sim.tape.luma import luma_taps
from appliance.sim.tape.parameters import FULL_RATE_MHZ, FULL_WIDTH

Reals = NDArray[np.floating[Any]]
Places = NDArray[np.bool_]
Shape = tuple[int, int]  # rows, columns

LEAST_STILL = 2000  # places; fewer say nothing
GRAIN_PX = 24  # how far apart noise may still be alike
LINE_PX = 8  # of these the furthest: what noise has in common there a whole row has in common
SLOPES_PX = 16  # how far apart slopes are compared
LOOKED_MHZ = np.array([0.4, 0.7, 1.0, 1.3, 1.6, 1.9, 2.2, 2.5, 2.8, 3.1, 3.4])
BROAD = 2  # of these, the first ones: every tape plays them as they are
FINEST = 0.4  # waves a pixel that are looked at
CUTS_MHZ = np.arange(1.3, 3.45, 0.1)
RINGINGS = np.arange(0, 1.05, 0.1)
USUAL = 2.7, 0.35  # cut in MHz and ringing of a common tape, for where pictures do not tell
DOUBT = 10.0  # times what noise alone may pretend, detail must be to be believed
FLOOR = 0.03  # of power; less is not told from nothing
PIXEL = 4 / 3 * 720 / 702  # how much wider than high one would be in a square picture


@dataclass(frozen=True)
class Light:
    """``response`` sums to one; ``grain`` makes of white noise of deviation 1 that of the tape."""

    response: Reals
    grain: Reals
    row_noise: float

    @property
    def noise(self) -> float:
        """Levels."""
        return float(np.sqrt((self.grain**2).sum()))

    def upon(self, clean: Plane, rng: np.random.Generator) -> Plane:
        """Every row for itself."""
        played = filtered(clean, self.response)
        played += filtered(rng.standard_normal(clean.shape, np.float32), self.grain)
        played += self.row_noise * rng.standard_normal((len(clean), 1), np.float32)
        return np.asarray(np.clip(np.rint(played), 0, 255), np.uint8)


def measure_light(stretches: Iterable[tuple[Sequence[Window], Sequence[Picture]]], every: int) -> Light:
    """From the windows of stretches and their films; one is looked at in so many fields."""
    noise, shape = np.zeros((2, GRAIN_PX + 1)), (0, 0)
    across, down = np.zeros((2, 2, SLOPES_PX + 1))
    for windows, films in stretches:
        for place in places_of(windows)[::every]:
            seen, film = again(windows, place), windows[place].whole(films[place].y)
            noise += likeness(*by_rows(*noise_of(seen, film, windows[place])))
            across, down = across + slopes(seen, 1), down + slopes(seen, 0)
            shape = film.shape
    return Light(even_response(across, down, shape), *grain_of(mean_of(noise)))


def noise_of(seen: Again, film: Plane, window: Window) -> tuple[Reals, Places]:
    """What two fields differ by where nothing moves, as loud as one of them; else what the film has taken."""
    flat = calm(film.astype(np.float32))
    where, noise = flat & seen.still, seen.apart / np.sqrt(2)
    if where.sum() < LEAST_STILL:
        noise, where = LEFT * (window.whole(window.plain.y).astype(np.float32) - film), flat
        where[int(not window.upside_down) :: 2] = False
    limit = FAR * (DEVIATION * float(np.median(np.abs(noise[where]))) + 0.5) if where.any() else 0.0
    return np.asarray(noise), where & (np.abs(noise) <= limit)


def by_rows(noise: Reals, where: Places) -> tuple[Reals, Places]:
    """Rows of a field less the next ones, as loud as they are: what both share is light that has changed."""
    return (noise[2:] - noise[:-2]) / np.sqrt(2), where[2:] & where[:-2]


def likeness(noise: Reals, where: Places, other: Reals | None = None, reach: int = GRAIN_PX) -> Reals:
    """Of places 0, 1, 2 ... apart along a row: the sum of their products, and how many there are."""
    one, other, count = (
        np.where(where, part, 0).astype(np.float32)
        for part in (noise, noise if other is None else other, np.ones_like(noise))
    )
    width, lags = noise.shape[1], range(reach + 1)
    pairs = ((one, other), (count, count))
    return np.array([[float((a[:, : width - k] * b[:, k:]).sum()) for k in lags] for a, b in pairs])


def mean_of(alike: Reals) -> Reals:
    sums, counts = alike
    return np.asarray(sums / np.maximum(counts, 1))


def grain_of(alike: Reals) -> tuple[Reals, float]:
    """The taps whose noise is alike so far apart, and the deviation of what whole rows share."""
    shared = max(0.0, float(alike[-LINE_PX:].mean()))
    own = (alike - shared) * np.hanning(2 * GRAIN_PX + 3)[GRAIN_PX + 1 : -1]
    spectrum = np.fft.rfft(np.concatenate([own, own[:0:-1]])).real
    taps = np.fft.fftshift(np.fft.irfft(np.sqrt(np.maximum(spectrum, 0)), 2 * GRAIN_PX + 1))
    power = float((taps**2).sum())
    return np.asarray(taps * np.sqrt(max(0.0, float(own[0])) / max(power, 1e-9))), float(np.sqrt(shared))


def slopes(seen: Again, axis: int) -> Reals:
    """Of slopes across (axis 1) or down the likeness of one showing with the other, whose noise differs; and
    of the one with itself."""
    one, other = (np.diff(part, axis=axis) for part in (seen.before, seen.after))
    where = seen.still[1:] & seen.still[:-1] if axis == 0 else seen.still[:, 1:] & seen.still[:, :-1]
    if axis == 0:
        one, other, where = one.T, other.T, where.T
    return np.stack([likeness(one, where, other, SLOPES_PX), likeness(one, where, one, SLOPES_PX)])


def even_response(across: Reals, down: Reals, shape: Shape) -> Reals:
    """The response that makes detail across as fine as it is down; a common one where there is no detail."""
    rows, columns = shape
    rate_mhz = FULL_RATE_MHZ * columns / FULL_WIDTH
    places = LOOKED_MHZ / rate_mhz
    places = places[places < FINEST]
    lying = places / (PIXEL * rows / columns)
    wide, high = detail(across[0], places), detail(down[0], lying)
    doubt = DOUBT * (pretended(across[1], places) + pretended(down[1], lying)) + 1e-6
    common = kept(luma_response(*USUAL, rate_mhz), places)
    wanted = heights((wide + doubt * common) / (high + doubt))
    every = [luma_response(cut, ringing, rate_mhz) for cut, ringing in product(CUTS_MHZ, RINGINGS)]
    return min(every, key=lambda taps: float(np.square(heights(kept(taps, places)) - wanted).sum()))


def heights(power: Reals) -> Reals:
    """Beside that of broad detail."""
    return np.asarray(np.log(power / power[:BROAD].mean() + FLOOR))


@lru_cache(maxsize=512)
def luma_response(cut_mhz: float, ringing: float, rate_mhz: float) -> Reals:
    return np.asarray(luma_taps(round(min(cut_mhz / rate_mhz, 0.5), 4), round(ringing, 3)), np.float64)


def kept(taps: Reals, places: Reals) -> Reals:
    """Of power, by these taps; seen as coarsely as ``detail`` sees it."""
    alike = np.correlate(taps, taps, "full")[len(taps) - 1 :][: SLOPES_PX + 1]
    return np.asarray(np.maximum(waves(alike, places), 0))


def waves(alike: Reals, places: Reals) -> Reals:
    """The power at so many waves a pixel of what is alike so far apart."""
    own = alike * np.hanning(2 * SLOPES_PX + 3)[SLOPES_PX + 1 : -1]
    own[1:] *= 2
    return np.asarray(own @ np.cos(2 * np.pi * np.outer(np.arange(len(own)), places)))


def detail(alike: Reals, places: Reals) -> Reals:
    """The power of light, from its slopes."""
    return np.asarray(np.maximum(waves(mean_of(alike), places), 0) / (4 * np.sin(np.pi * places) ** 2))


def pretended(alike: Reals, places: Reals) -> Reals:
    """How much of it is chance."""
    spread = mean_of(alike)[0] * np.sqrt(2 * SLOPES_PX / max(float(alike[1, 0]), 1.0))
    return np.asarray(spread / (4 * np.sin(np.pi * places) ** 2))
