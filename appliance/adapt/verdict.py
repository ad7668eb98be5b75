"""Whether a tuned net is kept: only if it does better on windows of the tape that no tuning saw.

Three things are measured there, each as the gain of the tuned net over the shipped one in decibels:

- *simulated*: its pictures, played on a tape of the same light and wear, against themselves;
- *camera*: the tape's own windows against the camera's pictures, where they are believed;
- *tape*: the tape's own windows against fields that the film has not seen, where nothing moves; as sharp as a
  tape would play it at best, and less their noise, so that what is left of the picture's own noise counts.

The first one alone has been wrong about the sign where the light of the tape was estimated badly. So one of
the other two must speak for the tuned net, and none against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Plane

Places = NDArray[np.bool_]

LEAST_GAIN_DB = 0.1
LEAST_SEEN_DB = 0.05  # on the tape itself
BELIEVED = 0.7
CLEAN = 0.7  # levels of noise of a tape; then nothing can be won
LITTLE = 0.1  # a mean square in levels that is no error to speak of
LEAST_SHARE = 0.02  # of a picture; less of it says nothing


@dataclass(frozen=True)
class Verdict:
    """Gains in decibels; None for what could not be measured."""

    simulated: float
    camera: float | None = None
    tape: float | None = None
    clean: bool = False  # there is no noise on it to speak of

    @property
    def keep(self) -> bool:
        seen = [gain for gain in (self.camera, self.tape) if gain is not None]
        helps = bool(seen) and min(seen) >= LEAST_SEEN_DB and self.simulated >= LEAST_GAIN_DB
        return helps and not self.clean

    def sentence(self) -> str:
        said = [f"{self.simulated:+.2f} dB on its own pictures played again"]
        if self.camera is not None:
            said.append(f"{self.camera:+.2f} dB against the camera's")
        if self.tape is not None:
            said.append(f"{self.tape:+.2f} dB against fields of the tape that it had not seen")
        if self.clean:
            return f"The tape has less than {CLEAN} levels of noise: there is nothing to win."
        return "On windows that were held back: " + ", ".join(said) + "."


@dataclass(frozen=True)
class Errors:
    """Mean squares of one window, of the shipped net's picture and of the tuned one's."""

    shipped: float
    tuned: float


def gain_db(errors: Sequence[Errors]) -> float | None:
    """Of all windows together."""
    if not errors:
        return None
    shipped, tuned = (
        sum(part) / len(errors) for part in ((e.shipped for e in errors), (e.tuned for e in errors))
    )
    return float(10 * np.log10((shipped + LITTLE) / (tuned + LITTLE)))


def against(truth: Plane, shipped: Plane, tuned: Plane, where: Places | None = None) -> Errors | None:
    """``where`` is true for the places that count; None for too few of them."""
    if where is not None and where.mean() < LEAST_SHARE:
        return None
    squares = [np.square(one.astype(np.float32) - truth) for one in (shipped, tuned)]
    one, other = (float((s if where is None else s[where]).mean()) for s in squares)
    return Errors(one, other)
